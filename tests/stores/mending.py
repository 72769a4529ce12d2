"""A world whose stores are broken by hand, and a process that repairs them."""

import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final, cast

from app.live.model import ChangeKind
from app.repair.model import Fault, Finding, Report
from app.repair.service import Repair
from app.settings import Settings
from app.sharding import by_id
from app.wiring import open_house
from tests.stores.oracle import as_entry
from tests.stores.pile import Pile
from tests.stores.world import World

if TYPE_CHECKING:
    from dramatiq.brokers.redis import RedisBroker

NOTHING: Final = {
    "post_count": 0,
    "follower_count": 0,
    "following_count": 0,
    "is_pulled": False,
}
BELONGINGS: Final = (
    ("sessions", "account_id"),
    ("usernames", "account_id"),
    ("uploads", "account_id"),
    ("follows", "follower_id"),
    ("follows", "followee_id"),
)
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


async def assert_gone(world: World) -> None:
    """Whoever is gone has left a document that counts nothing, and posts that say nothing."""
    for account_id in world.oracle.gone:
        left = await world.database["accounts"].find_one(by_id(account_id))
        assert left is not None
        assert left.pop("deleted_at")
        assert left == {**by_id(account_id), **NOTHING}
        for name, field in BELONGINGS:
            assert await world.database[name].find_one({field: account_id}) is None, name
        for post in await world.database["posts"].find({"author_id": account_id}).to_list(None):
            assert (post["state"], post["owed"]) == ("DELETED", ["erase_photo"])
            said = ("description", "alt_text", "failure", "image", "idempotency_key")
            assert not any(post.get(each) for each in said)
        departure = await world.database["departures"].find_one({"_id": account_id})
        assert departure is not None
        assert (departure["username"], departure["is_erased"]) == ("", True)


async def assert_logged(world: World) -> None:
    """What the log says is what happened, without a hole."""
    log = await world.log()
    assert [each["_id"] for each in log] == list(range(1, len(log) + 1))
    passed_over = {"void", "pulled", "pushed"}
    logged = Counter(as_entry(each) for each in log if each["kind"] not in passed_over)
    assert logged == world.oracle.happened


async def assert_at_rest(world: World) -> None:
    """All that can be seen, counted and heard is what the oracle says, and needs no repair."""
    await world.rest()
    for viewer in world.oracle.people:
        for first in (1, 3, 100):
            assert await world.walk(viewer, first) == world.oracle.feed(viewer)
        account = await world.account(viewer)
        assert account.is_pulled == (viewer in world.oracle.pulled)
    await assert_counted(world)
    await assert_gone(world)
    assert (await repaired(world))[1] == []
    for device in world.devices:
        await world.check_device(device)
    await assert_logged(world)


async def stored(world: World) -> dict[str, list[dict[str, Any]]]:
    """All that MongoDB holds, but for what sessions and claims do."""
    return {
        name: await world.database[name].find().sort("_id").to_list(None)
        for name in ("accounts", "posts", "follows", "pulls", "changes", "counters")
    }
