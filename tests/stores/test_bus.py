"""The live bus in Redis."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from typing import Self

import pytest
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from app.ids import IdSource
from app.live.model import (
    Event,
    Followed,
    Interrupted,
    PostDeleted,
    PostPublished,
    Unfollowed,
)
from app.live.store import CHANNEL, LiveBus
from docker.local.ports import HOST
from tests.stack import TestStack

NAME = f"test-{secrets.token_hex(4)}"


@pytest.fixture
async def redis(servers: TestStack) -> AsyncIterator[Redis]:
    """A client whose connections can be told from those of others."""
    async with Redis.from_url(
        servers.settings.cache_url.get_secret_value(), client_name=NAME
    ) as client:
        yield client


@pytest.fixture
def bus(redis: Redis) -> LiveBus:
    return LiveBus(redis)


class Listening:
    """Collects what comes by the bus, in the background."""

    def __init__(self, bus: LiveBus) -> None:
        self._bus = bus
        self._queue: asyncio.Queue[Event | Interrupted] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._listen())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._task is not None
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def next(self, *, of: set[int] | None = None) -> Event | Interrupted:
        """The next event, or the next one that is about some ids: others use the bus, too."""
        async with asyncio.timeout(10):
            while True:
                event = await self._queue.get()
                if of is None or isinstance(event, Interrupted) or _ids(event) & of:
                    return event

    async def _listen(self) -> None:
        async for event in self._bus.events():
            self._queue.put_nowait(event)


def _ids(event: Event) -> set[int]:
    match event:
        case PostPublished() | PostDeleted():
            return {event.post_id}
        case Followed() | Unfollowed():
            return {event.follower_id}


async def test_listening_begins_with_a_break(bus: LiveBus) -> None:
    async with Listening(bus) as listening:
        assert await listening.next() == Interrupted()


async def test_every_process_gets_every_event_in_order(bus: LiveBus, ids: IdSource) -> None:
    mine = ids.next(3)
    events: list[Event] = [
        PostPublished(post_id=mine, author_id=5),
        Followed(follower_id=mine, followee_id=(1 << 63) - 1),
        Unfollowed(follower_id=mine, followee_id=6),
        PostDeleted(post_id=mine, author_id=5),
    ]
    async with Listening(bus) as one, Listening(bus) as other:
        for listening in (one, other):
            assert await listening.next() == Interrupted()
        for event in events:
            await bus.publish(event)
        for listening in (one, other):
            assert [await listening.next(of={mine}) for _ in events] == events


async def test_a_connection_that_breaks_is_a_break_and_mended(
    bus: LiveBus, redis: Redis, ids: IdSource
) -> None:
    mine = ids.next(3)
    async with Listening(bus) as listening:
        assert await listening.next() == Interrupted()
        for connection in await redis.client_list(_type="pubsub"):
            if connection["name"] == NAME:
                await redis.client_kill_filter(_id=connection["id"])
        assert await listening.next(of={mine}) == Interrupted()
        event = PostPublished(post_id=mine, author_id=5)
        await bus.publish(event)
        assert await listening.next(of={mine}) == event


async def test_what_another_version_says_is_passed_over(
    bus: LiveBus, redis: Redis, ids: IdSource
) -> None:
    mine = ids.next(3)
    async with Listening(bus) as listening:
        assert await listening.next() == Interrupted()
        for message in (b"", b"\xff", b"[]", b'{"kind": "renamed"}'):
            await redis.publish(CHANNEL, message)
        event = PostPublished(post_id=mine, author_id=5)
        await bus.publish(event)
        assert await listening.next(of={mine}) == event


async def test_publishing_says_when_it_failed() -> None:
    async with Redis(host=HOST, port=1, retry=Retry(NoBackoff(), 0)) as away:
        with pytest.raises(RedisError):
            await LiveBus(away).publish(PostDeleted(post_id=1, author_id=5))
