"""Lists of posts in MongoDB: their order, and what it costs to read them."""

import random
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from app.ids import ID_MAX, SEQUENCES, IdSource, random_shard
from app.posts.documents import to_document
from app.posts.model import Post, PostState
from app.posts.queries import INDEX_SCANS_MAX
from app.posts.store import PostStore
from app.transactions import Transaction, Transactions
from tests.mongodb import Asked, stages
from tests.stores.conftest import RETRY_SECONDS, Database
from tests.stores.samples import a_post


async def _published(posts: PostStore, ids: IdSource) -> list[Post]:
    """Posts of three authors in every state, newest first."""
    published = [
        a_post(ids, author_id, state)
        for _ in range(4)
        for author_id in (1, 2, 3)
        for state in PostState
    ]
    for each in published:
        await posts.insert(each, None)
    return published[::-1]


async def test_posts_are_read_newest_first(posts: PostStore, ids: IdSource) -> None:
    published = await _published(posts, ids)
    published.sort(key=lambda post: post.id, reverse=True)
    states = (PostState.READY, PostState.FAILED)
    wanted = [p for p in published if p.author_id in (1, 3) and p.state in states]
    assert await posts.newest_of([1, 3], states, before=ID_MAX, limit=100) == wanted
    assert await posts.newest_of([1, 3], states, before=wanted[2].id, limit=4) == wanted[3:7]
    assert await posts.newest_of([], states, before=ID_MAX, limit=100) == []
    ready = [p.id for p in published if p.author_id == 2 and p.state is PostState.READY]
    assert await posts.newest_ready_ids([2], before=ID_MAX, limit=3) == ready[:3]
    assert await posts.newest_ready_ids([2], before=ready[2], limit=9) == ready[3:]


@pytest.mark.parametrize("wanted", ["as they were written", "without the field"])
async def test_posts_are_read_as_of_a_moment(
    posts: PostStore, ids: IdSource, transactions: Transactions, database: Database, wanted: str
) -> None:
    old, *published = [a_post(ids, state=PostState.READY) for _ in range(4)]
    for each in (old, *published):
        await posts.insert(each, None)
    for moment, each in zip((7, 5, 6), published, strict=True):
        await transactions.run(partial(_publish, posts, each, moment))
    if wanted == "without the field":
        await database["posts"].update_one({"_id": old.id}, {"$unset": {"moment": True}})
    newest_first = sorted((post.id for post in (old, *published)), reverse=True)
    later = {0: set(published), 5: {published[0], published[2]}, 6: {published[0]}, 7: set()}
    for as_of, hidden in later.items():
        found = await posts.newest_of([1], [PostState.READY], before=ID_MAX, limit=9, as_of=as_of)
        assert [p.id for p in found] == [
            i for i in newest_first if i not in {post.id for post in hidden}
        ]
    every = await posts.newest_of([1], [PostState.READY], before=ID_MAX, limit=9)
    assert {post.id: post.moment for post in every} == {
        old.id: 0,
        **dict(zip((post.id for post in published), (7, 5, 6), strict=True)),
    }


async def _publish(posts: PostStore, post: Post, moment: int, transaction: Transaction) -> None:
    await posts.set_published(post.id, moment=moment, owes_fan_out=True, transaction=transaction)


AUTHORS = 450


@pytest.fixture
def authors(ids: IdSource) -> list[int]:
    """Authors on shards of all kinds."""
    return [ids.next(random_shard()) for _ in range(AUTHORS)]


@pytest.fixture
async def many(posts: PostStore, watched: Database, ids: IdSource, authors: list[int]) -> PostStore:
    """A store that is listened to, with two posts of each author below many of somebody else."""
    del posts  # its indexes are what is asked for
    somebody_else = ids.next(random_shard())
    written = [
        to_document(a_post(ids, author_id, PostState.READY))
        for author_id in authors * 2 + [somebody_else] * 3_000
    ]
    await watched["posts"].insert_many([{**document, "owed": []} for document in written])
    return PostStore(watched, retry_seconds=RETRY_SECONDS)


async def _examined(database: Database, commands: list[dict[str, Any]]) -> tuple[int, int]:
    """How many documents and keys some reads look at; none of them sorts or walks them all."""
    documents, keys = 0, 0
    for command in commands:
        plan = await database.command({"explain": command, "verbosity": "executionStats"})
        assert not stages(plan["queryPlanner"]["winningPlan"]) & {"SORT", "COLLSCAN"}
        documents += plan["executionStats"]["totalDocsExamined"]
        keys += plan["executionStats"]["totalKeysExamined"]
    return documents, keys


