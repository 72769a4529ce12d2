"""Who is told what, and what happens to those who read slowly."""

import asyncio
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.live.hub import Hub, LostError, Subscriber
from app.live.model import Change, ChangeKind, Gap

ANN, BOB, CAROL = 1, 2, 3
PENDING_MAX = 3


def _subscriber(
    viewer_id: int = ANN, followees: frozenset[int] = frozenset(), moment: int = 0
) -> Subscriber:
    return Subscriber(
        viewer_id=viewer_id, followees=followees, moment=moment, pending_max=PENDING_MAX
    )


def _change(moment: int, kind: ChangeKind, actor_id: int, subject_id: int = 9) -> Change:
    return Change(moment=moment, kind=kind, actor_id=actor_id, subject_id=subject_id)


def _posts(count: int, author_id: int = BOB) -> list[Change]:
    return [_change(number, ChangeKind.POST_PUBLISHED, author_id) for number in range(1, count + 1)]


async def _waiting(subscriber: Subscriber) -> list[Change | Gap]:
    """What a subscriber reads without waiting."""
    changes: list[Change | Gap] = []

    async def read() -> None:
        async for change in subscriber.changes():
            changes.append(change)  # noqa: PERF401 - it never ends

    reading = asyncio.create_task(read())
    await asyncio.sleep(0)
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    return changes


async def test_changes_come_in_order() -> None:
    subscriber = _subscriber()
    for change in _posts(PENDING_MAX):
        subscriber.offer(change)
    assert await _waiting(subscriber) == _posts(PENDING_MAX)


async def test_who_waits_is_woken() -> None:
    subscriber = _subscriber()

    async def read() -> Change | Gap:
        return await anext(aiter(subscriber.changes()))

    reading = asyncio.create_task(read())
    await asyncio.sleep(0)
    subscriber.offer(_posts(1)[0])
    subscriber.wake()
    assert await reading == _posts(1)[0]


async def test_who_reads_too_slowly_gets_one_gap_at_the_last_change_missed() -> None:
    subscriber = _subscriber()
    for change in _posts(PENDING_MAX + 1):
        subscriber.offer(change)
    assert await _waiting(subscriber) == [Gap(moment=PENDING_MAX + 1)]


async def test_what_comes_after_a_gap_is_kept() -> None:
    subscriber = _subscriber()
    changes = _posts(PENDING_MAX + 3)
    for change in changes:
        subscriber.offer(change)
    assert await _waiting(subscriber) == [Gap(moment=PENDING_MAX + 1), *changes[-2:]]


@given(st.integers(1, 40))
async def test_nothing_is_missing_behind_the_last_gap(count: int) -> None:
    subscriber = _subscriber()
    for change in _posts(count):
        subscriber.offer(change)
    read = await _waiting(subscriber)
    assert len(read) <= PENDING_MAX
    moments = [each.moment for each in read]
    assert moments == list(range(moments[0], count + 1))
    assert all(isinstance(each, Change) for each in islice(read, 1, None))


async def test_a_post_is_for_those_who_follow_its_author() -> None:
    hub = Hub()
    follower, other = _subscriber(ANN, frozenset({BOB})), _subscriber(CAROL)
    for each in (follower, other):
        hub.add(each)
    published, deleted = (
        _change(1, ChangeKind.POST_PUBLISHED, BOB),
        _change(2, ChangeKind.POST_DELETED, BOB),
    )
    for change in (published, deleted):
        hub.deliver(change)
    assert await _waiting(follower) == [published, deleted]
    assert await _waiting(other) == []


async def test_an_edge_is_for_all_devices_of_its_follower() -> None:
    hub = Hub()
    devices = [_subscriber(ANN), _subscriber(ANN)]
    followee = _subscriber(BOB)
    for each in (*devices, followee):
        hub.add(each)
    followed = _change(1, ChangeKind.FOLLOWED, ANN, BOB)
    hub.deliver(followed)
    assert [await _waiting(device) for device in devices] == [[followed], [followed]]
    assert await _waiting(followee) == []


