"""A device that listens to its feed over graphql-transport-ws, with the client library gql."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from gql import Client, GraphQLRequest
from gql.transport.websockets import WebsocketsTransport
from websockets.typing import Subprotocol

from tests.client import DEADLINE_SECONDS, POST, USER, Person, until

RETURN_SECONDS = 0.2
PROTOCOL = Subprotocol("graphql-transport-ws")
FEED_UPDATES = f"""subscription($after: String) {{ feedUpdates(after: $after) {{
  __typename
  ... on FeedPostAdded {{ cursor post {{ {POST} }} }}
  ... on FeedPostRemoved {{ cursor postId }}
  ... on FeedAuthorAdded {{ cursor author {{ {USER} }} }}
  ... on FeedAuthorRemoved {{ cursor authorId }}
  ... on FeedGap {{ cursor }} }} }}"""


class LiveFeed:
    """What a device has heard so far, oldest first, and why it hears no more."""

    def __init__(self) -> None:
        self.updates: list[Any] = []
        self.end: Exception | None = None
        self.returns = 0

    def of(self, kind: str) -> list[Any]:
        """The updates of one kind: FeedPostAdded, …"""
        return [update for update in self.updates if update["__typename"] == kind]

    @property
    def cursor(self) -> str:
        """The moment after the last update."""
        return str(self.updates[-1]["cursor"])

    @property
    def added(self) -> list[str]:
        """Ids of the posts that came into the feed."""
        return [update["post"]["id"] for update in self.of("FeedPostAdded")]

    @property
    def removed(self) -> list[str]:
        """Ids of the posts that left the feed."""
        return [update["postId"] for update in self.of("FeedPostRemoved")]

    async def until(
        self, condition: Callable[["LiveFeed"], object], *, seconds: float = DEADLINE_SECONDS
    ) -> None:
        """Wait until this holds; whatever ended the socket meanwhile is raised."""

        async def holds() -> bool:
            if not condition(self) and self.end:
                raise self.end
            return bool(condition(self))

        await until(holds, seconds=seconds)

    async def until_ended(self, *, seconds: float = DEADLINE_SECONDS) -> Exception:
        """Wait until the server or the network has ended it; returns how."""

        async def ended() -> Exception | None:
            return self.end

        found = await until(ended, seconds=seconds)
        assert found is not None
        return found


def transport(url: str, token: str | None = None) -> WebsocketsTransport:
    """A socket that authenticates in connection_init."""
    return WebsocketsTransport(
        url,
        subprotocols=[PROTOCOL],
        init_payload={"Authorization": f"Bearer {token}"} if token else {},
    )


async def updates(
    url: str, token: str | None = None, after: str | None = None
) -> AsyncIterator[Any]:
    """The updates of one subscription, on a socket of its own."""
    request = GraphQLRequest(FEED_UPDATES, variable_values={"after": after})
    async with Client(transport=transport(url, token)) as session:
        async for result in session.subscribe(request):
            yield result["feedUpdates"]


@asynccontextmanager
async def listening(url: str, viewer: Person, after: str | None = None) -> AsyncIterator[LiveFeed]:
    """Listen to a viewer's feed from a moment on, else from now on.

    What happens before the server listens is told once it does.
    """
    feed = LiveFeed()
    moment = after or (await viewer.feed(first=1))["updatesCursor"]

    async def listen() -> None:
        try:
            async for update in updates(url, viewer.access_token, moment):
                feed.updates.append(update)
        except Exception as error:  # noqa: BLE001 - a test asks for it
            feed.end = error

    task = asyncio.create_task(listen())
    try:
        yield feed
    finally:
        await _end(task)


@asynccontextmanager
async def staying(url: str, viewer: Person) -> AsyncIterator[LiveFeed]:
    """Listen to a viewer's feed from now on, coming back with the last cursor whenever it ends."""
    feed = LiveFeed()
    now = (await viewer.feed(first=1))["updatesCursor"]

    async def listen() -> None:
        while True:
            try:
                after = feed.cursor if feed.updates else now
                async for update in updates(url, viewer.access_token, after):
                    feed.updates.append(update)
            except Exception:  # noqa: BLE001 - whatever it was, the device comes back
                await asyncio.sleep(RETURN_SECONDS)
            feed.returns += 1

    task = asyncio.create_task(listen())
    try:
        yield feed
    finally:
        await _end(task)


async def _end(task: "asyncio.Task[None]") -> None:
    """Cancel until it has ended: in the middle of a socket's end, gql takes that for its own."""
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=RETURN_SECONDS)
