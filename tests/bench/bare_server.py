"""A bare application, run exactly as the stack runs the API."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from docker.local.ports import HOST
from docker.local.processes import API
from tests.bench.started import Process, started
from tests.stack import TestStack


@asynccontextmanager
async def running_bare(stack: TestStack, factory: str) -> AsyncIterator[Process]:
    """Run an application, "module:factory"."""
    arguments = [factory if word == "schema.asgi:production" else word for word in API]
    command = (sys.executable, *arguments, "--host", HOST, "--port")
    async with started(stack, factory.partition(":")[0], command) as process:
        yield process
