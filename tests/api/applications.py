"""Applications with settings of their own, on the servers of the stack."""

import asyncio
import secrets
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any, Final

import httpx2
from starlette.types import ASGIApp, Message

from app.settings import ENV_PREFIX, Settings
from docker.local import REPOSITORY
from docker.local.environment import with_variables
from docker.local.processes import API
from schema.asgi import build_application
from tests.client import TIMEOUT_SECONDS, Api
from tests.stack import TestStack

URL: Final = "http://photofeed.test"
START_SECONDS: Final = 60


@asynccontextmanager
async def application(settings: Settings, **chosen: Any) -> AsyncIterator[ASGIApp]:
    """An application in this process, with some settings chosen otherwise."""
    built = build_application(settings.model_copy(update=chosen))
    said: asyncio.Queue[Message] = asyncio.Queue()
    heard: asyncio.Queue[Message] = asyncio.Queue()
    living = asyncio.ensure_future(built({"type": "lifespan"}, said.get, heard.put))
    try:
        await said.put({"type": "lifespan.startup"})
        assert (begun := await heard.get())["type"] == "lifespan.startup.complete", begun
        async with client_of(built) as api:
            assert (await api.http.get("/readyz")).status_code == 200
        yield built
        await said.put({"type": "lifespan.shutdown"})
        async with asyncio.timeout(START_SECONDS):
            assert (ended := await heard.get())["type"] == "lifespan.shutdown.complete", ended
    finally:
        living.cancel()
        with suppress(asyncio.CancelledError):
            await living


@asynccontextmanager
async def client_of(application: ASGIApp, address: str | None = None) -> AsyncIterator[Api]:
    """A client of an application in this process, by default at an address that nobody else has."""
    client = (address or some_address(), 50_000)
    transport = httpx2.ASGITransport(application, raise_app_exceptions=False, client=client)
    async with httpx2.AsyncClient(
        transport=transport, base_url=URL, timeout=TIMEOUT_SECONDS
    ) as http:
        yield Api(f"{URL}/graphql", http)


@asynccontextmanager
async def running(settings: Settings, **chosen: Any) -> AsyncIterator[Api]:
    """A client of an application with some settings chosen otherwise."""
    async with application(settings, **chosen) as built, client_of(built) as api:
        yield api


@contextmanager
def process(stack: TestStack, chosen: Mapping[str, str]) -> Iterator[int]:
    """An API process with some settings chosen otherwise, and the port that it listens at."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        variables = {ENV_PREFIX + name.upper(): value for name, value in chosen.items()}
        started = subprocess.Popen(  # noqa: S603 - our own
            [sys.executable, *API, "--fd", str(listening.fileno())],
            cwd=REPOSITORY,
            env=with_variables({**stack.environment, **variables}),
            pass_fds=[listening.fileno()],
        )
        port: int = listening.getsockname()[1]
        try:
            # Who asks before it listens waits in the backlog.
            url = f"http://127.0.0.1:{port}/healthz"
            assert httpx2.get(url, timeout=START_SECONDS).status_code == 200
            yield port
        finally:
            started.terminate()
            started.wait(START_SECONDS)


def some_address() -> str:
    """An address that no other test has, so that its rates are untouched."""
    return f"fd00:{':'.join(secrets.token_hex(2) for _ in range(7))}"
