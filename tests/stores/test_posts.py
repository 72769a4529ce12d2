"""Posts in MongoDB: their states, their debts, their order."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.ids import ID_MAX, IdSource, created_at
from app.images.model import Image, ImageFormat, Variant
from app.jobs import AnnouncePost, ErasePhoto, FanOut, Job, RenderPhoto, RetractPost
from app.posts.documents import to_document
from app.posts.model import IdempotencyKey, OwedJobs, Post, PostState
from app.posts.store import IdTakenError, KeyTakenError, PostStore
from app.transactions import Transactions
from tests.mongodb import Asked, stages
from tests.stores.conftest import Database

RETRY_SECONDS = 60.0
IMAGE = Image(
    region="eu",
    thumbhash="1QcSHQRnh493V4dIh4eXh1h4kJUI",
    variants=(
        Variant(
            key="renditions/0000000000000005/0123456789abcdef/320.jpg",
            width_px=320,
            height_px=200,
            format=ImageFormat.JPEG,
            byte_size=4_321,
            sha256="0123456789abcdef" * 4,
        ),
    ),
)


@pytest.fixture
async def posts(database: Database) -> PostStore:
    store = PostStore(database, retry_seconds=RETRY_SECONDS)
    await store.prepare()
    await store.prepare()
    return store


@pytest.fixture
def at_once(database: Database) -> PostStore:
    """The same posts, of which everything owed is overdue at once."""
    return PostStore(database, retry_seconds=-1)


def _post(ids: IdSource, author_id: int = 1, state: PostState = PostState.PROCESSING) -> Post:
    post_id = ids.next(author_id)
    return Post(
        id=post_id,
        author_id=author_id,
        region="eu",
        description="Lift-off 🚀\0",
        alt_text=None,
        created_at=created_at(post_id),
        original_sha256="f" * 64,
        state=state,
        image=IMAGE if state is PostState.READY else None,
    )


async def _owed(database: Database, post: Post) -> tuple[list[str], datetime | None]:
    document = await database["posts"].find_one({"_id": post.id})
    assert document is not None
    due = document.get("owed_due_at")
    return document["owed"], due and due.replace(tzinfo=UTC)


async def test_a_post_is_found_as_it_was_written(posts: PostStore, ids: IdSource) -> None:
    new, ready = _post(ids), _post(ids, state=PostState.READY)
    for each in (new, ready):
        await posts.insert(each, None)
    assert await posts.find(new.id) == new
    assert await posts.find(5) is None
    assert await posts.find_many([ready.id, 5, new.id]) == {new.id: new, ready.id: ready}
    assert await posts.find_many([]) == {}


async def test_what_is_owed_is_written_with_the_state(
    posts: PostStore, ids: IdSource, database: Database, transactions: Transactions
) -> None:
    post = _post(ids)
    await posts.insert(post, None)
    names, due = await _owed(database, post)
    assert names == ["render_photo"]
    assert due is not None
    assert timedelta(0) < due - datetime.now(UTC) <= timedelta(seconds=RETRY_SECONDS)
    await transactions.run(lambda tx: posts.become_ready(post.id, IMAGE, tx))
    assert (await _owed(database, post))[0] == ["fan_out", "announce_post"]
    await transactions.run(lambda tx: posts.become_deleted(post.id, tx))
    assert (await _owed(database, post))[0] == ["retract_post", "erase_photo"]


async def test_a_job_is_struck_off_alone(
    posts: PostStore, ids: IdSource, database: Database
) -> None:
    post = _post(ids, state=PostState.READY)
    await posts.insert(post, None)
    due = (await _owed(database, post))[1]
    await posts.settle(post.id, RenderPhoto)
    await posts.settle(post.id, FanOut)
    assert await _owed(database, post) == (["announce_post"], due)
    await posts.settle(post.id, FanOut)
    assert await _owed(database, post) == (["announce_post"], due)
    await posts.settle(post.id, AnnouncePost)
    assert await _owed(database, post) == ([], None)


async def test_all_jobs_can_be_struck_off_at_once(
    posts: PostStore, ids: IdSource, database: Database
) -> None:
    post = _post(ids, state=PostState.READY)
    await posts.insert(post, None)
    both: tuple[type[Job], ...] = (FanOut, AnnouncePost)
    await asyncio.gather(*(posts.settle(post.id, job) for job in both * 10))
    assert await _owed(database, post) == ([], None)


async def test_a_post_becomes_ready_once(
    posts: PostStore, ids: IdSource, transactions: Transactions
) -> None:
    post = _post(ids)
    await posts.insert(post, None)
    answers = await asyncio.gather(
        *(transactions.run(lambda tx: posts.become_ready(post.id, IMAGE, tx)) for _ in range(10)),
        *(posts.become_failed(post.id, "no photo") for _ in range(10)),
    )
    assert sorted(answers) == [False] * 19 + [True]
    found = await posts.find(post.id)
    assert found is not None
    if any(answers[:10]):
        assert (found.state, found.image, found.failure) == (PostState.READY, IMAGE, None)
    else:
        assert (found.state, found.image, found.failure) == (PostState.FAILED, None, "no photo")


async def test_a_failed_post_owes_nothing(
    posts: PostStore, ids: IdSource, database: Database
) -> None:
    post = _post(ids)
    await posts.insert(post, None)
    assert await posts.become_failed(post.id, "no photo")
    assert await _owed(database, post) == ([], None)


async def test_a_post_is_deleted_once_and_for_all(
    posts: PostStore, ids: IdSource, transactions: Transactions
) -> None:
    post = _post(ids, state=PostState.READY)
    await posts.insert(post, None)
    answers = await asyncio.gather(
        *(transactions.run(lambda tx: posts.become_deleted(post.id, tx)) for _ in range(10))
    )
    assert sorted(answers, key=str) == [None] * 9 + [PostState.READY]
    assert not await transactions.run(lambda tx: posts.become_ready(post.id, IMAGE, tx))
    assert not await posts.become_failed(post.id, "too late")
    assert await transactions.run(lambda tx: posts.become_deleted(5, tx)) is None


async def test_an_idempotency_key_is_an_author_s_own(posts: PostStore, ids: IdSource) -> None:
    key = IdempotencyKey(key="k", fingerprint="f")
    attempts = [_post(ids) for _ in range(10)]
    answers = await asyncio.gather(
        *(posts.insert(each, key) for each in attempts), return_exceptions=True
    )
    assert [type(a) for a in answers if a is not None] == [KeyTakenError] * 9
    first = attempts[answers.index(None)]
    assert await posts.find_by_key(1, "k") == (first, "f")
    another_s = _post(ids, author_id=2)
    await posts.insert(another_s, key)
    assert await posts.find_by_key(2, "k") == (another_s, "f")
    assert await posts.find_by_key(3, "k") is None
    for _ in range(2):
        await posts.insert(_post(ids), None)


async def test_an_id_that_is_taken_is_told_from_a_key_that_is(
    posts: PostStore, ids: IdSource
) -> None:
    post = _post(ids)
    await posts.insert(post, IdempotencyKey(key="k", fingerprint="f"))
    with pytest.raises(IdTakenError):
        await posts.insert(post, IdempotencyKey(key="other", fingerprint="f"))
    with pytest.raises(KeyTakenError):
        await posts.insert(_post(ids), IdempotencyKey(key="k", fingerprint="f"))


async def test_what_is_overdue_is_taken_once_a_while(
    posts: PostStore, at_once: PostStore, ids: IdSource
) -> None:
    late, early = _post(ids, state=PostState.READY), _post(ids)
    await at_once.insert(late, None)
    await posts.insert(early, None)
    await posts.settle(late.id, AnnouncePost)
    assert await posts.take_overdue(10) == [OwedJobs(post_id=late.id, names=("fan_out",))]
    assert await posts.take_overdue(10) == []


async def test_a_limited_look_leaves_the_rest_for_the_next(
    posts: PostStore, at_once: PostStore, ids: IdSource
) -> None:
    for _ in range(5):
        await at_once.insert(_post(ids), None)
    looks = [await posts.take_overdue(2) for _ in range(4)]
    assert [len(look) for look in looks] == [2, 2, 1, 0]
    assert len({owed.post_id for look in looks for owed in look}) == 5


async def test_what_is_settled_is_never_overdue(at_once: PostStore, ids: IdSource) -> None:
    post = _post(ids, state=PostState.DELETED)
    await at_once.insert(post, None)
    await at_once.settle(post.id, RetractPost)
    assert [owed.names for owed in await at_once.take_overdue(10)] == [("erase_photo",)]
    await at_once.settle(post.id, ErasePhoto)
    assert await at_once.take_overdue(10) == []


async def test_a_fan_out_remembers_how_far_it_got(
    posts: PostStore, at_once: PostStore, ids: IdSource
) -> None:
    post = _post(ids, state=PostState.READY)
    await at_once.insert(post, None)
    assert await posts.fan_out_reached(post.id) == 0
    assert await posts.fan_out_reached(5) == 0
    for edge_id in (70, 90, 80):
        await at_once.reach(post.id, edge_id)
    assert await posts.fan_out_reached(post.id) == 90
    (owed,) = await posts.take_overdue(10)
    assert owed.jobs()[0] == FanOut(post_id=post.id, after=90)


async def test_getting_further_puts_the_next_try_off(
    posts: PostStore, at_once: PostStore, ids: IdSource
) -> None:
    post = _post(ids, state=PostState.READY)
    await at_once.insert(post, None)
    await posts.reach(post.id, 70)
    assert await posts.take_overdue(10) == []


async def test_a_checkpoint_that_comes_after_the_end_owes_nothing(
    posts: PostStore, at_once: PostStore, ids: IdSource, database: Database
) -> None:
    post = _post(ids, state=PostState.READY)
    await posts.insert(post, None)
    for job in (FanOut, AnnouncePost):
        await posts.settle(post.id, job)
    await at_once.reach(post.id, 70)
    assert await _owed(database, post) == ([], None)
    assert await posts.take_overdue(10) == []


async def _published(posts: PostStore, ids: IdSource) -> list[Post]:
    """Posts of three authors in every state, newest first."""
    published = [
        _post(ids, author_id, state)
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


async def test_pages_are_read_along_the_index(
    posts: PostStore, watched: Database, asked: Asked, ids: IdSource
) -> None:
    del posts  # its indexes are what is asked for
    everybody = [
        {**to_document(_post(ids, author_id, PostState.READY)), "owed": []}
        for _ in range(20)
        for author_id in range(1, 301)
    ]
    await watched["posts"].insert_many(everybody)
    reader = PostStore(watched, retry_seconds=RETRY_SECONDS)
    authors = range(1, 31)
    with asked.recording() as commands:
        await reader.newest_of([7], list(PostState), before=ID_MAX, limit=10)
        await reader.newest_of(authors, [PostState.READY], before=ID_MAX, limit=10)
        assert len(await reader.newest_ready_ids(authors, before=ID_MAX, limit=100)) == 100
        await reader.find_by_key(1, "k")
        await reader.take_overdue(10)
    read = [await _explained(watched, c) for c in commands if "find" in c]
    assert [
        stages(plan["queryPlanner"]["winningPlan"]) & {"SORT", "COLLSCAN"} for plan in read
    ] == [set()] * 5
    examined = [
        (stats["totalDocsExamined"], stats["totalKeysExamined"])
        for stats in (plan["executionStats"] for plan in read)
    ]
    assert examined[0][0] <= 10
    assert examined[1][0] <= 10
    assert examined[1][1] <= 10 + len(authors)
    assert examined[2][0] == 0
    assert examined[2][1] <= 100 + len(authors)
    assert examined[3] == (0, 0)
    assert examined[4] == (0, 0)


async def _explained(database: Database, command: dict[str, Any]) -> dict[str, Any]:
    return await database.command({"explain": command, "verbosity": "executionStats"})
