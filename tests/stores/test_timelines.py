"""Timelines in Redis: what is pushed, read, cut and lost."""

import asyncio

from app.feeds.model import HEADER_BYTES
from app.feeds.store import READ_MAX_VIEWERS, TimelineStore, _key
from app.ids import ID_MAX, IdSource, random_shard
from tests.stores.samples import CAP, Cache, a_timeline, build, read


async def test_a_push_leaves_a_cold_viewer_cold(
    timelines: TimelineStore, cache: Cache, viewer: int
) -> None:
    await timelines.push(7, [viewer])
    assert await timelines.read(viewer) is None
    assert await cache.exists(_key(viewer)) == 0


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
    built = a_timeline(
        [ID_MAX - 1, 1 << 53, (1 << 53) - 1],
        version=(1 << 33) + 3,
        built_at=ID_MAX - 2,
        pulled_ids=(ID_MAX - 3, 1 << 53, 4),
    )
    await build(timelines, viewer, built)
    assert await timelines.read(viewer) == built


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
    timelines: TimelineStore, cache: Cache, viewer: int
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
    assert await cache.strlen(_key(viewer)) == HEADER_BYTES + 8 * CAP


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
    timelines: TimelineStore, cache: Cache, viewer: int
) -> None:
    await build(timelines, viewer, [])
    for post_id in range(1, 60):
        await timelines.push(post_id, [viewer])
        assert await cache.strlen(_key(viewer)) <= HEADER_BYTES + 8 * 2 * CAP
        timeline = await read(timelines, viewer)
        shown = timeline.between(ID_MAX)
        assert shown == list(range(post_id, timeline.complete_above, -1))
        assert len(shown) >= min(post_id, CAP)


async def test_reading_keeps_a_timeline_pushing_does_not(
    timelines: TimelineStore, cache: Cache, viewer: int
) -> None:
    await build(timelines, viewer, [3])
    await cache.pexpire(_key(viewer), 60_000)
    for post_id in range(10, 30):
        await timelines.push(post_id, [viewer])
    assert await cache.pttl(_key(viewer)) <= 60_000
    await read(timelines, viewer)
    assert await cache.pttl(_key(viewer)) > 60_000


async def test_peeking_at_many_keeps_none(
    timelines: TimelineStore, cache: Cache, ids: IdSource
) -> None:
    viewers = [ids.next(random_shard()) for _ in range(20)]
    built = {each: a_timeline([number, 3]) for number, each in enumerate(viewers[:10], 10)}
    for each, timeline in built.items():
        await build(timelines, each, timeline)
        await cache.pexpire(_key(each), 60_000)
    assert await timelines.begin_build(viewers[-1], 1)
    assert await timelines.peek(viewers) == built
    assert await timelines.peek([]) == {}
    assert max([await cache.pttl(_key(each)) for each in built]) <= 60_000


async def test_a_cut_leaves_all_but_ids_of_posts_as_it_is(
    timelines: TimelineStore, cache: Cache, viewer: int
) -> None:
    pulled = tuple(range(ID_MAX - 100, ID_MAX))
    await build(timelines, viewer, a_timeline([], version=3, built_at=5, pulled_ids=pulled))
    pushed = list(range(1, 2 * CAP + 1))
    for post_id in pushed:
        await timelines.push(post_id, [viewer])
    uncut = await read(timelines, viewer)
    assert (uncut.post_ids, uncut.pulled_ids) == (tuple(pushed[::-1]), pulled)
    await timelines.push(50, [viewer])
    cut = await read(timelines, viewer)
    assert cut.post_ids == (50, *pushed[:-CAP:-1])
    assert cut.complete_above == pushed[-CAP]
    assert (cut.following_version, cut.built_at, cut.pulled_ids) == (3, 5, pulled)
    size = HEADER_BYTES + 8 * (len(pulled) + CAP)
    assert await cache.strlen(_key(viewer)) == size


async def test_one_push_reaches_ten_thousand_warm_or_cold(
    timelines: TimelineStore, ids: IdSource
) -> None:
    """Cold ones come first, last and between, so that scripts change how they look for them."""
    viewers = [ids.next(random_shard()) for _ in range(10_000)]
    warm = [*viewers[6_000:9_000:7], *viewers[9_000:9_100]]
    for each in warm:
        await build(timelines, each, [3])
    await timelines.push(7, viewers)
    await timelines.push(8, viewers[::-1])
    for each in warm:
        assert (await read(timelines, each)).post_ids == (8, 7, 3)
    for each in set(viewers[::50]) - set(warm):
        assert await timelines.read(each) is None


async def test_those_who_read_at_once_get_each_their_own(
    timelines: TimelineStore, ids: IdSource
) -> None:
    viewers = [ids.next(random_shard()) for _ in range(2 * READ_MAX_VIEWERS + 50)]
    built = {each: a_timeline([number, 3]) for number, each in enumerate(viewers[::3], 10)}
    for each, timeline in built.items():
        await build(timelines, each, timeline)
    found = await asyncio.gather(*(timelines.read(each) for each in viewers + viewers[:9]))
    assert found == [built.get(each) for each in viewers + viewers[:9]]


async def test_a_timeline_is_as_it_is_now_however_often_it_was_read(
    timelines: TimelineStore, viewer: int
) -> None:
    await build(timelines, viewer, [3])
    for post_id in range(10, 40):
        before = await read(timelines, viewer)
        assert await read(timelines, viewer) == before
        await timelines.push(post_id, [viewer])
        assert (await read(timelines, viewer)).post_ids[0] == post_id


async def test_a_timeline_that_was_dropped_is_gone(timelines: TimelineStore, viewer: int) -> None:
    await timelines.drop(viewer)
    await build(timelines, viewer, [3])
    await timelines.drop(viewer)
    assert await timelines.read(viewer) is None
    assert await timelines.begin_build(viewer, 1) is not None
