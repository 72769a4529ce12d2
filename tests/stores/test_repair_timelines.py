"""Timelines that lack posts, and timelines that only seem to, while a repair goes on."""

import asyncio
import random
import time
from collections.abc import Callable, Coroutine
from typing import Any, Final

import pytest
from pydantic import SecretStr

from app.feeds.model import Timeline, pack_ids
from app.feeds.store import _key
from app.live.model import View
from app.live.store import COUNTER
from app.repair.model import Fault, Finding
from app.repair.timelines import TimelineRepair
from tests.stores.mending import (
    CLEAN,
    assert_counted,
    break_account,
    opened_repair,
    publish,
    repaired,
    run,
)
from tests.stores.world import PEOPLE, TIMELINE_MAX_POSTS, World

NOBODY_LISTENS: Final = SecretStr("redis://127.0.0.1:9")
TTL_MS: Final = 60_000
BUSY_SECONDS: Final = 6.0
Meanwhile = Callable[[World, int, int], Coroutine[Any, Any, None]]


async def warm(world: World) -> tuple[int, int, list[int]]:
    """A viewer with a full timeline, an author, and the author's posts, newest first."""
    author, viewer = world.oracle.people[1], world.oracle.people[3]
    for _ in range(TIMELINE_MAX_POSTS + 2):
        await publish(world, author)
    await world.rest()
    for person in world.oracle.people:
        await world.walk(person, 3)
        await world.cache.pexpire(_key(person), TTL_MS)
    authored = [post for post, each in world.oracle.author_of.items() if each == author]
    return viewer, author, sorted(authored, reverse=True)


async def cut_out(world: World, viewer_id: int, post_id: int) -> None:
    """Lose one post of a timeline, as no part of the system ever does."""
    entry, lost = await world.cache.get(_key(viewer_id)), pack_ids((post_id,))
    assert isinstance(entry, bytes)
    assert entry.count(lost) == 1
    await world.cache.set(_key(viewer_id), entry.replace(lost, b""), keepttl=True)


async def test_a_timeline_with_a_hole_is_dropped(world: World) -> None:
    viewer, _, posts = await warm(world)
    await cut_out(world, viewer, posts[2])
    expected = [Finding(account_id=viewer, fault=Fault.TIMELINE, found=4, right=5)]
    keys = {_key(person) for person in world.oracle.people}

    dry, findings = await repaired(world, is_dry=True)
    assert (dry.faults, findings) == (CLEAN | {Fault.TIMELINE: 1}, expected)
    assert await world.cache.exists(*keys) == PEOPLE

    assert await repaired(world) == (dry, findings)
    assert await world.cache.exists(*keys) == PEOPLE - 1
    assert await world.cache.exists(_key(viewer)) == 0
    others = keys - {_key(viewer)}
    assert max([await world.cache.pttl(key) for key in others]) <= TTL_MS
    assert await world.walk(viewer, 3) == world.oracle.feed(viewer)
    report, findings = await repaired(world)
    assert (report.timelines, findings) == (PEOPLE, [])


async def test_a_stale_timeline_may_lack_what_it_likes(world: World) -> None:
    viewer, _, posts = await warm(world)
    await cut_out(world, viewer, posts[2])
    await world.follow(viewer, world.oracle.people[6])
    report, findings = await repaired(world)
    assert (report.timelines, findings) == (PEOPLE, [])


async def test_without_a_cache_the_rest_is_mended(world: World) -> None:
    viewer, *_ = await warm(world)
    await break_account(world, viewer, {"$inc": {"post_count": 1}})
    report, findings = await repaired(world, cache_url=NOBODY_LISTENS)
    assert (report.accounts, report.accounts_unsure, report.timelines) == (PEOPLE, PEOPLE, 0)
    assert [finding.fault for finding in findings] == [Fault.POST_COUNT]
    await assert_counted(world)


async def _publish_unanswered(world: World, viewer_id: int, author_id: int) -> None:
    await publish(world, author_id)


async def _publish(world: World, viewer_id: int, author_id: int) -> None:
    await publish(world, author_id)
    await world.rest()


async def _delete_and_rebuild(world: World, viewer_id: int, author_id: int) -> None:
    newest = max(post for post, each in world.oracle.author_of.items() if each == author_id)
    await world.delete(newest, author_id)
    await _rebuild(world, viewer_id, author_id)


async def _unfollow_and_rebuild(world: World, viewer_id: int, author_id: int) -> None:
    await world.unfollow(viewer_id, author_id)
    await _rebuild(world, viewer_id, author_id)


async def _change_mind_and_rebuild(world: World, viewer_id: int, author_id: int) -> None:
    await world.unfollow(viewer_id, author_id)
    await world.follow(viewer_id, author_id)
    await _rebuild(world, viewer_id, author_id)


