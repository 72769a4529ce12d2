"""Edges in MongoDB, and the counts at their ends."""

import asyncio
import random
from collections import Counter
from itertools import pairwise

import pytest

from app.accounts.store import AccountStore
from app.errors import Refusal, RefusalCode
from app.follows.model import FollowerChunk
from app.follows.service import Follows
from app.follows.store import FollowStore
from app.ids import ID_MAX, IdSource
from app.live.store import ChangeLog
from app.transactions import Transactions
from tests.stores.conftest import Database
from tests.stores.samples import logged, some_people


async def test_an_edge_is_unique(
    follows: Follows,
    processes: list[Follows],
    accounts: AccountStore,
    log: ChangeLog,
    ids: IdSource,
    transactions: Transactions,
) -> None:
    ada, grace = await some_people(accounts, transactions, ids, 2)
    answers = await asyncio.gather(*(each.follow(ada, grace) for each in processes * 5))
    assert {answer.follower_count for answer in answers} == {1}
    assert await logged(log) == [("followed", ada, grace)]
    assert (await follows.followers(grace, first=10, before=None)).items == (
        await follows.following(ada, first=10, before=None)
    ).items
    answers = await asyncio.gather(*(each.unfollow(ada, grace) for each in processes * 5))
    assert {answer.follower_count for answer in answers} == {0}
    assert (await logged(log))[1:] == [("unfollowed", ada, grace)]
    assert await follows.followees(ada) == frozenset()


async def test_counts_equal_edges_whatever_the_concurrency(
    processes: list[Follows],
    accounts: AccountStore,
    ids: IdSource,
    transactions: Transactions,
    database: Database,
) -> None:
    people = await some_people(accounts, transactions, ids, 6)
    dice = random.Random(6)  # noqa: S311 - reproducible

    async def somebody(follows: Follows) -> None:
        for _ in range(12):
            one, other = dice.sample(people, 2)
            await (follows.follow if dice.random() < 0.6 else follows.unfollow)(one, other)

    await asyncio.gather(*(somebody(each) for each in processes * 3))
    edges = [edge async for edge in database["follows"].find()]
    assert len({(edge["follower_id"], edge["followee_id"]) for edge in edges}) == len(edges) > 0
    found = await accounts.find_many(people)
    following = Counter(edge["follower_id"] for edge in edges)
    followers = Counter(edge["followee_id"] for edge in edges)
    assert {i: each.following_count for i, each in found.items()} == {
        i: following[i] for i in people
    }
    assert {i: each.follower_count for i, each in found.items()} == {
        i: followers[i] for i in people
    }


async def test_the_limit_holds_under_concurrency(
    follows: Follows,
    processes: list[Follows],
    accounts: AccountStore,
    ids: IdSource,
    transactions: Transactions,
) -> None:
    ada, *others = await some_people(accounts, transactions, ids, 9)
    answers = await asyncio.gather(
        *(each.follow(ada, other) for each, other in zip(processes * 2, others, strict=True)),
        return_exceptions=True,
    )
    refused = [answer.code for answer in answers if isinstance(answer, Refusal)]
    assert refused == [RefusalCode.LIMIT_REACHED] * 3
    followees = await follows.followees(ada)
    assert len(followees) == 5
    ada_now = await accounts.find(ada)
    assert ada_now is not None
    assert ada_now.following_count == 5
    # Somebody who is followed already does not count against the limit.
    assert (await follows.follow(ada, next(iter(followees)))).follower_count == 1


async def test_following_again_leaves_the_version_alone(
    follows: Follows, accounts: AccountStore, ids: IdSource, transactions: Transactions
) -> None:
    ada, grace = await some_people(accounts, transactions, ids, 2)
    versions = []
    for change in (follows.follow, follows.follow, follows.unfollow, follows.follow):
        await change(ada, grace)
        account = await accounts.find(ada)
        assert account is not None
        versions.append(account.following_version)
    assert versions == [1, 1, 1, 2]


async def test_both_ends_are_read_in_order(
    follows: Follows,
    accounts: AccountStore,
    ids: IdSource,
    transactions: Transactions,
    follow_store: FollowStore,
) -> None:
    grace, *fans = await some_people(accounts, transactions, ids, 6)
    for fan in fans:
        await follows.follow(fan, grace)
    newest_first = await follow_store.followers_before(grace, before=ID_MAX, limit=9)
    assert [edge.follower_id for edge in newest_first] == fans[::-1]
    assert all(new.id > old.id for new, old in pairwise(newest_first))
    edge_ids = [edge.id for edge in newest_first[::-1]]
    for after, limit, expected in (
        (0, 100, fans),
        (0, 2, fans[:2]),
        (edge_ids[1], 2, fans[2:4]),
        (edge_ids[2], 2, fans[3:]),
    ):
        chunk = await follow_store.followers_after(grace, after=after, limit=limit)
        assert list(chunk.follower_ids) == expected
        assert chunk.reached == edge_ids[fans.index(expected[-1])]
    nothing = FollowerChunk(follower_ids=(), reached=edge_ids[-1])
    assert await follow_store.followers_after(grace, after=edge_ids[-1], limit=2) == nothing
    assert (
        await follow_store.followers_before(grace, before=newest_first[1].id, limit=2)
        == (newest_first[2:4])
    )
    assert await follow_store.following_before(fans[0], before=ID_MAX, limit=9) == newest_first[-1:]
    page = await follows.followers(grace, first=3, before=None)
    assert (page.items, page.has_next) == (tuple(newest_first[:3]), True)
    page = await follows.followers(grace, first=2, before=newest_first[2].id)
    assert (page.items, page.has_next) == (tuple(newest_first[3:]), False)


async def test_nobody_and_oneself_cannot_be_followed(
    follows: Follows,
    accounts: AccountStore,
    log: ChangeLog,
    ids: IdSource,
    transactions: Transactions,
) -> None:
    (ada,) = await some_people(accounts, transactions, ids, 1)
    for change, other, code in (
        (follows.follow, ada, RefusalCode.CANNOT_FOLLOW_SELF),
        (follows.follow, 5, RefusalCode.NOT_FOUND),
        (follows.unfollow, 5, RefusalCode.NOT_FOUND),
    ):
        with pytest.raises(Refusal) as refused:
            await change(ada, other)
        assert refused.value.code is code
    assert await logged(log) == []
