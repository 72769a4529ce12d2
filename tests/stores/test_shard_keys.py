"""Whatever is asked of a sharded collection says which shard it is for."""

import io
import secrets
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, Final

import httpx2
import pytest
from motor.motor_asyncio import AsyncIOMotorClient

from app.live.model import AuthorAdded
from app.posts.model import Draft, Post, PostState
from app.posts.store import PostStore
from app.preparation import prepare_stores
from app.repair.model import Fault
from app.scrub.model import Report as ScrubReport
from app.scrub.model import Run
from app.scrub.pace import Unhurried
from app.settings import Settings
from app.sharding import BY_LOGICAL_SHARD, SHARD_KEYS, UNSHARDED
from app.wiring import House, open_house
from tests.forms import send, store_url
from tests.mongodb import Asked
from tests.photographs import jpeg
from tests.stack import TestStack
from tests.stores.conftest import Database
from tests.stores.mending import run

Command = Mapping[str, Any]
Question = tuple[str, str, frozenset[str]]
"""Collection, command and the fields that it filters by."""

EVERYONE: Final = "a repair goes through all accounts, in order"
SCRUBBED: Final = "a scrub goes through all posts, in order"
UNCOPIED: Final = "the sweep finds posts without copies anywhere, by an index that has few entries"
FOLLOWERS: Final = "followers live anywhere: their edges lie with them, for their own reads"
SCATTERED: Final[Mapping[Question, str]] = MappingProxyType(
    {
        ("posts", "find", frozenset({"owed_due_at"})): "the sweep takes what is overdue anywhere",
        (
            "posts",
            "find",
            frozenset({"owed_due_at", "owed", "state"}),
        ): "all fan-outs that are under way anywhere",
        ("uploads", "find", frozenset({"sweep_at"})): "likewise, of uploads that are over",
        ("posts", "find", frozenset({"state", "_id"})): SCRUBBED,
        ("posts", "count", frozenset()): SCRUBBED,
        ("posts", "aggregate", frozenset({"owed_due_at"})): UNCOPIED,
        ("posts", "find", frozenset({"state", "copies", "owed"})): UNCOPIED,
        ("follows", "find", frozenset({"followee_id", "_id"})): FOLLOWERS,
        ("follows", "aggregate", frozenset({"followee_id", "_id"})): FOLLOWERS,
        ("follows", "aggregate", frozenset({"followee_id"})): FOLLOWERS,
        ("accounts", "find", frozenset({"_id", "deleted_at"})): EVERYONE,
        ("accounts", "count", frozenset()): EVERYONE,
        ("sessions", "delete", frozenset({"account_id"})): "who leaves is signed out everywhere",
    }
)
"""What is asked of every shard, and why."""


@pytest.fixture
async def settings(servers: TestStack, database: Database) -> Settings:
    """The stack's, with a database of its own, and whatever is owed is overdue at once."""
    own = {"mongodb_database": database.name, "owed_retry_seconds": -1}
    settings = servers.settings.model_copy(update=own)
    assert [prepared async for prepared in prepare_stores(settings)]
    return settings


