"""What posts owe, in MongoDB."""

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from app.ids import IdSource
from app.jobs import ErasePhoto, FanOut, FanOutChunk, Job, RenderPhoto, ReplicatePhoto
from app.posts.model import FanOutState, OwedJobs, Post, PostState
from app.posts.owed import COPIES_RETRIES
from app.posts.store import PostStore
from app.transactions import Transaction, Transactions
from tests.stores.conftest import RETRY_SECONDS, Database
from tests.stores.samples import IMAGE, a_post

READY_OWES = (FanOut.name, ReplicatePhoto.name)
_TWO_READY = (PostState.READY, PostState.READY)


@pytest.fixture
def at_once(database: Database) -> PostStore:
    """The same posts, of which everything owed is overdue at once."""
    return PostStore(database, retry_seconds=-1)


async def _owed(database: Database, post: Post) -> tuple[list[str], datetime | None]:
    document = await database["posts"].find_one({"_id": post.id})
    assert document is not None
    due = document.get("owed_due_at")
    return document["owed"], due and due.replace(tzinfo=UTC)


async def test_what_is_owed_is_written_with_the_state(
    posts: PostStore, ids: IdSource, database: Database, transactions: Transactions
) -> None:
    post = a_post(ids)
    await posts.insert(post, None)
    names, due = await _owed(database, post)
    assert names == ["render_photo"]
    assert due is not None
    assert timedelta(0) < due - datetime.now(UTC) <= timedelta(seconds=RETRY_SECONDS)
    await transactions.run(lambda tx: posts.become_ready(post.id, IMAGE, tx))
    assert (await _owed(database, post))[0] == ["fan_out", "replicate_photo"]
    await transactions.run(lambda tx: posts.become_deleted(post.id, tx))
    assert (await _owed(database, post))[0] == ["erase_photo"]


async def test_a_job_is_struck_off_alone(
    posts: PostStore, ids: IdSource, database: Database
) -> None:
    post = a_post(ids, state=PostState.READY)
    await posts.insert(post, None)
    due = (await _owed(database, post))[1]
    await posts.settle(post.id, RenderPhoto)
    assert set((await _owed(database, post))[0]) == {"fan_out", "replicate_photo"}
    await posts.settle(post.id, ReplicatePhoto)
    assert await _owed(database, post) == (["fan_out"], due)
    await posts.settle(post.id, FanOut)
    await posts.settle(post.id, FanOut)
    assert await _owed(database, post) == ([], None)


async def test_a_job_can_be_struck_off_by_many_at_once(
    posts: PostStore, ids: IdSource, database: Database
) -> None:
    post = a_post(ids, state=PostState.READY)
    await posts.insert(post, None)
    jobs: list[type[Job]] = [FanOut, ReplicatePhoto]
    await asyncio.gather(*(posts.settle(post.id, job) for job in jobs * 5))
    assert await _owed(database, post) == ([], None)


@pytest.mark.parametrize("owes_fan_out", [True, False])
async def test_publication_strikes_off_a_fan_out_that_is_not_owed(
    posts: PostStore,
    ids: IdSource,
    database: Database,
    transactions: Transactions,
    *,
    owes_fan_out: bool,
) -> None:
    post = a_post(ids, state=PostState.READY)
    await posts.insert(post, None)
    due = (await _owed(database, post))[1]
    await transactions.run(partial(_publish, posts, post.id, owes_fan_out))
    found = await posts.find(post.id)
    assert found is not None
    assert found.moment == 3
    owed, still_due = await _owed(database, post)
    assert set(owed) == {"replicate_photo"} | ({"fan_out"} if owes_fan_out else set())
    assert still_due == due


async def _publish(
    posts: PostStore,
    post_id: int,
    owes_fan_out: bool,  # noqa: FBT001 - given by partial
    transaction: Transaction,
) -> None:
    await posts.set_published(post_id, moment=3, owes_fan_out=owes_fan_out, transaction=transaction)


async def test_posts_that_owe_their_fan_out_are_found(
    posts: PostStore, ids: IdSource, transactions: Transactions
) -> None:
    author = ids.next(77)
    new, ready, done, gone = (
        a_post(ids, author, state) for state in (PostState.PROCESSING, *[PostState.READY] * 3)
    )
    for each in (new, ready, done, gone):
        await posts.insert(each, None)
    await posts.settle(done.id, FanOut)
    await transactions.run(partial(posts.become_deleted, gone.id))
    every = [each.id for each in (new, ready, done, gone)]
    for among in (None, every, [ready.id, 5]):
        assert await posts.owing_fan_out(among) == {ready.id: author}
    assert await posts.owing_fan_out([done.id]) == {}


