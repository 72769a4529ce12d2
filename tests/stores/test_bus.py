"""The live bus in Redis."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from app.live.bus import WAKE_MAX_SECONDS, LiveBus
from docker.local.ports import HOST
from tests.stack import TestStack

NAME = f"test-{secrets.token_hex(4)}"
PATIENCE_SECONDS = 10


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


@asynccontextmanager
async def _listening(bus: LiveBus) -> AsyncIterator[asyncio.Event]:
    """Somebody who listens already."""
    woken = asyncio.Event()
    task = asyncio.create_task(bus.listen(woken))
    try:
        await _is_woken(woken)
        yield woken
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _is_woken(woken: asyncio.Event) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        await woken.wait()
    woken.clear()


async def test_all_who_listen_are_woken(bus: LiveBus) -> None:
    async with _listening(bus) as one, _listening(bus) as other:
        for moment in (1, 2):
            await bus.wake(moment)
            await _is_woken(one)
            await _is_woken(other)


async def test_a_connection_that_breaks_wakes_and_is_mended(bus: LiveBus, redis: Redis) -> None:
    async with _listening(bus) as woken:
        for connection in await redis.client_list(_type="pubsub"):
            if connection["name"] == NAME:
                await redis.client_kill_filter(_id=connection["id"])
        await _is_woken(woken)
        await bus.wake(7)
        await _is_woken(woken)


async def test_waking_nobody_is_no_error() -> None:
    async with Redis(host=HOST, port=1, retry=Retry(NoBackoff(), 0)) as away:
        await LiveBus(away).wake(1)


async def test_waking_does_not_wait_for_a_bus_that_hangs() -> None:
    over, closed = asyncio.Event(), asyncio.Event()

    async def hang(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await over.wait()
        writer.close()
        await writer.wait_closed()
        closed.set()

    async with await asyncio.start_server(hang, HOST, 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with Redis(host=HOST, port=port, retry=Retry(NoBackoff(), 0)) as hanging:
            async with asyncio.timeout(10 * WAKE_MAX_SECONDS):
                await LiveBus(hanging).wake(1)
        over.set()
        async with asyncio.timeout(PATIENCE_SECONDS):
            await closed.wait()


async def test_who_listens_lets_go_whenever_they_are_told_to(bus: LiveBus) -> None:
    for steps in range(60):
        listening = asyncio.create_task(bus.listen(asyncio.Event()))
        for _ in range(steps):
            await asyncio.sleep(0)
        listening.cancel()
        done, _ = await asyncio.wait([listening], timeout=PATIENCE_SECONDS)
        assert done, steps
