"""The logs of all processes, line by line as they are written."""

import time
from collections.abc import Callable, Iterable
from pathlib import Path

Show = Callable[[str, str], None]
"""Told of each line, and of the process that wrote it."""

_POLL_SECONDS = 0.2


class Tail:
    """The end of one log, also when it is rotated or not there yet."""

    def __init__(self, name: str, path: Path) -> None:
        self.name = name
        self._path = path
        self._read_bytes = 0

    def last(self, count: int) -> list[str]:
        """The last lines that are there."""
        return self.new()[-count:] if count else self.new()[:0]

    def new(self) -> list[str]:
        """The lines since the last look; one that is being written waits for its end."""
        if not self._path.exists():
            return []
        if self._path.stat().st_size < self._read_bytes:
            self._read_bytes = 0
        with self._path.open("rb") as file:
            file.seek(self._read_bytes)
            read = file.read()
        complete = read[: read.rfind(b"\n") + 1]
        self._read_bytes += len(complete)
        return complete.decode(errors="replace").splitlines()


def show_logs(logs: dict[str, Path], *, lines: int, follow: bool, show: Show) -> None:
    """Show the last lines of each log, then whatever is added, until interrupted."""
    tails = [Tail(name, path) for name, path in logs.items()]
    for tail in tails:
        _show(tail, tail.last(lines), show)
    while follow:
        for tail in tails:
            _show(tail, tail.new(), show)
        time.sleep(_POLL_SECONDS)


def _show(tail: Tail, lines: Iterable[str], show: Show) -> None:
    for line in lines:
        show(tail.name, line)