async def _follow_another(world: World, viewer_id: int, author_id: int) -> None:
    """Whose posts belong into the feed, but not into a timeline that is built already."""
    another = world.oracle.people[6]
    await publish(world, another)
    await world.rest()
    await world.follow(viewer_id, another)


async def _become_pulled(world: World, viewer_id: int, author_id: int) -> None:
    for person in world.oracle.people:
        if person != author_id:
            await world.follow(person, author_id)
    assert (await world.account(author_id)).is_pulled
    await publish(world, author_id)


async def _rebuild(world: World, viewer_id: int, author_id: int) -> None:
    await world.evict([viewer_id])
    await world.page(viewer_id, 1, None)


@pytest.mark.parametrize(
    "meanwhile",
    [
        _publish_unanswered,
        _publish,
        _delete_and_rebuild,
        _unfollow_and_rebuild,
        _change_mind_and_rebuild,
        _follow_another,
        _become_pulled,
    ],
)
@pytest.mark.parametrize("is_before", [True, False])
async def test_what_happens_meanwhile_is_no_fault(
    world: World, monkeypatch: pytest.MonkeyPatch, meanwhile: Meanwhile, *, is_before: bool
) -> None:
    """Just before MongoDB is asked for the posts, or just after."""
    monkeypatch.setattr("app.live.tail.FAN_OUTS_CHECK_SECONDS", 0.0)  # what is done is forgotten
    viewer, author, _ = await warm(world)
    ask_mongodb = TimelineRepair._pushed

    async def pushed(
        self: TimelineRepair, viewer_id: int, timeline: Timeline, view: View
    ) -> list[int]:
        if viewer_id == viewer and is_before:
            await meanwhile(world, viewer, author)
        found = await ask_mongodb(self, viewer_id, timeline, view)
        if viewer_id == viewer and not is_before:
            await meanwhile(world, viewer, author)
        return found

    async with opened_repair(world) as repair:
        await run(repair)
        monkeypatch.setattr(TimelineRepair, "_pushed", pushed)
        report, findings = await run(repair)
    assert (report.timelines, findings) == (PEOPLE, [])


async def test_what_is_behind_a_hole_in_the_log_is_not_known_yet(world: World) -> None:
    _, author, _ = await warm(world)
    async with opened_repair(world) as repair:
        await run(repair)
        await world.database["counters"].update_one({"_id": COUNTER}, {"$inc": {"drawn": 1}})
        await publish(world, author)
        assert (await run(repair))[1] == []


async def test_repair_while_everything_goes_on(world: World) -> None:
    """Counts that were wrong are right in the end, and nothing that is right is found wrong."""
    for person in world.oracle.people:
        await break_account(
            world, person, {"$inc": {"follower_count": 1, "following_count": -1, "post_count": 2}}
        )
    until = time.monotonic() + BUSY_SECONDS
    living = asyncio.gather(
        *(_live(world, person, until) for person in world.oracle.people), _answer(world, until)
    )
    async with opened_repair(world) as repair:
        report, _ = await run(repair)
        broken = (Fault.POST_COUNT, Fault.FOLLOWER_COUNT, Fault.FOLLOWING_COUNT)
        assert {fault: report.faults[fault] for fault in broken} == dict.fromkeys(broken, PEOPLE)
        assert not report.faults[Fault.TIMELINE]
        looked_at = 0
        while not living.done():
            report, findings = await run(repair)
            assert findings == []
            looked_at += report.timelines
        await living
    assert looked_at > PEOPLE
    await world.rest()
    await assert_counted(world)
    for person in world.oracle.people:
        assert await world.walk(person, 3) == world.oracle.feed(person)
    assert (await repaired(world))[0].is_clean


async def _live(world: World, person: int, until: float) -> None:
    """Follow, unfollow, publish, delete and read, as one person does: one thing at a time."""
    dice = random.Random(person)  # noqa: S311 - reproducible
    favourite = world.oracle.people[1]  # is followed by all, then by few, again and again
    while time.monotonic() < until:
        other = dice.choice([each for each in world.oracle.people if each != person])
        match dice.choice(["follow", "unfollow", "favourite", "publish", "publish", "delete"]):
            case "follow":
                await world.follow(person, other)
            case "unfollow":
                await world.unfollow(person, other)
            case "favourite" if person != favourite:
                await dice.choice([world.follow, world.unfollow])(person, favourite)
            case "publish":
                await publish(world, person)
            case "delete":
                await _delete_one(world, person, dice)
        await world.page(person, 7, None)


async def _delete_one(world: World, author_id: int, dice: random.Random) -> None:
    authored = [post for post, each in world.oracle.author_of.items() if each == author_id]
    if authored:
        await world.delete(dice.choice(authored), author_id)


async def _answer(world: World, until: float) -> None:
    while time.monotonic() < until:
        await world.answer(8)
        await world.evict([person for person in world.oracle.people if world.dice.random() < 0.02])
        await asyncio.sleep(0.01)
