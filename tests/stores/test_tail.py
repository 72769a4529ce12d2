"""What a process knows of the end of the log."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest

from app.clients import Clients
from app.departures.store import DepartureStore
from app.follows.model import Pull
from app.follows.pulls import PullStore
from app.live import tail as tail_module
from app.live.model import ChangeKind
from app.live.store import ChangeLog
from app.live.tail import Tail
from app.posts.store import PostStore
from app.transactions import Transaction, Transactions
from tests.stores.conftest import Database
from tests.stores.logging_changes import ANN, BOB, GaveUpError, append, draw_in_vain

PATIENCE_SECONDS = 10
SOON = datetime.now(UTC) + timedelta(hours=1)


@pytest.fixture
def tail(database: Database, log: ChangeLog, posts: PostStore) -> Tail:
    return Tail(
        log=log,
        posts=posts,
        pulls=PullStore(database),
        departures=DepartureStore(database, retry_seconds=60),
    )


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tail_module, "HOLE_MAX_SECONDS", 0.1)
    monkeypatch.setattr(tail_module, "HOLE_LOOK_SECONDS", 0.02)
    monkeypatch.setattr(tail_module, "FAN_OUTS_CHECK_SECONDS", 0.0)


async def test_a_tail_knows_what_was_committed_before_it_looked(
    tail: Tail, log: ChangeLog, transactions: Transactions
) -> None:
    assert (await tail.catch_up()).moment == 0
    for expected in range(1, 6):
        await append(log, transactions)
        assert (await tail.catch_up()).moment == expected
    assert [change.moment for change in tail.since(3) or ()] == [4, 5]
    assert tail.since(5) == []
    assert len(tail.since(0) or ()) == 5


async def test_many_who_ask_at_once_share_a_look_that_is_not_too_old(
    tail: Tail, log: ChangeLog, transactions: Transactions
) -> None:
    async def append_and_look() -> None:
        moment = await append(log, transactions)
        while (await tail.catch_up()).moment < moment:
            assert tail.is_waiting  # only one before it may be missing still

    await asyncio.gather(*(append_and_look() for _ in range(30)))
    assert (await tail.catch_up()).moment == 30


async def test_who_began_before_a_look_makes_do_with_it(
    tail: Tail, log: ChangeLog, transactions: Transactions
) -> None:
    began_at = time.monotonic()
    await append(log, transactions)
    view = await tail.catch_up()
    await append(log, transactions)
    assert await tail.catch_up(began_at) is view
    assert (await tail.catch_up(time.monotonic())).moment == 2


async def test_a_look_is_theirs_who_wait_for_it_whoever_asked_first(
    tail: Tail, log: ChangeLog, transactions: Transactions
) -> None:
    await append(log, transactions)
    impatient, patient = (asyncio.create_task(tail.catch_up()) for _ in range(2))
    await asyncio.sleep(0)
    impatient.cancel()
    assert (await patient).moment == 1
    assert impatient.cancelled()


async def test_a_tail_stops_at_a_hole_until_it_is_filled(
    tail: Tail, log: ChangeLog, transactions: Transactions
) -> None:
    heard: list[int] = []
    tail.listen(lambda change: heard.append(change.moment), pytest.fail)
    await append(log, transactions)
    await draw_in_vain(log, transactions)
    await append(log, transactions)
    before = await tail.catch_up()
    is_waiting = [tail.is_waiting]
    await asyncio.sleep(0.11)
    after = await tail.catch_up()
    is_waiting.append(tail.is_waiting)
    assert is_waiting == [True, False]
    assert (before.moment, before.is_whole) == (1, False)
    assert (after.moment, after.is_whole) == (3, True)
    assert heard == [1, 2, 3]


async def test_nobody_waits_for_who_died_before_they_could_commit(
    tail: Tail, log: ChangeLog, transactions: Transactions
) -> None:
    written, over = asyncio.Event(), asyncio.Event()

    async def hang(transaction: Transaction) -> None:
        await log.append(ChangeKind.FOLLOWED, actor_id=ANN, subject_id=BOB, transaction=transaction)
        written.set()
        await over.wait()
        raise GaveUpError

    await tail.catch_up()
    hanging = asyncio.create_task(transactions.run(hang))
    await written.wait()
    await append(log, transactions)
    for _ in range(4):
        async with asyncio.timeout(2):
            assert (await tail.catch_up()).moment == 0
        await asyncio.sleep(0.11)
    over.set()
    with pytest.raises(GaveUpError):
        await hanging
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (await tail.catch_up()).moment < 2:
            await asyncio.sleep(0.01)


async def test_a_tail_that_fell_behind_what_is_kept_says_so_and_begins_anew(
    tail: Tail, log: ChangeLog, transactions: Transactions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tail_module, "RECENT_CHANGES", 4)
    lost: list[bool] = []
    tail.listen(lambda _: None, lambda: lost.append(True))
    await append(log, transactions)
    await tail.catch_up()
    for _ in range(10):
        await append(log, transactions)
    await log.trim(before=SOON, kept=4)
    assert (await tail.catch_up()).moment == 1
    await asyncio.sleep(0.11)
    assert (await tail.catch_up()).moment == 11
    assert (lost, tail.since(1)) == ([True], None)
    assert await log.holds(2) is False


async def test_a_tail_that_begins_late_begins_near_the_end(
    tail: Tail, log: ChangeLog, transactions: Transactions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tail_module, "RECENT_CHANGES", 4)
    for _ in range(10):
        await append(log, transactions)
    await log.trim(before=SOON, kept=4)
    assert (await tail.catch_up()).moment == 10
    assert tail.since(5) is None
    assert [change.moment for change in tail.since(6) or ()] == [7, 8, 9, 10]


async def test_a_log_that_was_lost_is_no_end(
    tail: Tail, log: ChangeLog, transactions: Transactions, database: Database
) -> None:
    for _ in range(3):
        await append(log, transactions)
    await database["changes"].delete_many({})
    await append(log, transactions)
    assert (await tail.catch_up()).moment == 0
    await asyncio.sleep(0.11)
    assert (await tail.catch_up()).moment == 4


async def test_a_view_tells_who_is_pulled_since_when(
    tail: Tail, log: ChangeLog, transactions: Transactions, database: Database, clients: Clients
) -> None:
    pulls = PullStore(database)
    first = await append(log, transactions, ChangeKind.PULLED, ANN)

    async def write(transaction: Transaction) -> None:
        await pulls.write(Pull(account_id=ANN, is_pulled=True, since=first), transaction)

    await transactions.run(write)
    before = await tail.catch_up()
    assert before.pulls == {ANN: Pull(account_id=ANN, is_pulled=True, since=first)}
    second = await append(log, transactions, ChangeKind.PUSHED, ANN)
    after = await tail.catch_up()
    assert after.pulls == {ANN: Pull(account_id=ANN, is_pulled=False, since=second)}
    assert before.pulls[ANN].is_pulled


async def test_a_view_tells_which_fan_outs_may_be_under_way(
    tail: Tail, log: ChangeLog, transactions: Transactions, posts: PostStore, ids: object
) -> None:
    await tail.catch_up()
    await append(log, transactions, subject_id=77)
    # It owes nothing, but that is only looked up with the next look.
    assert (await tail.catch_up()).fan_outs in ({}, {77: ANN})
    assert (await tail.catch_up()).fan_outs == {}