async def test_pages_are_read_along_the_index(
    many: PostStore, watched: Database, asked: Asked, authors: list[int]
) -> None:
    with asked.recording() as commands:
        found = await many.newest_of(authors[:1], list(PostState), before=ID_MAX, limit=10)
    assert len(found) == 2
    assert await _examined(watched, commands) <= (2, 10)
    for as_of in (None, 0):
        with asked.recording() as commands:
            found = await many.newest_of(
                authors[:INDEX_SCANS_MAX], [PostState.READY], before=ID_MAX, limit=10, as_of=as_of
            )
        assert len(found) == 10
        documents, keys = await _examined(watched, commands)
        assert (documents, keys <= 10 + INDEX_SCANS_MAX) == (10, True)


async def test_the_newest_of_very_many_authors_are_found_without_walking_all_posts(
    many: PostStore, watched: Database, asked: Asked, authors: list[int]
) -> None:
    for limit in (10, 100, 2 * AUTHORS + 1):
        with asked.recording() as commands:
            newest = await many.newest_ready_ids(authors, before=ID_MAX, limit=limit)
        assert newest == sorted(newest, reverse=True)
        assert len(newest) == min(limit, 2 * AUTHORS)
        assert len(commands) == 3
        documents, keys = await _examined(watched, commands)
        assert (documents, keys <= AUTHORS + 3 * limit) == (0, True)
    all_of_them = await many.newest_ready_ids(authors, before=ID_MAX, limit=1_000)
    page = await many.newest_of(authors, [PostState.READY], before=all_of_them[99], limit=51)
    assert [post.id for post in page] == all_of_them[100:151]


class OneEachMillisecond(IdSource):
    """Ids that rise whatever their shards."""

    def next(self, shard: int) -> int:
        self._sequence = SEQUENCES - 1  # this millisecond is used up
        return super().next(shard)


async def test_authors_who_publish_most_are_asked_for_more(
    posts: PostStore, watched: Database, asked: Asked, ids: IdSource
) -> None:
    busy, *others = (ids.next(random_shard()) for _ in range(5 * INDEX_SCANS_MAX))
    authors = [busy, *others]
    dice = random.Random(5)  # noqa: S311 - the same in every run
    rising = OneEachMillisecond()  # else shards decide who is newer, among those of one
    written = [
        to_document(a_post(rising, author_id, PostState.READY))
        for author_id in [*dice.choices(others, k=300), *[busy] * 60, *dice.choices(others, k=30)]
    ]
    await watched["posts"].insert_many([{**document, "owed": []} for document in written])
    expected = sorted((document["_id"] for document in written), reverse=True)
    del posts  # its indexes are what is asked for
    many = PostStore(watched, retry_seconds=RETRY_SECONDS)
    for limit, questions in ((10, 5), (100, 6), (300, 5), (1_000, 5)):
        with asked.recording() as commands:
            newest = await many.newest_ready_ids(authors, before=ID_MAX, limit=limit)
        assert newest == expected[:limit]
        assert len(commands) >= questions
        page = await many.newest_of(authors, [PostState.READY], before=expected[20], limit=limit)
        assert [post.id for post in page] == expected[21 : 21 + limit]


async def test_what_is_owed_and_what_has_a_key_is_found_by_its_index(
    many: PostStore, watched: Database, asked: Asked, authors: list[int]
) -> None:
    await watched["posts"].update_one(
        {"author_id": authors[0]},
        {"$set": {"owed": ["fan_out"], "owed_due_at": datetime(2100, 1, 1, tzinfo=UTC)}},
    )
    with asked.recording() as commands:
        assert await many.find_by_key(authors[0], "k") is None
        assert await many.take_overdue(10) == []
    assert await _examined(watched, commands[:2]) == (0, 0)
    with asked.recording() as commands:
        (owing,) = (await many.owing_fan_out(None)).items()
        assert owing[1] == authors[0]
        assert await many.owing_fan_out([owing[0], 5]) == dict([owing])
        assert await many.owing_fan_out([5]) == await many.owing_fan_out([]) == {}
    documents, keys = await _examined(watched, commands)
    assert (documents, keys <= 6) == (2, True)


async def test_a_twin_is_found_by_its_index(
    many: PostStore, watched: Database, asked: Asked, ids: IdSource, authors: list[int]
) -> None:
    alone = a_post(ids, authors[0])
    again = replace(alone, original_sha256="5" * 64)
    twin = await watched["posts"].find_one_and_update(
        {"author_id": authors[0], "state": PostState.READY.value},
        {"$set": {"original_sha256": again.original_sha256}},
    )
    with asked.recording() as commands:
        found = await many.find_twin(again)
        assert await many.find_twin(replace(again, author_id=authors[1])) is None
        assert await many.find_twin(replace(alone, original_sha256="6" * 64)) is None
    assert found
    assert twin
    assert found.id == twin["_id"]
    assert await many.find_twin(found) is None  # nobody is a twin of their own
    assert await _examined(watched, commands) <= (1, 3)