async def test_a_failed_post_owes_nothing(
    posts: PostStore, ids: IdSource, database: Database
) -> None:
    post = a_post(ids)
    await posts.insert(post, None)
    assert await posts.become_failed(post.id, "no photo")
    assert await _owed(database, post) == ([], None)


async def test_what_is_overdue_is_taken_once_a_while(
    posts: PostStore, at_once: PostStore, ids: IdSource
) -> None:
    late, early = a_post(ids, state=PostState.READY), a_post(ids)
    await at_once.insert(late, None)
    await posts.insert(early, None)
    assert await posts.take_overdue(10) == [OwedJobs(post_id=late.id, names=READY_OWES)]
    assert await posts.take_overdue(10) == []


async def test_copies_alone_are_sent_again_less_often_than_what_readers_wait_for(
    posts: PostStore, at_once: PostStore, ids: IdSource, database: Database
) -> None:
    one, other = (a_post(ids, state=PostState.READY) for _ in range(2))
    for post in (one, other):
        await at_once.insert(post, None)
    await at_once.settle(one.id, FanOut)
    assert len(await posts.take_overdue(10)) == 2
    for post, retries in ((one, COPIES_RETRIES), (other, 1)):
        due = (await _owed(database, post))[1]
        assert due is not None
        waits = (due - datetime.now(UTC)).total_seconds() / RETRY_SECONDS
        assert retries - 0.5 < waits <= retries


async def test_a_limited_look_leaves_the_rest_for_the_next(
    posts: PostStore, at_once: PostStore, ids: IdSource
) -> None:
    for _ in range(5):
        await at_once.insert(a_post(ids), None)
    looks = [await posts.take_overdue(2) for _ in range(4)]
    assert [len(look) for look in looks] == [2, 2, 1, 0]
    assert len({owed.post_id for look in looks for owed in look}) == 5


async def test_what_is_settled_is_never_overdue(at_once: PostStore, ids: IdSource) -> None:
    post = a_post(ids, state=PostState.DELETED)
    await at_once.insert(post, None)
    assert [owed.names for owed in await at_once.take_overdue(10)] == [("erase_photo",)]
    await at_once.settle(post.id, ErasePhoto)
    assert await at_once.take_overdue(10) == []


async def test_a_fan_out_remembers_how_far_it_got(
    posts: PostStore, at_once: PostStore, ids: IdSource
) -> None:
    post = a_post(ids, state=PostState.READY)
    await at_once.insert(post, None)
    assert await posts.fan_out_state(post.id) == FanOutState(author_id=1, reached=0)
    reached = [await at_once.reach(post.id, edge_id) for edge_id in (70, 90, 80, 90)]
    assert reached == [True, True, False, False]
    assert await posts.fan_out_state(post.id) == FanOutState(author_id=1, reached=90)
    (owed,) = await posts.take_overdue(10)
    assert owed.jobs() == (
        FanOutChunk(post_id=post.id, after=90),
        ReplicatePhoto(post_id=post.id),
    )


async def test_getting_further_puts_the_next_try_off(
    posts: PostStore, at_once: PostStore, ids: IdSource
) -> None:
    post = a_post(ids, state=PostState.READY)
    await at_once.insert(post, None)
    await posts.reach(post.id, 70)
    assert await posts.take_overdue(10) == []


async def test_a_checkpoint_that_comes_after_the_end_owes_nothing(
    posts: PostStore, at_once: PostStore, ids: IdSource, database: Database
) -> None:
    post = a_post(ids, state=PostState.READY)
    await posts.insert(post, None)
    await posts.settle(post.id, FanOut)
    await posts.settle(post.id, ReplicatePhoto)
    assert not await at_once.reach(post.id, 70)
    assert await _owed(database, post) == ([], None)
    assert await posts.take_overdue(10) == []


async def test_a_fan_out_that_is_not_owed_has_no_state(
    posts: PostStore, ids: IdSource, transactions: Transactions
) -> None:
    new, done, gone = (a_post(ids, state=state) for state in (PostState.PROCESSING, *_TWO_READY))
    for each in (new, done, gone):
        await posts.insert(each, None)
    await posts.settle(done.id, FanOut)
    await transactions.run(partial(posts.become_deleted, gone.id))
    for post_id in (new.id, done.id, gone.id, 5):
        assert await posts.fan_out_state(post_id) is None
        assert not await posts.reach(post_id, 70)
