"""Which of the machine's processes a stack has started, read from the kernel's own books."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from docker.local.environment import HOME_MARK
from docker.local.home import Home

_PROC = Path("/proc")
_ESTABLISHED = "01"
_INODE = 5
"""Of a line of /proc/net/tcp, counted after the state."""

_NAME_MARK = "SUPERVISOR_PROCESS_NAME"
_GONE_SECONDS = 10
_POLL_SECONDS = 0.05


@dataclass(frozen=True, kw_only=True)
class Found:
    """A living process."""

    pid: int
    group: int
    environment: dict[str, str]
    command: str


def pids_of_process(home: Home, name: str, leader: int | None = None) -> list[int]:
    """Every process of one row of the table, also such as have outlived their leader.

    Args:
        home: of the stack.
        name: the row.
        leader: what supervisor started, if anything; some programs write over their environment.
    """
    living = list(_living())
    groups = {
        found.group
        for found in living
        if found.environment.get(HOME_MARK) == str(home.root)
        and found.environment.get(_NAME_MARK) == name
    }
    if leader:  # Group 0 is the kernel's.
        groups.add(leader)
    return [found.pid for found in living if found.group in groups]


def pids_of_home(home: Home) -> list[int]:
    """Every process of a stack, also of one whose supervisor is gone.

    They carry the home in their environment. Nginx writes over its own, but has the home in its
    title, and its workers are in its group.
    """
    living = list(_living())
    groups = {
        found.group
        for found in living
        if found.environment.get(HOME_MARK) == str(home.root)
        or (found.command.startswith("nginx: master") and f" -p {home.run} " in found.command)
    }
    return [found.pid for found in living if found.group in groups - {os.getpgrp()}]


def kill_all(home: Home) -> None:
    """Kill every process of a stack, and wait until none is left."""
    deadline = time.monotonic() + _GONE_SECONDS
    while pids := pids_of_home(home):
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if time.monotonic() > deadline:
            raise TimeoutError(f"Processes {pids} outlive SIGKILL.")
        time.sleep(_POLL_SECONDS)


def wait_gone(pid: int, seconds: float) -> bool:
    """Wait for a process's end; whether it came in time."""
    deadline = time.monotonic() + seconds
    while any(found.pid == pid for found in _living()):
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def are_connected(pids: list[int], port: int) -> bool:
    """Whether any of these processes has a connection to this port of this machine."""
    sockets = set()
    for line in (_PROC / "net/tcp").read_text().splitlines()[1:]:
        _, _, remote, state, *rest = line.split()
        if state == _ESTABLISHED and int(remote.rpartition(":")[2], 16) == port:
            sockets.add(f"socket:[{rest[_INODE]}]")
    return any(not sockets.isdisjoint(_open_files(pid)) for pid in pids)


def _open_files(pid: int) -> Iterator[str]:
    with suppress(OSError):
        for file in (_PROC / str(pid) / "fd").iterdir():
            with suppress(OSError):
                yield str(file.readlink())


def _living() -> Iterator[Found]:
    for folder in _PROC.iterdir():
        if not folder.name.isdigit():
            continue
        with suppress(OSError):
            state, _, group, *_rest = (folder / "stat").read_text().rpartition(")")[2].split()
            if state in "ZX":
                continue
            yield Found(
                pid=int(folder.name),
                group=int(group),
                environment=_environment(folder),
                command=(folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(),
            )


def _environment(folder: Path) -> dict[str, str]:
    try:
        words = (folder / "environ").read_bytes().decode(errors="replace").split("\0")
    except PermissionError:
        return {}
    return dict(word.split("=", 1) for word in words if "=" in word)
