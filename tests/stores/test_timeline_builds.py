"""Timelines in Redis: who builds them, and what comes in between."""

import asyncio

from app.feeds.scripts import BEGIN_BUILD
from app.feeds.store import BUILD_MAX_MS, UNREAD_MAX_MS, TimelineStore, _key
from tests.stores.samples import CAP, Cache, a_timeline, build, read


async def test_a_build_keeps_what_is_pushed_meanwhile(
    timelines: TimelineStore, viewer: int
) -> None:
    token = await timelines.begin_build(viewer, 1)
    assert token is not None
    await timelines.push(40, [viewer])
    assert await timelines.read(viewer) is None
    built = a_timeline([30, 20])
    await timelines.finish_build(viewer, token, built)
    await timelines.push(50, [viewer])
    assert (await read(timelines, viewer)).post_ids == (50, 40, 30, 20)


async def test_a_build_that_too_much_is_pushed_into_promises_nothing(
    timelines: TimelineStore, viewer: int
) -> None:
    """What was read from MongoDB before the pushes does not have those that were cut."""
    token = await timelines.begin_build(viewer, 1)
    assert token is not None
    pushed = list(range(101, 101 + 2 * CAP + 2))
    for post_id in pushed:
        await timelines.push(post_id, [viewer])
    built = a_timeline([30, 20])
    await timelines.finish_build(viewer, token, built)
    assert await timelines.read(viewer) is None
    await build(timelines, viewer, pushed[:-6:-1])
    assert (await read(timelines, viewer)).post_ids == tuple(pushed[:-6:-1])


async def test_one_at_a_time_builds(timelines: TimelineStore, viewer: int) -> None:
    tokens = await asyncio.gather(*(timelines.begin_build(viewer, 1) for _ in range(20)))
    assert len([token for token in tokens if token]) == 1


async def test_a_build_of_newer_followees_takes_over(timelines: TimelineStore, viewer: int) -> None:
    old = await timelines.begin_build(viewer, 1)
    new = await timelines.begin_build(viewer, 2)
    assert old is not None
    assert new is not None
    stale = a_timeline([30])
    await timelines.finish_build(viewer, old, stale)
    assert await timelines.read(viewer) is None
    fresh = a_timeline([30, 20], version=2)
    await timelines.finish_build(viewer, new, fresh)
    await timelines.finish_build(viewer, old, stale)
    assert await timelines.read(viewer) == fresh


async def test_older_followees_do_not_undo_newer_ones(
    timelines: TimelineStore, viewer: int
) -> None:
    await build(timelines, viewer, a_timeline([30], version=2))
    assert await timelines.begin_build(viewer, 1) is None
    assert (await read(timelines, viewer)).following_version == 2


async def test_what_is_built_is_not_built_again(timelines: TimelineStore, viewer: int) -> None:
    """Who looked before it was there asks for a build after."""
    await build(timelines, viewer, [30])
    assert await timelines.begin_build(viewer, 1) is None
    assert (await read(timelines, viewer)).post_ids == (30,)


async def test_a_build_that_was_dropped_does_nothing(
    timelines: TimelineStore, cache: Cache, viewer: int
) -> None:
    token = await timelines.begin_build(viewer, 1)
    assert token is not None
    await cache.delete(_key(viewer))
    built = a_timeline([30])
    await timelines.finish_build(viewer, token, built)
    assert await timelines.read(viewer) is None


async def test_a_build_that_was_begun_anew_is_left_to_the_newer(
    timelines: TimelineStore, cache: Cache, viewer: int
) -> None:
    old = await timelines.begin_build(viewer, 1)
    assert old is not None
    await cache.delete(_key(viewer))
    new = await timelines.begin_build(viewer, 1)
    while new == old:  # in the same millisecond
        await cache.delete(_key(viewer))
        new = await timelines.begin_build(viewer, 1)
    built = a_timeline([30])
    await timelines.finish_build(viewer, old, built)
    assert await timelines.read(viewer) is None


async def test_a_builder_that_died_is_replaced(cache: Cache, viewer: int) -> None:
    async def begin(build_max_ms: int) -> bytes | None:
        version = (1).to_bytes(8)
        token: bytes | None = await cache.execute_command(
            "EVAL", BEGIN_BUILD, 1, _key(viewer), version, build_max_ms, UNREAD_MAX_MS
        )
        return token

    first = await begin(BUILD_MAX_MS)
    assert first is not None
    assert await begin(BUILD_MAX_MS) is None
    await asyncio.sleep(0.002)
    second = await begin(1)
    assert second is not None
    assert second > first
