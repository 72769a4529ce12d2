"""Counts, pull flags and the list of pulled accounts, broken by hand and mended."""

import asyncio
from functools import partial
from typing import Any

import pytest
from motor.motor_asyncio import AsyncIOMotorClient

from app.repair.model import Fault, Finding
from app.transactions import SNAPSHOT_MAX_SECONDS
from tests.mongodb import Asked, stages
from tests.stores.mending import (
    CLEAN,
    assert_counted,
    break_account,
    opened_repair,
    publish,
    repaired,
    run,
    stored,
)
from tests.stores.world import PEOPLE, World

READS = {"find", "aggregate", "getMore", "count"}


async def test_where_nothing_is_wrong_nothing_is_written(
    world: World, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    for person in world.oracle.people:
        await world.walk(person, 3)
    await publish(world, world.oracle.people[1])  # its fan-out is under way
    client = partial(AsyncIOMotorClient, event_listeners=[asked])
    monkeypatch.setattr("app.clients.AsyncIOMotorClient", client)
    before = await stored(world)
    with asked.recording() as commands:
        report, findings = await repaired(world)
    assert (report.faults, findings, report.is_clean) == (CLEAN, [], True)
    assert (report.accounts, report.timelines, report.accounts_unsure) == (PEOPLE, PEOPLE, 0)
    assert {next(iter(command)) for command in commands} <= READS
    assert await stored(world) == before
    assert (await world.account(world.oracle.people[0])).is_pulled


async def test_counting_takes_its_time_but_no_documents(
    world: World, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = partial(AsyncIOMotorClient, event_listeners=[asked])
    monkeypatch.setattr("app.clients.AsyncIOMotorClient", client)
    with asked.recording() as commands:
        await repaired(world)
    counting = [command for command in commands if "aggregate" in command]
    assert [command["aggregate"] for command in counting] == ["posts", "follows", "follows"]
    for command in counting:
        assert command.pop("readConcern")["level"] == "snapshot"
        assert command.pop("maxTimeMS") > (SNAPSHOT_MAX_SECONDS - 30) * 1000
        plan: dict[str, Any] = await world.database.command(
            {"explain": command, "verbosity": "executionStats"}
        )
        inner = plan["stages"][0]["$cursor"] if "stages" in plan else plan
        assert inner["executionStats"]["totalDocsExamined"] == 0, command
        assert not stages(inner["queryPlanner"]["winningPlan"]) & {"FETCH", "COLLSCAN"}


async def test_counts_are_mended_by_what_they_lack(world: World) -> None:
    first, second, third, *_ = world.oracle.people
    await break_account(world, first, {"$inc": {"follower_count": 2}})
    await break_account(
        world, second, {"$inc": {"follower_count": -3, "following_count": 4, "post_count": -2}}
    )
    await break_account(world, third, {"$inc": {"post_count": 1}})
    expected = [
        (first, Fault.FOLLOWER_COUNT, 14, 12),
        (second, Fault.FOLLOWER_COUNT, 0, 3),
        (second, Fault.FOLLOWING_COUNT, 5, 1),
        (second, Fault.POST_COUNT, -1, 1),
        (third, Fault.POST_COUNT, 2, 1),
    ]
    before = await stored(world)
    dry, dry_findings = await repaired(world, is_dry=True)
    assert await stored(world) == before
    report, findings = await repaired(world)
    assert (dry, dry_findings) == (report, findings)
    assert not report.is_clean
    assert sorted(map(_told, findings)) == sorted(expected)
    assert report.faults == CLEAN | {
        Fault.POST_COUNT: 2,
        Fault.FOLLOWER_COUNT: 2,
        Fault.FOLLOWING_COUNT: 1,
    }
    await assert_counted(world)
    assert (await repaired(world))[0].faults == CLEAN


async def test_two_who_mend_at_once_mend_once(world: World) -> None:
    for person in world.oracle.people:
        await break_account(world, person, {"$inc": {"following_count": 1}})
    answers = await asyncio.gather(*(repaired(world) for _ in range(3)))
    assert sum(report.faults[Fault.FOLLOWING_COUNT] for report, _ in answers) == PEOPLE
    await assert_counted(world)


PULLED, NEVER_PULLED = 0, 1
FALSE, TRUE = {"$set": {"is_pulled": False}}, {"$set": {"is_pulled": True}}


@pytest.mark.parametrize(
    ("whom", "flag", "entry", "leaving", "faults"),
    [
        (PULLED, FALSE, None, 0, {Fault.PULL_FLAG}),
        (PULLED, None, "delete", 0, {Fault.PULL_LIST}),
        (PULLED, None, FALSE, 0, {Fault.PULL_LIST}),
        (PULLED, FALSE, FALSE, 0, {Fault.PULL_FLAG, Fault.PULL_LIST}),
        (NEVER_PULLED, TRUE, None, 0, {Fault.PULL_FLAG}),
        (NEVER_PULLED, None, TRUE, 0, {Fault.PULL_LIST}),
        # Between the thresholds it may be either; what publishing goes by is the flag.
        (PULLED, FALSE, None, 3, {Fault.PULL_LIST}),
        (PULLED, None, FALSE, 3, {Fault.PULL_LIST}),
    ],
)
async def test_flag_list_and_log_become_one(
    world: World, whom: int, flag: Any, entry: Any, leaving: int, faults: set[Fault]
) -> None:
    account_id = world.oracle.people[whom]
    for each in sorted(world.oracle.followers(account_id))[:leaving]:
        await world.unfollow(each, account_id)
    for person in world.oracle.people:
        await world.walk(person, 3)
    if flag:
        await break_account(world, account_id, flag)
    if entry == "delete":
        await world.database["pulls"].delete_one({"_id": account_id})
    elif entry:
        changed = {"$set": {"since": 1, **entry["$set"]}}
        await world.database["pulls"].update_one({"_id": account_id}, changed, upsert=True)
    await publish(world, account_id)
    await world.rest()
    before = await stored(world)
    dry, _ = await repaired(world, is_dry=True)
    assert await stored(world) == before
    report, findings = await repaired(world)
    assert dict(report.faults) | {Fault.TIMELINE: dry.faults[Fault.TIMELINE]} == dry.faults
    assert {each.fault for each in findings if each.account_id == account_id} >= faults
    assert report.faults == CLEAN | dict.fromkeys(faults, 1) | {
        Fault.TIMELINE: report.faults[Fault.TIMELINE]
    }
    await assert_counted(world)
    crossings = {"kind": {"$in": ["pulled", "pushed"]}, "actor_id": account_id}
    last = (await world.database["changes"].find(crossings).sort("_id", -1).to_list(1))[0]
    assert await world.database["pulls"].find_one({"_id": account_id}) == {
        "_id": account_id,
        "is_pulled": last["kind"] == "pulled",
        "since": last["_id"],
    }
    await publish(world, account_id)
    for person in world.oracle.people:
        assert await world.walk(person, 3) == world.oracle.feed(person)
    assert (await repaired(world))[0].faults == CLEAN


async def test_a_count_that_was_wrong_may_have_pulled(world: World) -> None:
    """Mending the count has the account cross, as the follow that was not counted would have."""
    second = world.oracle.people[1]
    await break_account(world, second, {"$inc": {"follower_count": 20}})
    await world.follow(world.oracle.people[9], second)
    assert (await world.account(second)).is_pulled
    report, _ = await repaired(world)
    wrong = (Fault.FOLLOWER_COUNT, Fault.PULL_FLAG, Fault.PULL_LIST)
    assert report.faults == CLEAN | dict.fromkeys(wrong, 1)
    assert not (await world.account(second)).is_pulled
    await assert_counted(world)


async def test_thresholds_that_were_changed_hold_from_now_on(world: World) -> None:
    lower = {"pull_above_followers": 2, "push_below_followers": 1}
    async with opened_repair(world, **lower) as repair:
        report, _ = await run(repair)
        assert report.faults == CLEAN | {Fault.PULL_FLAG: 1, Fault.PULL_LIST: 1}
        assert (await world.account(world.oracle.people[1])).is_pulled
        assert (await run(repair))[0].is_clean
    await assert_counted(world)


def _told(finding: Finding) -> tuple[int, Fault, int, int]:
    return finding.account_id, finding.fault, finding.found, finding.right
