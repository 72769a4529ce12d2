"""Accounts and sessions in MongoDB."""

import asyncio
from collections.abc import Awaitable, Iterable
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import product

import pytest

from app.accounts.model import FollowerCount
from app.accounts.sessions import SessionStore
from app.accounts.store import AccountStore, IdTakenError, UsernameTakenError
from app.ids import IdSource
from app.transactions import Transaction, Transactions
from tests.stores.conftest import Database
from tests.stores.samples import an_account, insert

LATER = datetime.now(UTC) + timedelta(hours=1)


@pytest.fixture
async def sessions(database: Database) -> SessionStore:
    store = SessionStore(database)
    await store.prepare()
    return store


async def _outcomes(asked: Iterable[Awaitable[object]]) -> list[str]:
    answers = await asyncio.gather(*asked, return_exceptions=True)
    return sorted(type(answer).__name__ for answer in answers)


async def test_an_account_is_found_as_it_was_written(
    accounts: AccountStore, ids: IdSource, transactions: Transactions
) -> None:
    ada, grace = an_account(ids, "Ada_1"), an_account(ids, "grace")
    await insert(accounts, transactions, ada, grace)
    assert await accounts.find(ada.id) == ada
    assert await accounts.find(5) is None
    assert await accounts.find_many([grace.id, 5, ada.id]) == {ada.id: ada, grace.id: grace}
    assert await accounts.find_many([]) == {}
    assert await accounts.find_by_username("aDA_1") == ada
    assert await accounts.find_by_username("ada") is None
    assert await accounts.password_of("ADA_1") == (ada, "hash of Ada_1")
    assert await accounts.password_of("nobody") is None


async def test_a_username_is_unique_whatever_its_case(
    accounts: AccountStore, ids: IdSource, transactions: Transactions
) -> None:
    spellings = ["".join(letters) for letters in product("aA", "dD", "aA", "123")][:20]
    outcomes = await _outcomes(
        insert(accounts, transactions, an_account(ids, each)) for each in spellings
    )
    by_number = {spelling[-1] for spelling in spellings}
    assert outcomes == ["NoneType"] * len(by_number) + ["UsernameTakenError"] * (
        20 - len(by_number)
    )


async def test_an_id_that_is_taken_is_told_from_a_name_that_is(
    accounts: AccountStore, ids: IdSource, transactions: Transactions
) -> None:
    ada = an_account(ids, "ada")
    await insert(accounts, transactions, ada)
    with pytest.raises(IdTakenError):
        await insert(accounts, transactions, an_account(ids, "grace", ada.id))
    with pytest.raises(UsernameTakenError):
        await insert(accounts, transactions, an_account(ids, "ADA"))
    assert await accounts.find_by_username("grace") is None
    await insert(accounts, transactions, an_account(ids, "grace"))  # the claim was undone


async def test_a_follow_is_counted_up_to_the_limit(
    accounts: AccountStore, ids: IdSource, transactions: Transactions
) -> None:
    ada, grace = an_account(ids, "ada"), an_account(ids, "grace")
    await insert(accounts, transactions, ada, grace)

    async def follow(transaction: Transaction) -> FollowerCount | None:
        return await accounts.count_follow(
            follower_id=ada.id, followee_id=grace.id, following_max=2, transaction=transaction
        )

    answers = await asyncio.gather(*(transactions.run(follow) for _ in range(5)))
    assert sorted(answers, key=str) == [
        FollowerCount(followers=1, is_pulled=False),
        FollowerCount(followers=2, is_pulled=False),
        *(None, None, None),
    ]
    found = await accounts.find_many([ada.id, grace.id])
    assert (found[ada.id].following_count, found[ada.id].following_version) == (2, 2)
    assert found[grace.id].follower_count == 2


async def test_unfollowing_leaves_the_version_alone(
    accounts: AccountStore, ids: IdSource, transactions: Transactions
) -> None:
    ada, grace = an_account(ids, "ada"), an_account(ids, "grace")
    await insert(accounts, transactions, ada, grace)

    async def follow_and_unfollow(tx: Transaction) -> None:
        await accounts.count_follow(
            follower_id=ada.id, followee_id=grace.id, following_max=9, transaction=tx
        )
        await accounts.count_unfollow(follower_id=ada.id, followee_id=grace.id, transaction=tx)
        await accounts.count_post(author_id=grace.id, change=3, transaction=tx)

    await transactions.run(follow_and_unfollow)
    found = await accounts.find_many([ada.id, grace.id])
    assert (found[ada.id].following_count, found[ada.id].following_version) == (0, 1)
    assert (found[grace.id].follower_count, found[grace.id].post_count) == (0, 3)


