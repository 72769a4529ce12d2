"""Timelines in Redis: what is pushed, read, cut and lost."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from pydantic import SecretStr
from redis.exceptions import RedisError

from app.clients import Clients, open_clients
from app.feeds.model import Timeline, build_timeline
from app.feeds.store import TimelineStore, _key
from app.ids import ID_MAX, IdSource, random_shard
from docker.local.ports import HOST
from tests.stack import TestStack
from tests.stores.samples import CAP, build, read


async def test_a_push_leaves_a_cold_viewer_cold(
    timelines: TimelineStore, clients: Clients, viewer: int
) -> None:
    await timelines.push(7, [viewer])
    assert await timelines.read(viewer) is None
    assert await clients.cache.exists(_key(viewer)) == 0


async def test_a_push_reaches_all_who_are_warm(timelines: TimelineStore, ids: IdSource) -> None:
    viewers = [ids.next(random_shard()) for _ in range(50)]
    warm, cold = viewers[::2], viewers[1::2]
    for each in warm:
        await build(timelines, each, [3])
    await timelines.push(7, viewers)
    await timelines.push(7, [])
    assert {(await read(timelines, each)).post_ids for each in warm} == {(7, 3)}
    assert [await timelines.read(each) for each in cold] == [None] * 25


async def test_what_was_built_is_read(timelines: TimelineStore, viewer: int) -> None:
    await build(timelines, viewer, [ID_MAX - 1, 1 << 53, (1 << 53) - 1], version=(1 << 33) + 3)
    assert await timelines.read(viewer) == Timeline(
        following_version=(1 << 33) + 3,
        complete_above=0,
        post_ids=(ID_MAX - 1, 1 << 53, (1 << 53) - 1),
    )


async def test_a_timeline_at_its_cap_is_complete_to_its_last(
    timelines: TimelineStore, viewer: int
) -> None:
    await build(timelines, viewer, [50, 40, 30, 20, 10])
    timeline = await read(timelines, viewer)
    assert timeline.between(ID_MAX) == [50, 40, 30, 20, 10]
    assert timeline.floor == 10


async def test_late_doubled_and_reordered_pushes_are_put_in_order(
    timelines: TimelineStore, viewer: int
) -> None:
    await build(timelines, viewer, [30, 10])
    for post_id in (50, 20, 50, 40):
        await timelines.push(post_id, [viewer, viewer])
    assert (await read(timelines, viewer)).post_ids == (50, 40, 30, 20, 10)


async def test_at_twice_the_cap_the_newest_are_kept(
    timelines: TimelineStore, clients: Clients, viewer: int
) -> None:
    await build(timelines, viewer, [30, 20, 10])
    pushed = [100 + number for number in range(2 * CAP - 3)]
    for post_id in pushed:
        await timelines.push(post_id, [viewer])
    full = await read(timelines, viewer)
    assert full.between(ID_MAX) == [*pushed[::-1], 30, 20, 10]
    await timelines.push(200, [viewer])
    cut = await read(timelines, viewer)
    assert cut.post_ids == (200, *pushed[::-1][: CAP - 1])
    assert cut.complete_above == pushed[-CAP]
    assert cut.following_version == 1
    assert await clients.cache.strlen(_key(viewer)) == 24 + 8 * CAP


async def test_what_was_cut_is_the_end_even_if_it_was_new(
    timelines: TimelineStore, viewer: int
) -> None:
    """The newest came first, and fell out: nothing below it can be relied on."""
    await build(timelines, viewer, [])
    for post_id in (ID_MAX - 1, *range(1, 2 * CAP + 1)):
        await timelines.push(post_id, [viewer])
    timeline = await read(timelines, viewer)
    assert timeline.complete_above == ID_MAX - 1
    assert timeline.between(ID_MAX) == []


async def test_an_entry_never_grows_beyond_twice_the_cap(
    timelines: TimelineStore, clients: Clients, viewer: int
) -> None:
    await build(timelines, viewer, [])
    for post_id in range(1, 60):
        await timelines.push(post_id, [viewer])
        assert await clients.cache.strlen(_key(viewer)) <= 24 + 8 * 2 * CAP
        timeline = await read(timelines, viewer)
        shown = timeline.between(ID_MAX)
        assert shown == list(range(post_id, timeline.complete_above, -1))
        assert len(shown) >= min(post_id, CAP)


async def test_reading_keeps_a_timeline_pushing_does_not(
    timelines: TimelineStore, clients: Clients, viewer: int
) -> None:
    await build(timelines, viewer, [3])
    await clients.cache.pexpire(_key(viewer), 60_000)
    for post_id in range(10, 30):
        await timelines.push(post_id, [viewer])
    assert await clients.cache.pttl(_key(viewer)) <= 60_000
    await read(timelines, viewer)
    assert await clients.cache.pttl(_key(viewer)) > 60_000


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


@pytest.mark.parametrize("is_there", [True, False], ids=["silent", "closed"])
async def test_a_cache_that_is_away_is_no_timeline(
    servers: TestStack, silent_port: int, viewer: int, *, is_there: bool
) -> None:
    url = SecretStr(f"redis://{HOST}:{silent_port if is_there else 1}/0")
    away = servers.settings.model_copy(update={"cache_url": url})
    built = build_timeline(following_version=1, newest=[3], most=CAP)
    async with AsyncExitStack() as closing:
        timelines = TimelineStore(open_clients(away, None, closing).cache, posts_max=CAP)
        async with asyncio.timeout(3 * away.cache_timeout_seconds + 0.4):
            assert await timelines.read(viewer) is None
            assert await timelines.begin_build(viewer, 1) is None
            await timelines.finish_build(viewer, b"12345678", built)
        with pytest.raises(RedisError):
            await timelines.push(7, [viewer])
