"""Which core a process runs on, so that one is measured on a core that is its own."""

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.bench.rounds import BenchError


@contextmanager
def apart(measured: Collection[int], others: Collection[int]) -> Iterator[frozenset[int]]:
    """Keep what is measured on the first core, and others off it; yields the cores of others.

    What is measured are processes that take turns. Their threads stay with them, those that are
    there and those that are made meanwhile.
    """
    cores = os.sched_getaffinity(0)
    first = min(cores)
    rest = frozenset(cores - {first})
    if not rest:
        raise BenchError("It takes two cores: one for the server, one for who asks")
    try:
        _keep(measured, {first})
        _keep(others, rest)
        yield rest
    finally:
        _keep([*measured, *others], cores)


def _keep(pids: Collection[int], cores: Collection[int]) -> None:
    """Let every thread of some processes run on these cores only."""
    for pid in pids:
        with suppress(FileNotFoundError):
            for thread in Path(f"/proc/{pid}/task").iterdir():
                with suppress(ProcessLookupError):
                    os.sched_setaffinity(int(thread.name), cores)