async def test_whoever_counts_learns_whether_the_account_is_pulled(
    accounts: AccountStore, ids: IdSource, transactions: Transactions, database: Database
) -> None:
    ada, grace = an_account(ids, "ada"), an_account(ids, "grace")
    await insert(accounts, transactions, ada, grace)

    async def change(transaction: Transaction) -> tuple[object, ...]:
        return (
            await accounts.count_follow(
                follower_id=ada.id, followee_id=grace.id, following_max=9, transaction=transaction
            ),
            await accounts.count_post(author_id=grace.id, change=1, transaction=transaction),
            await accounts.count_unfollow(
                follower_id=ada.id, followee_id=grace.id, transaction=transaction
            ),
        )

    async def mark(is_pulled: bool, transaction: Transaction) -> None:  # noqa: FBT001
        await accounts.mark_pulled(grace.id, is_pulled=is_pulled, transaction=transaction)

    for is_pulled in (False, True, False):
        await transactions.run(partial(mark, is_pulled))
        assert await transactions.run(change) == (
            FollowerCount(followers=1, is_pulled=is_pulled),
            is_pulled,
            FollowerCount(followers=0, is_pulled=is_pulled),
        )
        found = await accounts.find(grace.id)
        assert found is not None
        assert found.is_pulled is is_pulled
    await database["accounts"].update_one({"_id": grace.id}, {"$unset": {"is_pulled": True}})
    assert (await transactions.run(change))[1] is False


async def test_nothing_is_counted_at_nobody(
    accounts: AccountStore, transactions: Transactions
) -> None:
    with pytest.raises(LookupError):
        await transactions.run(
            lambda tx: accounts.count_post(author_id=5, change=1, transaction=tx)
        )


async def test_what_a_transaction_raises_undoes_it(
    accounts: AccountStore, ids: IdSource, transactions: Transactions
) -> None:
    ada = an_account(ids, "ada")
    await insert(accounts, transactions, ada)

    async def count_and_fail(transaction: Transaction) -> None:
        await accounts.count_post(author_id=ada.id, change=1, transaction=transaction)
        raise LookupError("undo it")

    with pytest.raises(LookupError):
        await transactions.run(count_and_fail)
    assert await accounts.find(ada.id) == ada


async def _begin(sessions: SessionStore, expires_at: datetime = LATER) -> None:
    await sessions.insert(session_id="s", account_id=5, token_hash="first", expires_at=expires_at)


async def test_a_refresh_token_works_once(sessions: SessionStore) -> None:
    await _begin(sessions)
    answers = await asyncio.gather(
        *(
            sessions.rotate(
                session_id="s", old_hash="first", new_hash=f"new {number}", expires_at=LATER
            )
            for number in range(20)
        )
    )
    assert sorted(answers, key=str) == [5] + [None] * 19
    won = answers.index(5)
    assert await _rotate(sessions, f"new {won}") == 5
    assert await _rotate(sessions, f"new {won}") is None
    assert await _rotate(sessions, f"new {(won + 1) % 20}") is None


async def _rotate(sessions: SessionStore, old_hash: str, session_id: str = "s") -> int | None:
    return await sessions.rotate(
        session_id=session_id, old_hash=old_hash, new_hash="next", expires_at=LATER
    )


async def test_a_session_is_alive_until_it_ends(sessions: SessionStore) -> None:
    await _begin(sessions)
    assert await sessions.are_alive([("s", 5), ("s", 6), ("t", 5)]) == {("s", 5)}
    await sessions.end("s")
    await sessions.end("s")
    assert await sessions.are_alive([("s", 5)]) == set()
    assert await _rotate(sessions, "first") is None


async def test_many_sessions_are_checked_at_once(sessions: SessionStore) -> None:
    for number in range(4):
        expires_at = LATER if number else datetime.now(UTC) - timedelta(seconds=1)
        await sessions.insert(
            session_id=f"s{number}", account_id=number, token_hash="hash", expires_at=expires_at
        )
    asked = [("s0", 0), ("s1", 1), ("s1", 2), ("s2", 2), ("s3", 1), ("s4", 4)]
    assert await sessions.are_alive(asked) == {("s1", 1), ("s2", 2)}
    assert await sessions.are_alive([]) == set()


async def test_a_session_expires_to_the_moment(sessions: SessionStore) -> None:
    await _begin(sessions, datetime.now(UTC) - timedelta(seconds=1))
    assert await sessions.are_alive([("s", 5)]) == set()
    assert await _rotate(sessions, "first") is None


async def test_going_on_prolongs_a_session(sessions: SessionStore, database: Database) -> None:
    soon = datetime.now(UTC) + timedelta(seconds=5)
    await _begin(sessions, soon)
    assert await _rotate(sessions, "first") == 5
    written = await database["sessions"].find_one({"_id": "s"})
    assert written is not None
    assert written["expires_at"].replace(tzinfo=UTC) > soon


async def test_mongodb_removes_sessions_that_are_over(
    sessions: SessionStore, database: Database
) -> None:
    indexes = await database["sessions"].index_information()
    assert indexes["expires_at_1"]["expireAfterSeconds"] == 0
