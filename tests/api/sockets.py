"""Raw sockets to the API: what no client library would send, and what it would not show."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from websockets import ConnectionClosed
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from app.accounts.model import Viewer
from app.accounts.tokens import AccessTokens
from schema.nodes import Kind, read_id_of
from tests.client import Person, until
from tests.live import PROTOCOL
from tests.stack import TestStack

SOON_SECONDS = 15.0
APIS = ("api-1", "api-2")
LISTENING = "subscription { feedUpdates { __typename } }"


@asynccontextmanager
async def open_socket(
    url: str, protocols: Sequence[Subprotocol] = (PROTOCOL,), **given: Any
) -> AsyncIterator[ClientConnection]:
    """A socket on which nothing has been said."""
    async with connect(url, subprotocols=protocols or None, **given) as socket:
        yield socket


@asynccontextmanager
async def begun(
    url: str, person: Person | None = None, token: str | None = None
) -> AsyncIterator[ClientConnection]:
    """A socket that is acknowledged: somebody's, or nobody's."""
    token = person.access_token if person else token
    async with open_socket(url) as socket:
        payload = {"Authorization": f"Bearer {token}"} if token else {}
        await say(socket, type="connection_init", payload=payload)
        assert await hear(socket) == {"type": "connection_ack"}
        yield socket


async def say(socket: ClientConnection, **message: Any) -> None:
    """Say something as JSON."""
    await socket.send(json.dumps(message))


async def subscribe(socket: ClientConnection, query: str, named: str = "1", **payload: Any) -> None:
    """Have an operation run."""
    await say(socket, type="subscribe", id=named, payload={"query": query, **payload})


async def hear(socket: ClientConnection) -> Any:
    """The next message."""
    async with asyncio.timeout(SOON_SECONDS):
        return json.loads(await socket.recv())


async def close_code(socket: ClientConnection) -> int | None:
    """Read until the server closes; how it did."""
    try:
        async with asyncio.timeout(SOON_SECONDS):
            while True:
                await socket.recv()
    except ConnectionClosed:
        return socket.close_code


async def subscribers(stack: TestStack) -> int:
    """How many subscriptions to feed updates are open."""
    async with httpx2.AsyncClient(timeout=SOON_SECONDS) as http:
        said = [(await http.get(f"http://127.0.0.1:{stack.port(api)}/metrics")) for api in APIS]
    lines = [line for each in said for line in each.text.splitlines()]
    return sum(
        int(float(line.split()[1])) for line in lines if line.startswith("photofeed_live_subsc")
    )


async def until_subscribers(stack: TestStack, count: int) -> None:
    """Wait until so many subscriptions are open."""

    async def are() -> bool:
        return await subscribers(stack) == count

    await until(are, seconds=SOON_SECONDS)


def short_lived(stack: TestStack, person: Person, seconds: int) -> str:
    """An access token of somebody's that expires soon."""
    account_id = read_id_of(Kind.USER, person.id)
    assert account_id is not None
    secret = stack.settings.token_secret.get_secret_value()
    viewer = Viewer(account_id=account_id, session_id=person.refresh_token.partition(".")[0])
    return AccessTokens(secret=secret, life_seconds=seconds).sign(viewer)[0]
