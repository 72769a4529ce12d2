"""Processes that have imported all it takes, and fork a child for each order they are given."""

import json
import os
import signal
import socket
import subprocess
import weakref
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

ANSWER_MAX_BYTES: Final = 64
IDLE_MAX: Final = 4  # 17 MB each that it shares with nobody


class ForkError(Exception):
    """The process that forks has ended, or does not answer as it should; a new one may."""


class Forks:
    """Starts as many processes as are busy at once, and keeps some of those that are idle.

    Each has one child at a time, whose end it reports. It ends with the process that started it,
    and takes its child along.
    """

    def __init__(
        self, *, command: tuple[str, ...], folder: Path, environment: Mapping[str, str]
    ) -> None:
        """Start nothing yet; `command` is run in `folder`, with nothing but that environment."""
        self._command = command
        self._folder = folder
        self._environment = environment
        self._idle = deque["_Fork"]()
        self._end = weakref.finalize(self, _end_all, self._idle)

    def run(self, order: Mapping[str, Any], max_seconds: float) -> int:
        """Have a child do as ordered, and return its exit code, negative if a signal ended it.

        Raises:
            TimeoutError: it took longer, and was killed.
            ForkError: it may have been done or not.
        """
        fork = self._idle_one()
        try:
            code = fork.ask(order, max_seconds)
        except BaseException:
            # Whatever it was: an answer may still come, and is not to be taken for the next one's.
            fork.end()
            raise
        if self._end.alive and len(self._idle) < IDLE_MAX:
            self._idle.append(fork)
        else:
            fork.end()
        return code

    def close(self) -> None:
        """End the idle processes, and the busy ones as soon as they have answered."""
        self._end()

    def _idle_one(self) -> "_Fork":
        with suppress(IndexError):
            while True:
                fork = self._idle.pop()
                if fork.is_alive():
                    return fork
                fork.end()
        return _Fork(self._command, self._folder, self._environment)


class _Fork:
    """One such process: a line of JSON in, the exit code of its child out."""

    def __init__(
        self, command: tuple[str, ...], folder: Path, environment: Mapping[str, str]
    ) -> None:
        self._socket, other_end = socket.socketpair()
        with other_end:
            self._process = subprocess.Popen(  # noqa: S603 - our own module, and no shell
                command,
                cwd=folder,
                env=environment,
                stdin=other_end.fileno(),
                stdout=other_end.fileno(),
                start_new_session=True,
            )

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def ask(self, order: Mapping[str, Any], max_seconds: float) -> int:
        self._socket.settimeout(max_seconds)
        try:
            self._socket.sendall(json.dumps(order).encode() + b"\n")
            return int(self._line())
        except (ConnectionError, ValueError) as error:
            raise ForkError(f"{error}.") from error

    def end(self) -> None:
        """Kill it and its child, and wait until it is gone."""
        self._socket.close()
        # It leads a session of its own, and nobody else has waited for it.
        if self.is_alive():
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _line(self) -> bytes:
        line = b""
        while not line.endswith(b"\n") and len(line) < ANSWER_MAX_BYTES:
            if not (read := self._socket.recv(ANSWER_MAX_BYTES)):
                raise ConnectionError("It has ended")
            line += read
        return line


def _end_all(forks: "deque[_Fork]") -> None:
    with suppress(IndexError):
        while True:
            forks.pop().end()
