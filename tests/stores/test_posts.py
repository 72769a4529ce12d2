"""Posts in MongoDB, and the states they go through."""

import asyncio

import pytest

from app.ids import IdSource
from app.posts.model import IdempotencyKey, PostState
from app.posts.store import IdTakenError, KeyTakenError, PostStore
from app.transactions import Transactions
from tests.stores.samples import IMAGE, a_post


async def test_a_post_is_found_as_it_was_written(posts: PostStore, ids: IdSource) -> None:
    new, ready = a_post(ids), a_post(ids, state=PostState.READY)
    for each in (new, ready):
        await posts.insert(each, None)
    assert await posts.find(new.id) == new
    assert await posts.find(5) is None
    assert await posts.find_many([ready.id, 5, new.id]) == {new.id: new, ready.id: ready}
    assert await posts.find_many([]) == {}


async def test_a_post_becomes_ready_once(
    posts: PostStore, ids: IdSource, transactions: Transactions
) -> None:
    post = a_post(ids)
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


async def test_a_post_is_deleted_once_and_for_all(
    posts: PostStore, ids: IdSource, transactions: Transactions
) -> None:
    post = a_post(ids, state=PostState.READY)
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
    attempts = [a_post(ids) for _ in range(10)]
    answers = await asyncio.gather(
        *(posts.insert(each, key) for each in attempts), return_exceptions=True
    )
    assert [type(a) for a in answers if a is not None] == [KeyTakenError] * 9
    first = attempts[answers.index(None)]
    assert await posts.find_by_key(1, "k") == (first, "f")
    another_s = a_post(ids, author_id=2)
    await posts.insert(another_s, key)
    assert await posts.find_by_key(2, "k") == (another_s, "f")
    assert await posts.find_by_key(3, "k") is None
    for _ in range(2):
        await posts.insert(a_post(ids), None)


async def test_an_id_that_is_taken_is_told_from_a_key_that_is(
    posts: PostStore, ids: IdSource
) -> None:
    post = a_post(ids)
    await posts.insert(post, IdempotencyKey(key="k", fingerprint="f"))
    with pytest.raises(IdTakenError):
        await posts.insert(post, IdempotencyKey(key="other", fingerprint="f"))
    with pytest.raises(KeyTakenError):
        await posts.insert(a_post(ids), IdempotencyKey(key="k", fingerprint="f"))
