"""The log of changes: one order, no holes."""

import asyncio
from datetime import UTC, datetime, timedelta

from app.live.model import Change, ChangeKind
from app.live.store import ChangeLog
from app.transactions import RepeatError, Transaction, Transactions
from tests.stores.logging_changes import ANN, BOB, append

SOON = datetime.now(UTC) + timedelta(hours=1)


async def test_moments_rise_by_one(log: ChangeLog, transactions: Transactions) -> None:
    moments = await asyncio.gather(*(append(log, transactions) for _ in range(20)))
    assert sorted(moments) == list(range(1, 21))
    assert await log.last_drawn() == 20
    changes = await log.read_after(17, limit=2)
    assert [change.moment for change in changes] == [18, 19]
    assert changes[0] == Change(
        moment=18, kind=ChangeKind.POST_PUBLISHED, actor_id=ANN, subject_id=9
    )


async def test_who_comes_to_a_place_that_was_filled_repeats(
    log: ChangeLog, transactions: Transactions
) -> None:
    await log.fill([1, 2])
    assert await append(log, transactions) == 3


async def test_a_place_is_filled_once(log: ChangeLog, transactions: Transactions) -> None:
    await append(log, transactions)
    await asyncio.gather(*(log.fill([1, 2, 3]) for _ in range(5)))
    kinds = [change.kind for change in await log.read_after(0, limit=9)]
    assert kinds == [ChangeKind.POST_PUBLISHED, ChangeKind.VOID, ChangeKind.VOID]


async def test_filling_waits_for_who_is_about_to_commit(
    log: ChangeLog, transactions: Transactions
) -> None:
    written, commit = asyncio.Event(), asyncio.Event()

    async def slow(transaction: Transaction) -> int:
        moment = await log.append(
            ChangeKind.FOLLOWED, actor_id=ANN, subject_id=BOB, transaction=transaction
        )
        written.set()
        await commit.wait()
        return moment

    writing = asyncio.create_task(transactions.run(slow))
    await written.wait()
    filling = asyncio.create_task(log.fill([1]))
    await asyncio.sleep(0.1)
    assert not filling.done()
    commit.set()
    assert await writing == 1
    await filling
    assert [change.kind for change in await log.read_after(0, limit=9)] == [ChangeKind.FOLLOWED]


async def test_a_repeat_is_a_new_run_of_the_whole_change(transactions: Transactions) -> None:
    runs = 0

    async def change(_transaction: Transaction) -> int:
        nonlocal runs
        runs += 1
        if runs < 3:
            raise RepeatError
        return runs

    assert await transactions.run(change) == 3


async def test_edges_and_posts_are_found_by_who_made_them(
    log: ChangeLog, transactions: Transactions
) -> None:
    for kind in (ChangeKind.POST_PUBLISHED, ChangeKind.FOLLOWED, ChangeKind.PULLED):
        for actor_id in (ANN, BOB):
            await append(log, transactions, kind, actor_id)
    await append(log, transactions, ChangeKind.UNFOLLOWED, ANN)
    await append(log, transactions, ChangeKind.POST_DELETED, ANN)
    assert [each.moment for each in await log.read_edges(ANN, after=0)] == [3, 7]
    assert [each.moment for each in await log.read_edges(ANN, after=3)] == [7]
    found = await log.read_authors([ANN, BOB, 7], after=0, until=7, limit=9)
    assert [each.moment for each in found] == [1, 2]
    found = await log.read_authors([ANN, BOB], after=1, until=8, limit=1)
    assert [each.moment for each in found] == [2]


async def test_what_is_old_is_forgotten_but_for_the_last(
    log: ChangeLog, transactions: Transactions
) -> None:
    assert await log.trim(before=SOON, kept=3) == 0
    for _ in range(10):
        await append(log, transactions)
    assert await log.trim(before=SOON - timedelta(hours=2), kept=3) == 0
    assert await log.trim(before=SOON, kept=3) == 7
    assert await log.trim(before=SOON, kept=3) == 0
    assert [await log.holds(moment) for moment in (7, 8, 10, 11)] == [False, True, True, False]
