"""Supervisor: it runs the processes, brings a killed one back, and says how each one is."""

import os
import re
import resource
import shlex
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from xmlrpc.client import Fault

from supervisor.xmlrpc import Faults

from docker.local import REPOSITORY
from docker.local.errors import StackError
from docker.local.home import Home, write_private
from docker.local.processes import Process
from docker.local.rpc import call

_START_SECONDS = 15
_POLL_SECONDS = 0.05
_OPEN_FILES = 8192
_LEASH = "leash"
_DO_NOT_WAIT = False


@dataclass(frozen=True, kw_only=True)
class Status:
    """How a process is."""

    name: str
    state: str
    pid: int
    uptime_seconds: int
    exits: int
    """How often it has ended by itself, or been killed, since supervisor started."""

    last_exit: str


class Supervision:
    """The supervisor of one home."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._log = home.logs / "supervisord.log"
        self._process: subprocess.Popen[bytes] | None = None

    def is_running(self) -> bool:
        """Whether there is a supervisor to talk to."""
        try:
            self._call("getState")
        except (OSError, HTTPException):
            return False
        return True

    def start(
        self, processes: Iterable[Process], environment: Mapping[str, str], *, owner: int | None
    ) -> None:
        """Start supervisor, with every process still stopped.

        Args:
            processes: the table.
            environment: what supervisor and every process start with.
            owner: the process with whose end all of this ends too; None if it is to stay.
        """
        configuration = self._home.run / "supervisord.conf"
        write_private(configuration, _configuration(self._home, processes, owner))
        command = (sys.executable, "-m", "supervisor.supervisord", "-n", "-c", str(configuration))
        with (self._home.logs / "supervisord.out").open("w") as out:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter
                command,
                cwd=REPOSITORY,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + _START_SECONDS
        while not self.is_running():
            if self._process.poll() is not None or time.monotonic() > deadline:
                said = (self._home.logs / "supervisord.out").read_text()
                raise StackError(f"supervisord did not start:\n{said}")
            time.sleep(_POLL_SECONDS)

    def shut_down(self) -> int:
        """Ask supervisor to stop everything and end; its pid, to be waited for."""
        pid = int(self._call("getPID"))
        self._call("shutdown")
        return pid

    def reap(self) -> None:
        """Take notice of the end of the supervisor that this object has started."""
        if self._process is not None:
            self._process.wait()

    def start_process(self, name: str) -> None:
        """Have a process run; it need not be ready when this returns."""
        try:
            self._call("startProcess", name, _DO_NOT_WAIT)
        except Fault as fault:
            if fault.faultCode != Faults.ALREADY_STARTED:
                raise StackError(f"{name} cannot be started: {fault.faultString}") from fault

    def stop_process(self, name: str, *, wait: bool) -> None:
        """Stop a process, gracefully at first, so that it stays down until it is started."""
        try:
            self._call("stopProcess", name, wait)
        except Fault as fault:
            if fault.faultCode != Faults.NOT_RUNNING:
                raise StackError(f"{name} cannot be stopped: {fault.faultString}") from fault

    def status(self) -> dict[str, Status]:
        """Every process, by name."""
        exits = self._exits()
        return {
            info["name"]: Status(
                name=info["name"],
                state=info["statename"],
                pid=info["pid"],
                uptime_seconds=info["now"] - info["start"] if info["pid"] else 0,
                exits=len(exits.get(info["name"], [])),
                last_exit=next(reversed(exits.get(info["name"], [])), ""),
            )
            for info in self._call("getAllProcessInfo")
            if info["name"] != _LEASH
        }

    def _exits(self) -> dict[str, list[str]]:
        said = self._log.read_text(errors="replace") if self._log.exists() else ""
        since_start = said.rpartition("supervisord started with pid")[2]
        exits: dict[str, list[str]] = {}
        for name, how in re.findall(
            r"exited: (\S+) \((.*?)(?:; (?:not )?expected)?\)", since_start
        ):
            exits.setdefault(name, []).append(how)
        return exits

    def _call(self, method: str, *arguments: str | bool) -> Any:  # noqa: ANN401 - see rpc
        return call(self._home.socket, method, *arguments)


def _configuration(home: Home, processes: Iterable[Process], owner: int | None) -> str:
    open_files_max = min(resource.getrlimit(resource.RLIMIT_NOFILE)[1], _OPEN_FILES)
    sections = [
        f"""[unix_http_server]
file={_escaped(home.socket)}
chmod=0700

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface

[supervisord]
logfile={_escaped(home.logs / "supervisord.log")}
pidfile={_escaped(home.run / "supervisord.pid")}
childlogdir={_escaped(home.logs)}
minfds={open_files_max}
{"user=root" if os.geteuid() == 0 else ""}
"""
    ]
    if owner is not None:
        command = (sys.executable, "-m", "docker.local.leash", str(owner))
        leash = Process(name=_LEASH, command=command)
        sections.append(_program(home, leash, 0) + "autostart=true\n")
    sections += [
        _program(home, process, priority) + "autostart=false\n"
        for priority, process in enumerate(processes, start=1)
    ]
    return "\n".join(sections)


def _program(home: Home, process: Process, priority: int) -> str:
    variables = ",".join(f'{k}="{_escaped(v)}"' for k, v in process.environment.items())
    # SIGTERM goes to the leader alone: a Dramatiq worker takes a second one for an order to drop
    # everything, and its leader passes the first one on. SIGKILL goes to the whole group.
    return f"""[program:{process.name}]
command={_escaped(shlex.join(process.command))}
directory={_escaped(REPOSITORY)}
environment={variables}
priority={priority}
autorestart=true
startsecs=1
startretries=20
stopsignal=TERM
stopwaitsecs={process.stop_seconds}
stopasgroup=false
killasgroup=true
redirect_stderr=true
stdout_logfile={_escaped(home.log(process.name))}
stdout_logfile_maxbytes=20MB
stdout_logfile_backups=1
"""


def _escaped(value: object) -> str:
    return str(value).replace("%", "%%")
