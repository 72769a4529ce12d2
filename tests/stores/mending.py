"""A world whose stores are broken by hand, and a process that repairs them."""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, cast

from app.live.model import ChangeKind
from app.repair.model import Fault, Finding, Report
from app.repair.service import Repair
from app.settings import Settings
from app.sharding import by_id
from app.wiring import open_house
from tests.stores.world import Pile, World

if TYPE_CHECKING:
    from dramatiq.brokers.redis import RedisBroker

CLEAN = dict.fromkeys(Fault, 0)


@asynccontextmanager
async def opened_repair(world: World, **settings: Any) -> AsyncIterator[Repair]:
    """Another process, which knows nothing yet."""
    chosen = world.settings.model_copy(update=settings)
    async with open_house(chosen, cast("RedisBroker", Pile())) as house:
        yield house.repair


@asynccontextmanager
async def living_world(settings: Settings) -> AsyncIterator[World]:
    """Thirteen people: twelve follow the first, who is pulled; three follow the second."""
    world = World(settings, random.Random(1))  # noqa: S311 - reproducible
    try:
        await world.begin()
        first, second, *others = world.oracle.people
        for each in (second, *others):
            await world.follow(each, first)
        for each in others[:3]:
            await world.follow(each, second)
        for author in (first, second, others[0]):
            await publish(world, author)
        await world.rest()
        yield world
    finally:
        await world.end()


async def publish(world: World, author_id: int) -> int:
    """Make a post READY, and leave its jobs unanswered; returns its id."""
    await world.upload(author_id)
    post = next(each for each in world.processing if each.author_id == author_id)
    await world.finish(post)
    return post.id


async def run(repair: Repair, *, is_dry: bool = False) -> tuple[Report, list[Finding]]:
    """Go through all accounts; what was said of all, and of each."""
    steps = [step async for step in repair.run(is_dry=is_dry)]
    assert [step.report.accounts for step in steps] == sorted(
        step.report.accounts for step in steps
    )
    return steps[-1].report, [finding for step in steps for finding in step.findings]


async def repaired(
    world: World, *, is_dry: bool = False, **settings: Any
) -> tuple[Report, list[Finding]]:
    """What another process has mended, or in a dry run would."""
    async with opened_repair(world, **settings) as repair:
        return await run(repair, is_dry=is_dry)


async def break_account(world: World, account_id: int, update: dict[str, Any]) -> None:
    """Change an account's document behind everybody's back."""
    await world.database["accounts"].update_one(by_id(account_id), update)


async def assert_counted(world: World) -> None:
    """Every account's counts and flags are the oracle's, and the list and the log agree."""
    listed = {
        document["_id"]: document["since"]
        for document in await world.database["pulls"].find({"is_pulled": True}).to_list(None)
    }
    pulled_at = {
        document["actor_id"]: document["_id"]
        for document in await world.database["changes"]
        .find({"kind": {"$in": [ChangeKind.PULLED.value, ChangeKind.PUSHED.value]}})
        .sort("_id")
        .to_list(None)
    }
    for person in world.oracle.people:
        account = await world.account(person)
        assert account.follower_count == len(world.oracle.followers(person))
        assert account.following_count == len(world.oracle.followees[person])
        authored = [each for each in world.oracle.author_of.values() if each == person]
        assert account.post_count == len(authored)
        assert account.is_pulled == (person in listed)
        if person in listed:
            assert listed[person] == pulled_at[person]


async def stored(world: World) -> dict[str, list[dict[str, Any]]]:
    """All that MongoDB holds, but for what sessions and claims do."""
    return {
        name: await world.database[name].find().sort("_id").to_list(None)
        for name in ("accounts", "posts", "follows", "pulls", "changes", "counters")
    }
