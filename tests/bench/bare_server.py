"""A bare application, run exactly as the stack runs the API."""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from docker.local.environment import process_environment
from docker.local.home import Home
from docker.local.ports import HOST
from docker.local.processes import API
from tests.bench.rounds import BenchError
from tests.client import until
from tests.stack import TestStack


@asynccontextmanager
async def running_bare(stack: TestStack, factory: str) -> AsyncIterator[tuple[int, int]]:
    """Run an application, "module:factory"; yields its port and its pid."""
    port = _unused_port()
    command = [factory if word.startswith("schema.") else word for word in API]
    log = stack.home / "logs" / "bare.log"
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, *command, "--host", HOST, "--port", str(port)),
            env=process_environment(Home(root=stack.home), stack.environment),
            stdout=out,
            stderr=out,
        )

    async def answers() -> bool:
        if process.returncode is not None:
            raise BenchError(f"The bare application ended:\n{log.read_text()[-2000:]}")
        with socket.socket() as probe:
            return probe.connect_ex((HOST, port)) == 0

    try:
        await until(answers)
        yield port, process.pid
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


def _unused_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
