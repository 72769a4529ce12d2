"""Timelines in a Redis that hangs, dies, or was never there."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from pydantic import SecretStr

from app.cache import BREAK_SECONDS, CacheAwayError
from app.clients import Clients, open_clients
from app.feeds.store import KEY_GROUPS, PUSH_MAX_SECONDS, TimelineStore, _key
from app.ids import IdSource
from app.settings import Settings
from docker.local.ports import HOST
from tests.redis_cluster import ClusterNode, RunningCluster, running_cluster
from tests.stack import TestStack
from tests.stores.samples import (
    CACHE_TIMEOUT_SECONDS,
    CAP,
    a_timeline,
    build,
    clustered,
    read,
)

READS = 200
SLACK_SECONDS = 2.0  # on a machine that does other things, too


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[TimelineStore]:
    """Timelines, as a process of ours opens them."""
    async with AsyncExitStack() as closing:
        cache = open_clients(settings, None, closing).cache
        yield TimelineStore(cache, posts_max=CAP, timeout_seconds=CACHE_TIMEOUT_SECONDS)


async def read_in_turn(timelines: TimelineStore, viewer: int, *, pause: float = 0.0) -> float:
    """Read in vain, again and again; returns the seconds spent reading."""
    spent = 0.0
    for _ in range(READS):
        begin = time.monotonic()
        assert await timelines.read(viewer) is None
        spent += time.monotonic() - begin
        await asyncio.sleep(pause)
    return spent


async def until_read(timelines: TimelineStore, viewer: int) -> float:
    """Read until there is a timeline again; returns how many seconds that took."""
    begin = time.monotonic()
    while await timelines.read(viewer) is None:
        assert time.monotonic() - begin < 2 * BREAK_SECONDS + CACHE_TIMEOUT_SECONDS
        await asyncio.sleep(0.01)
    return time.monotonic() - begin


@pytest.fixture
async def silent_port() -> AsyncIterator[int]:
    """A server that takes connections and never says a word."""

    async def be_silent(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await closing.wait()
        writer.close()

    closing = asyncio.Event()
    async with await asyncio.start_server(be_silent, HOST, 0) as server:
        yield server.sockets[0].getsockname()[1]
        closing.set()


@pytest.mark.parametrize("is_cluster", [False, True], ids=["single", "cluster"])
@pytest.mark.parametrize("is_there", [True, False], ids=["silent", "closed"])
async def test_a_cache_that_is_away_is_no_timeline(
    servers: TestStack, silent_port: int, viewer: int, *, is_there: bool, is_cluster: bool
) -> None:
    url = SecretStr(f"redis://{HOST}:{silent_port if is_there else 1}/0")
    away = servers.settings.model_copy(update={"cache_url": url, "cache_cluster": is_cluster})
    async with opened(away) as timelines:
        async with asyncio.timeout(CACHE_TIMEOUT_SECONDS + SLACK_SECONDS):
            assert await timelines.read(viewer) is None
            assert await timelines.begin_build(viewer, 1) is None
            await timelines.finish_build(viewer, b"12345678", a_timeline([3]))
        async with asyncio.timeout(PUSH_MAX_SECONDS + SLACK_SECONDS):
            with pytest.raises(CacheAwayError):
                await timelines.push(7, [viewer])
            with pytest.raises(CacheAwayError):
                await timelines.drop(viewer)


async def test_a_hang_costs_one_reader_a_timeout_and_nobody_else(
    servers: TestStack, clients: Clients, viewer: int
) -> None:
    timelines = TimelineStore(clients.cache, posts_max=CAP, timeout_seconds=CACHE_TIMEOUT_SECONDS)
    await build(timelines, viewer, [3])
    servers.kill("cache", signal.SIGSTOP)
    try:
        begin = time.monotonic()
        at_once = await asyncio.gather(*(timelines.read(viewer) for _ in range(READS)))
        assert at_once == [None] * READS
        assert time.monotonic() - begin < CACHE_TIMEOUT_SECONDS + SLACK_SECONDS
        begin = time.monotonic()
        spent = await read_in_turn(timelines, viewer, pause=2.5 * BREAK_SECONDS / READS)
        probes = (time.monotonic() - begin) // BREAK_SECONDS + 1
        assert spent < probes * CACHE_TIMEOUT_SECONDS + SLACK_SECONDS
        with pytest.raises(CacheAwayError):
            await timelines.push(7, [viewer])
    finally:
        servers.kill("cache", signal.SIGCONT)
    await until_read(timelines, viewer)
    await timelines.push(8, [viewer])
    assert 8 in (await read(timelines, viewer)).post_ids


@pytest.fixture
def mortal(ids: IdSource) -> Iterator[RunningCluster]:
    """A cluster that a test may do anything to."""
    with running_cluster() as cluster:
        yield cluster


async def viewers_of_all_groups(ids: IdSource) -> list[int]:
    return [ids.next(group) for group in range(KEY_GROUPS)]


async def read_all_but(
    away: ClusterNode, cluster: RunningCluster, timelines: TimelineStore, viewers: list[int]
) -> None:
    """Read timelines of the other nodes; the client may need a moment to leave that one alone."""
    there = [viewer for viewer in viewers if cluster.node_of(_key(viewer)) is not away]
    for viewer in there:
        await until_read(timelines, viewer)
    begin = time.monotonic()
    assert None not in [await timelines.read(viewer) for viewer in there]
    assert time.monotonic() - begin < SLACK_SECONDS


@pytest.mark.parametrize("count", [1, 3])
async def test_a_cluster_that_hangs_holds_up_nobody_for_long(
    servers: TestStack, mortal: RunningCluster, ids: IdSource, *, count: int
) -> None:
    viewers = await viewers_of_all_groups(ids)
    hanging = mortal.nodes[:count]
    viewer = next(each for each in viewers if mortal.node_of(_key(each)) is hanging[0])
    async with opened(clustered(servers.settings, mortal)) as timelines:
        for each in viewers:
            await build(timelines, each, [3])
        for node in hanging:
            node.signal(signal.SIGSTOP)
        begin = time.monotonic()
        at_once = await asyncio.gather(*(timelines.read(viewer) for _ in range(READS)))
        assert at_once == [None] * READS
        assert await read_in_turn(timelines, viewer) < CACHE_TIMEOUT_SECONDS + SLACK_SECONDS
        assert time.monotonic() - begin < 2 * CACHE_TIMEOUT_SECONDS + SLACK_SECONDS
        if count == 1:
            await read_all_but(mortal.nodes[0], mortal, timelines, viewers)
        begin = time.monotonic()
        with pytest.raises(CacheAwayError):
            await timelines.push(7, viewers)
        assert time.monotonic() - begin < PUSH_MAX_SECONDS + SLACK_SECONDS
        for node in hanging:
            node.signal(signal.SIGCONT)
        await until_read(timelines, viewer)
        await timelines.push(8, viewers)
        for each in viewers:
            assert 8 in (await read(timelines, each)).post_ids


async def test_a_node_that_is_killed_is_a_cache_that_is_away(
    servers: TestStack, mortal: RunningCluster, ids: IdSource
) -> None:
    viewers = await viewers_of_all_groups(ids)
    async with opened(clustered(servers.settings, mortal)) as timelines:
        for each in viewers:
            await build(timelines, each, [3])
        dead = mortal.nodes[1]
        lost = [each for each in viewers if mortal.node_of(_key(each)) is dead]
        pushes = [asyncio.create_task(timelines.push(post_id, viewers)) for post_id in (4, 5, 6)]
        await asyncio.sleep(0)
        dead.signal(signal.SIGKILL)
        errors = await asyncio.gather(*pushes, return_exceptions=True)
        assert all(error is None or isinstance(error, CacheAwayError) for error in errors)
        deadline = time.monotonic() + 3 * BREAK_SECONDS
        while time.monotonic() < deadline:  # before the other nodes notice, and after
            async with asyncio.timeout(CACHE_TIMEOUT_SECONDS + SLACK_SECONDS):
                assert await timelines.read(lost[0]) is None
                assert await timelines.begin_build(lost[0], 1) is None
            async with asyncio.timeout(PUSH_MAX_SECONDS + SLACK_SECONDS):
                with pytest.raises(CacheAwayError):
                    await timelines.push(7, viewers)
        kept = next(each for each in viewers if each not in lost)
        await until_read(timelines, kept)
        assert 7 in (await read(timelines, kept)).post_ids
