"""Lists of posts in MongoDB: their order, and what it costs to read them."""

from typing import Any

import pytest

from app.ids import ID_MAX, IdSource
from app.posts.documents import to_document
from app.posts.model import Post, PostState
from app.posts.store import PostStore
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


AUTHORS = 450


@pytest.fixture
async def many(posts: PostStore, watched: Database, ids: IdSource) -> PostStore:
    """A store that is listened to, with two posts of each author below many of somebody else."""
    del posts  # its indexes are what is asked for
    authors = [*range(1, AUTHORS + 1)] * 2 + [AUTHORS + 1] * 3_000
    written = [to_document(a_post(ids, author_id, PostState.READY)) for author_id in authors]
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
    many: PostStore, watched: Database, asked: Asked
) -> None:
    with asked.recording() as commands:
        found = await many.newest_of([7], list(PostState), before=ID_MAX, limit=10)
    assert len(found) == 2
    assert await _examined(watched, commands) <= (2, 10)
    with asked.recording() as commands:
        found = await many.newest_of(range(1, 31), [PostState.READY], before=ID_MAX, limit=10)
    assert len(found) == 10
    documents, keys = await _examined(watched, commands)
    assert (documents, keys <= 10 + 30) == (10, True)


async def test_the_newest_of_very_many_authors_are_found_without_walking_all_posts(
    many: PostStore, watched: Database, asked: Asked
) -> None:
    everybody = range(1, AUTHORS + 1)
    for limit in (10, 100, 2 * AUTHORS + 1):
        with asked.recording() as commands:
            newest = await many.newest_ready_ids(everybody, before=ID_MAX, limit=limit)
        assert newest == sorted(newest, reverse=True)
        assert len(newest) == min(limit, 2 * AUTHORS)
        assert len(commands) == 3
        documents, keys = await _examined(watched, commands)
        assert (documents, keys <= AUTHORS + 3 * limit) == (0, True)
    all_of_them = await many.newest_ready_ids(everybody, before=ID_MAX, limit=1_000)
    page = await many.newest_of(everybody, [PostState.READY], before=all_of_them[99], limit=51)
    assert [post.id for post in page] == all_of_them[100:151]


async def test_what_is_overdue_and_what_has_a_key_is_found_by_its_index(
    many: PostStore, watched: Database, asked: Asked
) -> None:
    with asked.recording() as commands:
        assert await many.find_by_key(1, "k") is None
        assert await many.take_overdue(10) == []
    assert await _examined(watched, commands[:2]) == (0, 0)