@pytest.fixture
async def house(
    settings: Settings, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[House]:
    """The whole house, listened to where it speaks to MongoDB."""
    client = partial(AsyncIOMotorClient, event_listeners=[asked])
    monkeypatch.setattr("app.clients.AsyncIOMotorClient", client)
    async with open_house(settings) as house:
        yield house


async def test_every_question_names_its_shard_or_is_known_to_scatter(
    house: House, database: Database, watched: Database, asked: Asked
) -> None:
    with asked.recording() as commands:
        await _live_a_life(house)
        await database["accounts"].update_many({}, {"$inc": {"post_count": 1}})
        report, _ = await run(house.repair)
        assert (report.faults[Fault.POST_COUNT], report.timelines) == (2, 1)
        assert (await _scrubbed(house)).is_whole
        posts = PostStore(watched, retry_seconds=1)
        assert await posts.owing_fan_out(None) == await posts.owing_fan_out([5]) == {}
    questions = [each for command in commands for each in _questions(command)]
    assert {collection for collection, _, _ in questions} == set(SHARD_KEYS)
    scattered = {
        (collection, name, frozenset(asked_by))
        for collection, name, asked_by in questions
        if not all(_is_certain(asked_by.get(field)) for field in SHARD_KEYS[collection])
    }
    assert scattered == set(SCATTERED)


async def _scrubbed(house: House) -> ScrubReport:
    """What a scrub finds, and a sweep for what has no copies does not."""
    assert await house.replication.owe_missing() == 0
    run = Run(region=None, is_dry=False, pace=Unhurried())
    return [step.report async for step in house.scrub.run(run, from_start=True)][-1]


async def _live_a_life(house: House) -> None:
    """Everything that the house can be asked for, by two people and the workers."""
    name = f"ada_{secrets.token_hex(4)}"
    ada = await house.accounts.sign_up(name, "correct horse", None)
    await house.accounts.log_in(name, "correct horse")
    ada = await house.accounts.refresh(ada.refresh_token)
    viewer = await house.accounts.authenticate(ada.access_token)
    grace = (await house.accounts.sign_up(f"grace{name}", "correct horse", None)).account
    for change in (house.follows.follow, house.follows.unfollow, house.follows.follow):
        await change(viewer.account_id, grace.id)
    cold = await house.feeds.page(viewer.account_id, first=10, before=None)
    assert cold.page.items == ()

    post = await _publish(house, grace.id)
    await _look_around(house, viewer.account_id, post)
    await house.posts.delete(grace.id, post.id)
    await house.rendering.erase(post.id)
    torn = await _upload(house, grace.id, jpeg()[:4_000])
    await house.rendering.render(torn.id)
    failed = await house.posts.find_visible([torn.id], grace.id)
    assert failed[torn.id].state is PostState.FAILED
    await _stage(house, grace.id)
    await _leave(house, f"edith{name}", viewer.account_id)
    await house.accounts.log_out(viewer)


async def _publish(house: House, author_id: int) -> Post:
    """From the upload to the followers' timelines."""
    photo = jpeg((64, 48))
    post = await _upload(house, author_id, photo)
    assert (await _upload(house, author_id, photo)).id == post.id
    assert await house.outbox.send_overdue() == 1
    await house.rendering.render(post.id)
    await house.replication.replicate(post.id)
    await house.fan_outs.push(post.id, 0)
    return post


async def _upload(house: House, author_id: int, photo: bytes) -> Post:
    return await house.publishing.publish(
        Draft(
            author_id=author_id,
            description="",
            alt_text=None,
            idempotency_key=f"of {len(photo)} bytes",
        ),
        io.BytesIO(photo),
    )


async def _stage(house: House, account_id: int) -> None:
    """Past us: an upload that is used, one that is given up, and the sweep of both."""
    photo = jpeg((60, 40))
    used, given_up = [
        await house.forms.open(account_id, content_type="image/jpeg", byte_size=len(photo))
        for _ in range(2)
    ]
    fields = {field.name: field.value for field in used.fields}
    async with httpx2.AsyncClient() as http:
        assert (await send(http, store_url(house.settings), fields, photo)).is_success
    draft = Draft(author_id=account_id, description="", alt_text=None, idempotency_key=None)
    await house.publishing.publish_upload(draft, used.upload_id)
    await house.uploads.end(await house.uploads.find(given_up.upload_id, account_id))
    await house.uploads.remove_all_of(account_id)
    assert await house.uploads.sweep() == 2


async def _leave(house: House, name: str, other_id: int) -> None:
    """Somebody with a post and edges both ways deletes the account."""
    viewer = (await house.accounts.sign_up(name, "correct horse", None)).viewer
    await house.accounts.change_settings(viewer, alt_text_required=False)
    await house.follows.follow(viewer.account_id, other_id)
    await house.follows.follow(other_id, viewer.account_id)
    post = await _upload(house, viewer.account_id, jpeg((64, 48)))
    await house.rendering.render(post.id)
    await house.departures.depart(viewer, "correct horse")
    assert await house.accounts.find_by_username(name) is None
    assert await house.departures.send_overdue() == 0


async def _look_around(house: House, viewer_id: int, post: Post) -> None:
    """The feed, warm and from MongoDB, both profiles, and what is found by id or name."""
    for before in (None, post.id):
        feed = await house.feeds.page(viewer_id, first=10, before=before)
        assert [each.id for each in feed.page.items] == ([post.id] if before is None else [])
    for account_id in (viewer_id, post.author_id):
        await house.posts.by_author(account_id, viewer_id, first=10, before=None)
        await house.follows.followers(account_id, first=10, before=None)
        await house.follows.following(account_id, first=10, before=None)
    assert len(await house.accounts.find_many([viewer_id, post.author_id])) == 2
    updates = house.live.updates(viewer_id, after=0)
    assert isinstance(await anext(updates), AuthorAdded)
    await updates.aclose()


def _questions(command: Command) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Each filter, or new document, that a command has for a sharded collection.

    What goes on with a cursor (`getMore`), or ends a transaction, names no collection first.
    """
    name, collection = next(iter(command.items()))
    if collection in SHARD_KEYS:
        for each in _FILTERS[name](command):
            yield collection, name, each


_FILTERS: Final[Mapping[str, Callable[[Command], list[Mapping[str, Any]]]]] = {
    "find": lambda command: [command["filter"]],
    "count": lambda command: [command.get("query", {})],
    "aggregate": lambda command: [command["pipeline"][0]["$match"]],
    "findAndModify": lambda command: [command["query"]],
    "update": lambda command: [update["q"] for update in command["updates"]],
    "delete": lambda command: [delete["q"] for delete in command["deletes"]],
    "insert": lambda command: command["documents"],
}


def _is_certain(condition: object) -> bool:
    """Whether a field is compared with values, one or some."""
    if isinstance(condition, Mapping):
        return set(condition) == {"$in"}
    return isinstance(condition, int | str)


async def test_indexes_are_such_as_a_sharded_collection_may_have(
    settings: Settings, database: Database
) -> None:
    """Unique only by what begins with the key, and one that a shard key can lean on."""
    names = await database.list_collection_names()
    assert set(names) <= set(SHARD_KEYS) | set(UNSHARDED)
    assert set(SHARD_KEYS) <= set(names)
    for name, key in SHARD_KEYS.items():
        indexes = await database[name].index_information()
        begin_with_key = {
            index for index, made in indexes.items() if made["key"][: len(key)] == [*key.items()]
        }
        unique = {index for index, made in indexes.items() if made.get("unique")}
        assert unique <= begin_with_key
        if key == BY_LOGICAL_SHARD:
            whole = {
                index
                for index in begin_with_key
                if not indexes[index].keys() & {"sparse", "partialFilterExpression"}
            }
            assert whole, name
