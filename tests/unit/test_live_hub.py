"""Who is told what, and what happens to those who read slowly."""

import asyncio
from collections.abc import AsyncIterator
from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from app.live.hub import REMEMBERED_MAX, Hub, Remembered, Subscriber
from app.live.model import AuthorAdded, Gap, PostRemoved, Update


def _subscriber(viewer_id: int = 1, pending_max: int = 3) -> Subscriber:
    return Subscriber(viewer_id=viewer_id, pending_max=pending_max)


def _updates(count: int) -> list[Update]:
    return [PostRemoved(post_id=number) for number in range(1, count + 1)]


async def _waiting(subscriber: Subscriber) -> list[Update]:
    """What a subscriber reads without waiting."""
    updates: list[Update] = []

    async def read() -> None:
        async for update in subscriber.updates():
            updates.append(update)  # noqa: PERF401 - it never ends

    reading = asyncio.create_task(read())
    await asyncio.sleep(0)
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    return updates


async def test_updates_come_in_order() -> None:
    subscriber = _subscriber()
    for update in _updates(3):
        subscriber.offer(update)
    assert await _waiting(subscriber) == _updates(3)


async def test_whoever_reads_slowly_gets_one_gap_and_then_goes_on() -> None:
    subscriber = _subscriber()
    for update in _updates(4):
        subscriber.offer(update)
    assert await _waiting(subscriber) == [Gap()]
    subscriber.offer(AuthorAdded(author_id=5))
    assert await _waiting(subscriber) == [AuthorAdded(author_id=5)]


async def test_what_follows_a_gap_is_kept_behind_it() -> None:
    subscriber = _subscriber()
    for update in _updates(6):
        subscriber.offer(update)
    assert await _waiting(subscriber) == [Gap(), *_updates(6)[4:]]


async def test_a_gap_makes_what_waits_worthless() -> None:
    subscriber = _subscriber()
    for update in (*_updates(2), Gap(), Gap()):
        subscriber.offer(update)
    assert await _waiting(subscriber) == [Gap()]


@given(st.lists(st.booleans(), max_size=60), st.integers(1, 5))
def test_what_is_read_is_what_was_offered_since_the_last_gap(
    offers: list[bool], pending_max: int
) -> None:
    """Whatever the pace, nothing is missing without a gap in its place, and little waits."""

    async def play() -> None:
        subscriber = _subscriber(pending_max=pending_max)
        read: list[Update] = []
        numbers = iter(_updates(60))
        offered = []
        for is_offer in offers:
            if is_offer:
                offered += list(islice(numbers, 1))
                subscriber.offer(offered[-1])
                assert len(subscriber._pending) <= pending_max
            else:
                read += await _waiting(subscriber)
        read += await _waiting(subscriber)
        last_gap = max((at for at, update in enumerate(read) if update == Gap()), default=-1)
        tail = read[last_gap + 1 :]
        assert offered[len(offered) - len(tail) :] == tail
        if last_gap < 0:
            assert read == offered

    asyncio.run(play())


async def test_a_reader_that_waits_is_woken() -> None:
    subscriber = _subscriber()
    stream = subscriber.updates()
    reading = asyncio.create_task(_first(stream))
    await asyncio.sleep(0)
    assert not reading.done()
    subscriber.offer(AuthorAdded(author_id=5))
    async with asyncio.timeout(1):
        assert await reading == AuthorAdded(author_id=5)


async def _first(stream: AsyncIterator[Update]) -> Update:
    return await anext(stream)


def test_the_hub_finds_subscribers_by_whom_they_follow() -> None:
    hub = Hub()
    phone, laptop, other = _subscriber(1), _subscriber(1), _subscriber(2)
    for subscriber in (phone, laptop, other):
        hub.add(subscriber)
        hub.follow(subscriber, [7, 8])
    assert hub.of_viewer(1) == {phone, laptop}
    assert hub.of_author(7) == {phone, laptop, other}
    hub.unfollow(phone, 7)
    assert hub.of_author(7) == {laptop, other}
    assert hub.of_author(8) == {phone, laptop, other}
    hub.remove(laptop)
    assert hub.of_author(7) == {other}
    assert hub.of_viewer(1) == {phone}
    assert set(hub.everyone()) == {phone, other}


def test_following_and_unfollowing_twice_is_once() -> None:
    hub = Hub()
    subscriber = _subscriber()
    hub.add(subscriber)
    hub.follow(subscriber, [7, 7])
    hub.follow(subscriber, [7])
    hub.unfollow(subscriber, 7)
    hub.unfollow(subscriber, 7)
    hub.unfollow(subscriber, 9)
    assert hub.of_author(7) == frozenset()


def test_the_hub_keeps_nothing_of_those_who_left() -> None:
    hub = Hub()
    for viewer_id in range(100):
        subscriber = _subscriber(viewer_id)
        hub.add(subscriber)
        hub.follow(subscriber, range(50))
        hub.unfollow(subscriber, 49)
        hub.remove(subscriber)
        hub.remove(subscriber)
    assert hub._by_viewer == {}
    assert hub._by_author == {}


def test_an_event_is_new_once() -> None:
    remembered = Remembered()
    assert [remembered.is_new(event) for event in ("a", "b", "a", "b", "c")] == [
        *(True, True, False, False, True)
    ]


def test_only_the_last_events_are_remembered() -> None:
    remembered = Remembered()
    for number in range(REMEMBERED_MAX + 1):
        assert remembered.is_new(number)
    assert not remembered.is_new(1)
    assert remembered.is_new(0)
    assert len(remembered._seen) == REMEMBERED_MAX