async def test_posts_come_while_their_author_is_followed() -> None:
    hub = Hub()
    subscriber = _subscriber(ANN)
    hub.add(subscriber)
    kinds = (
        ChangeKind.POST_PUBLISHED,
        ChangeKind.FOLLOWED,
        ChangeKind.POST_PUBLISHED,
        ChangeKind.UNFOLLOWED,
        ChangeKind.POST_PUBLISHED,
    )
    for moment, kind in enumerate(kinds, start=1):
        is_edge = kind in {ChangeKind.FOLLOWED, ChangeKind.UNFOLLOWED}
        hub.deliver(_change(moment, kind, ANN if is_edge else BOB, BOB if is_edge else 9))
    assert [change.moment for change in await _waiting(subscriber)] == [2, 3, 4]


async def test_the_end_of_an_account_is_for_its_followers_once_whatever_is_erased_then() -> None:
    hub = Hub()
    follower, other, leaving = (
        _subscriber(ANN, frozenset({BOB, CAROL})),
        _subscriber(9),
        _subscriber(BOB),
    )
    for each in (follower, other, leaving):
        hub.add(each)
    deleted = _change(1, ChangeKind.ACCOUNT_DELETED, BOB)
    hub.deliver(deleted)
    for moment, kind in enumerate((ChangeKind.POST_DELETED, ChangeKind.ACCOUNT_ERASED), start=2):
        hub.deliver(_change(moment, kind, BOB))
        hub.deliver_to(follower, _change(moment, kind, BOB))
    hub.deliver(_change(4, ChangeKind.EDGE_ERASED, ANN, BOB))
    hub.deliver_to(follower, _change(4, ChangeKind.EDGE_ERASED, ANN, BOB))
    assert await _waiting(follower) == [deleted]
    assert follower.followees == {CAROL}
    assert await _waiting(other) == await _waiting(leaving) == []


async def test_what_a_subscriber_has_been_told_is_not_told_again() -> None:
    hub = Hub()
    subscriber = _subscriber(ANN, frozenset({BOB}), moment=2)
    hub.add(subscriber)
    for change in [*_posts(4), *_posts(4)]:
        hub.deliver(change)
    assert [change.moment for change in await _waiting(subscriber)] == [3, 4]


async def test_what_concerns_nobody_is_told_to_nobody() -> None:
    hub = Hub()
    subscriber = _subscriber(ANN, frozenset({BOB}))
    hub.add(subscriber)
    for moment, kind in enumerate((ChangeKind.VOID, ChangeKind.PULLED, ChangeKind.PUSHED), 1):
        hub.deliver(_change(moment, kind, BOB))
        hub.deliver(_change(moment, kind, ANN))
        hub.deliver_to(subscriber, _change(moment, kind, BOB))
    assert await _waiting(subscriber) == []


async def test_who_has_left_is_told_nothing_and_forgotten() -> None:
    hub = Hub()
    subscriber = _subscriber(ANN, frozenset({BOB, CAROL}))
    hub.add(subscriber)
    hub.remove(subscriber)
    hub.deliver(_change(1, ChangeKind.POST_PUBLISHED, BOB))
    hub.deliver(_change(2, ChangeKind.FOLLOWED, ANN, BOB))
    assert await _waiting(subscriber) == []
    assert hub._by_author == hub._by_viewer == {}


async def test_who_cannot_be_served_any_more_is_told_so() -> None:
    hub = Hub()
    subscriber = _subscriber(ANN, frozenset({BOB}))
    hub.add(subscriber)
    hub.deliver(_posts(1)[0])
    reading = aiter(subscriber.changes())
    assert await anext(reading) == _posts(1)[0]
    hub.end()
    with pytest.raises(LostError):
        await anext(reading)
