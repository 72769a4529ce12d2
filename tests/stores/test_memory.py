"""What a process keeps in memory is never out of date, whoever changes what, wherever."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection
from datetime import UTC, datetime, timedelta

import pytest

from app.accounts.model import Account
from app.accounts.store import AccountStore
from app.departures.store import DepartureStore
from app.follows.pulls import PullStore
from app.follows.service import Follows
from app.follows.store import FollowStore
from app.ids import IdSource
from app.live import memory as memory_module
from app.live.memory import Memory
from app.live.store import ChangeLog
from app.live.tail import Tail
from app.posts.model import PostState
from app.posts.store import PostStore
from app.sharding import by_id
from app.transactions import Transactions
from tests.stores.conftest import Database
from tests.stores.logging_changes import append, draw_in_vain
from tests.stores.samples import a_post, some_people

MAX_SECONDS = 60.0

Make = Callable[..., Memory]


@pytest.fixture
def tail(database: Database, log: ChangeLog, posts: PostStore) -> Tail:
    return Tail(
        log=log,
        posts=posts,
        pulls=PullStore(database),
        departures=DepartureStore(database, retry_seconds=60),
    )


@pytest.fixture
def make(tail: Tail, accounts: AccountStore, posts: PostStore, follow_store: FollowStore) -> Make:
    """Memories, of whatever a test wants otherwise."""

    def make(**chosen: object) -> Memory:
        given = {
            "tail": tail,
            "accounts": accounts,
            "posts": posts,
            "follows": follow_store,
            "max_accounts": 100,
            "max_posts": 100,
            "max_followees": 100,
            "max_seconds": MAX_SECONDS,
        }
        return Memory(**{**given, **chosen})  # type: ignore[arg-type] # a test knows what it gives

    return make


@pytest.fixture
async def people(accounts: AccountStore, transactions: Transactions, ids: IdSource) -> list[int]:
    return await some_people(accounts, transactions, ids, 6)


async def account(memory: Memory, account_id: int) -> Account:
    found = await memory.accounts([account_id], not_before=time.monotonic())
    return found[account_id]


class Gate:
    """Accounts that are held back, once they have been read."""

    def __init__(self, accounts: AccountStore) -> None:
        self._accounts = accounts
        self.has_read = asyncio.Event()
        self.may_answer = asyncio.Event()

    async def find_many(self, account_ids: Collection[int]) -> dict[int, Account]:
        found = await self._accounts.find_many(account_ids)
        self.has_read.set()
        await self.may_answer.wait()
        return found


async def test_what_is_read_while_it_changes_is_not_kept(
    make: Make, accounts: AccountStore, follows: Follows, tail: Tail, people: list[int]
) -> None:
    gate = Gate(accounts)
    memory = make(accounts=gate)
    ann, bob = people[:2]
    old = asyncio.create_task(account(memory, bob))
    await gate.has_read.wait()
    await follows.follow(ann, bob)
    await tail.catch_up()  # the change is heard of before the value is kept
    gate.may_answer.set()
    assert (await old).follower_count == 0  # as it was when it was asked for
    assert (await account(memory, bob)).follower_count == 1


async def test_what_changed_since_it_was_kept_is_read_again(
    make: Make, follows: Follows, people: list[int]
) -> None:
    memory = make()
    ann, bob, *_ = people
    for change, count in ((follows.follow, 1), (follows.unfollow, 0)):
        before = time.monotonic()
        old = await account(memory, bob), await memory.followees(ann, not_before=before)
        await change(ann, bob)
        # Whoever began before may have what was true when they began.
        assert await memory.followees(ann, not_before=before) == old[1]
        assert (await account(memory, bob)).follower_count == count
        now = time.monotonic()
        assert await memory.followees(ann, not_before=now) == ({bob} if count else set())


async def test_nothing_that_is_kept_is_used_while_the_log_has_a_hole(
    make: Make,
    follows: Follows,
    tail: Tail,
    log: ChangeLog,
    transactions: Transactions,
    people: list[int],
) -> None:
    memory = make()
    ann, bob, cid, *_ = people
    assert (await account(memory, bob)).follower_count == 0
    await draw_in_vain(log, transactions)
    await follows.follow(ann, bob)
    assert (await account(memory, bob)).follower_count == 1
    assert await memory.followees(ann, not_before=time.monotonic()) == {bob}
    await follows.follow(cid, bob)
    waiting = tail.is_waiting
    assert waiting
    assert (await account(memory, bob)).follower_count == 2
    async with asyncio.timeout(10):
        while tail.is_waiting:
            await tail.catch_up()
    assert (await account(memory, bob)).follower_count == 2
    assert await memory.followees(cid, not_before=time.monotonic()) == {bob}


async def test_nothing_is_kept_over_a_loss_of_the_log(
    make: Make,
    tail: Tail,
    log: ChangeLog,
    transactions: Transactions,
    people: list[int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.live.tail.RECENT_CHANGES", 4)
    monkeypatch.setattr("app.live.tail.HOLE_MAX_SECONDS", 0.05)
    memory = make()
    await append(log, transactions)
    known = await account(memory, people[0])
    assert await account(memory, people[0]) is known
    for _ in range(10):
        await append(log, transactions)
    await log.trim(before=datetime.now(UTC) + timedelta(hours=1), kept=4)
    async with asyncio.timeout(10):
        while tail.moment < 11:
            await tail.catch_up()
    assert await account(memory, people[0]) is not known


async def test_what_changes_past_the_log_is_seen_in_time(
    make: Make, database: Database, people: list[int]
) -> None:
    memory = make(max_seconds=0.3)
    ann = people[0]
    begin = time.monotonic()
    assert (await account(memory, ann)).post_count == 0
    await database["accounts"].update_one(by_id(ann), {"$set": {"post_count": 5}})
    async with asyncio.timeout(10):
        while (await account(memory, ann)).post_count == 0:
            await asyncio.sleep(0.01)
    assert time.monotonic() - begin >= 0.3


async def test_only_what_is_ready_is_shown_and_nothing_is_kept_that_may_change(
    make: Make, posts: PostStore, ids: IdSource, database: Database
) -> None:
    memory = make()
    made = {state: a_post(ids, state=state) for state in PostState}
    for post in made.values():
        await posts.insert(post, None)
    every = [post.id for post in made.values()]
    ready = made[PostState.READY].id
    assert await memory.ready_posts(every, not_before=time.monotonic()) == {
        ready: await posts.find(ready)
    }
    await database["posts"].update_many({}, {"$set": {"state": PostState.READY.value}})
    now = time.monotonic()
    found = await memory.ready_posts(every, not_before=now)
    assert set(found) == set(every) - {made[PostState.DELETED].id}


@pytest.mark.parametrize("many", [0, 2, 100])
async def test_who_follows_many_is_asked_about_each_time(
    make: Make,
    follows: Follows,
    people: list[int],
    monkeypatch: pytest.MonkeyPatch,
    *,
    many: int,
) -> None:
    monkeypatch.setattr(memory_module, "KEPT_FOLLOWEES_MAX", many)
    memory = make()
    ann, *others = people
    for number, each in enumerate(others, 1):
        await follows.follow(ann, each)
        now = time.monotonic()
        assert await memory.followees(ann, not_before=now) == set(others[:number])
        among = await memory.followed_among(ann, people, not_before=now)
        assert among == set(others[:number])
    now = time.monotonic()
    assert await memory.followed_among(ann, [], not_before=now) == set()
    assert await memory.followed_among(others[0], people, not_before=now) == set()
    assert await memory.followees(5, not_before=now) == set()


async def test_an_error_of_the_log_is_the_callers(
    make: Make, log: ChangeLog, people: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object, **__: object) -> None:
        raise OSError("away")

    memory = make()
    known = await account(memory, people[0])
    with monkeypatch.context() as away:
        away.setattr(log, "read_after", fail)
        for ask in (
            lambda now: memory.accounts([known.id], not_before=now),
            lambda now: memory.followees(known.id, not_before=now),
            lambda now: memory.ready_posts([5], not_before=now),
        ):
            asked: Awaitable[object] = ask(time.monotonic())
            with pytest.raises(OSError, match="away"):
                await asked
    assert await account(memory, known.id) is known
