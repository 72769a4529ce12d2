"""Two processes on the same stores: what one changes, the other shows at once."""

import time
from typing import Any

import pytest
from motor import motor_asyncio

from app.accounts.model import Account
from app.wiring import House, open_house
from tests.mongodb import Asked
from tests.stores.mending import publish
from tests.stores.world import World


async def account(house: House, account_id: int) -> Account:
    found = await house.kept.accounts([account_id], not_before=time.monotonic())
    return found[account_id]


async def shown(house: House, viewer_id: int) -> list[int]:
    feed = await house.feeds.page(viewer_id, first=50, before=None)
    return [post.id for post in feed.page.items]


async def test_what_one_process_changes_another_shows_at_once(world: World) -> None:
    one, other = world._houses
    viewer, author = world.oracle.people[-1], world.oracle.people[1]
    for number in range(4):
        assert await shown(other, viewer) == world.oracle.feed(viewer)
        known = await account(other, author)
        assert known.follower_count == len(world.oracle.followers(author))
        change = one.follows.follow if number % 2 == 0 else one.follows.unfollow
        await change(viewer, author)
        (world.oracle.follow if number % 2 == 0 else world.oracle.unfollow)(viewer, author)
        now = time.monotonic()
        followed = await other.kept.followed_among(viewer, [author, viewer], not_before=now)
        assert followed == ({author} if number % 2 == 0 else set())
        changed = await account(other, author)
        assert changed.follower_count == len(world.oracle.followers(author))
        following = (await account(other, viewer)).following_count
        assert following == len(world.oracle.followees[viewer])


async def test_a_post_that_one_process_deletes_no_other_shows(world: World) -> None:
    one, other = world._houses
    author = world.oracle.people[1]
    viewer = min(world.oracle.followers(author))
    posts = [await publish(world, author) for _ in range(3)]
    for post_id in posts:
        assert post_id in await shown(other, viewer)
        count = (await account(other, author)).post_count
        await one.posts.delete(author, post_id)
        assert post_id not in await shown(other, viewer)
        now = time.monotonic()
        assert await other.kept.ready_posts([post_id], not_before=now) == {}
        assert (await account(other, author)).post_count == count - 1


async def test_a_value_is_the_same_object_until_it_changes(world: World) -> None:
    one, other = world._houses
    author = world.oracle.people[1]
    viewer = min(world.oracle.followers(author))
    await shown(other, viewer)
    first = (await other.feeds.page(viewer, first=1, before=None)).page.items[0]
    first.memo["rendered"] = b"{}"
    again = (await other.feeds.page(viewer, first=1, before=None)).page.items[0]
    assert again is first
    known = await account(other, author)
    assert await account(other, author) is known
    await one.follows.follow(world.oracle.people[-1], author)
    assert await account(other, author) is not known


async def test_a_second_page_asks_for_the_log_alone(
    world: World, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = motor_asyncio.AsyncIOMotorClient

    def listened_to(*arguments: Any, **options: Any) -> Any:
        return plain(*arguments, event_listeners=[asked], **options)

    monkeypatch.setattr("app.clients.AsyncIOMotorClient", listened_to)
    viewer = world.oracle.people[2]
    async with open_house(world.settings) as house:
        begin = time.monotonic()
        assert await shown(house, viewer) == await shown(house, viewer)
        with asked.recording() as commands:
            assert await shown(house, viewer)
    assert time.monotonic() - begin < world.settings.kept_max_seconds
    asked_of = {str(next(iter(command.values()))) for command in commands}
    assert asked_of <= {"changes", "posts"}  # and perhaps which fan-outs are under way
    assert len([each for each in commands if each.get("find") == "changes"]) == 1


async def test_memory_is_bounded_and_pages_are_full_whatever_it_holds(world: World) -> None:
    author = world.oracle.people[1]
    viewer = min(world.oracle.followers(author))
    for _ in range(9):
        await publish(world, author)
    chosen = {"kept_posts_max": 3, "kept_accounts_max": 1, "kept_followees_max": 2}
    async with open_house(world.settings.model_copy(update=chosen)) as house:
        for _ in range(3):
            assert await shown(house, viewer) == world.oracle.feed(viewer)
        kept = house.kept._posts._kept
        assert len(kept._young) + len(kept._old) <= 3
        assert house.kept._followees._kept.find([viewer]) == {}
