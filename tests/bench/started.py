"""Servers beside the stack's own: a process each, at a port that nobody uses."""

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from docker.local import REPOSITORY
from docker.local.environment import process_environment
from docker.local.home import Home
from docker.local.ports import HOST
from tests.bench.rounds import BenchError
from tests.client import until
from tests.stack import TestStack


@dataclass(frozen=True, kw_only=True)
class Process:
    """A server that answers at a port."""

    port: int
    pid: int


def of_stack(stack: TestStack, name: str) -> Process:
    """One of the stack's own."""
    return Process(port=stack.port(name), pid=stack.status()[name].pid)


@asynccontextmanager
async def started(
    stack: TestStack, name: str, command: Sequence[str], *, folder: Path = REPOSITORY
) -> AsyncIterator[Process]:
    """Run a command, whose last argument its port becomes, with the settings of a stack."""
    port = _unused_port()
    log = stack.home / "logs" / f"{name}.log"
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            *(*command, str(port)),
            cwd=folder,
            env=process_environment(Home(root=stack.home), stack.environment),
            stdout=out,
            stderr=out,
        )

    async def answers() -> bool:
        if process.returncode is not None:
            raise BenchError(f"{name} ended:\n{log.read_text()[-2000:]}")
        with socket.socket() as probe:
            return probe.connect_ex((HOST, port)) == 0

    try:
        await until(answers)
        yield Process(port=port, pid=process.pid)
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


def _unused_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
