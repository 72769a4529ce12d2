"""Accounts that are pulled, in MongoDB."""

import asyncio
from functools import partial

from app.accounts.store import AccountStore
from app.follows.model import Pull
from app.follows.pulls import PullStore
from app.follows.service import Follows
from app.ids import IdSource
from app.live.model import ChangeKind
from app.live.store import ChangeLog
from app.transactions import Transactions
from tests.stores.conftest import Database
from tests.stores.samples import logged, some_people


async def test_the_last_crossing_of_an_account_is_remembered(
    database: Database, transactions: Transactions
) -> None:
    pulls = PullStore(database)
    for _ in range(2):
        await pulls.prepare()
    assert await pulls.all() == {}
    crossings = [
        Pull(account_id=7, is_pulled=True, since=3),
        Pull(account_id=8, is_pulled=True, since=4),
        Pull(account_id=7, is_pulled=False, since=5),
    ]
    for each in crossings:
        await transactions.run(partial(pulls.write, each))
    assert await pulls.all() == {7: crossings[2], 8: crossings[1]}


async def test_an_account_is_pulled_above_one_threshold_and_pushed_below_another(
    processes: list[Follows],
    accounts: AccountStore,
    database: Database,
    log: ChangeLog,
    ids: IdSource,
    transactions: Transactions,
) -> None:
    grace, *fans = await some_people(accounts, transactions, ids, 6)
    pulls = PullStore(database)

    async def is_pulled() -> bool:
        account = await accounts.find(grace)
        assert account is not None
        listed = (await pulls.all()).get(grace)
        assert account.is_pulled == (listed is not None and listed.is_pulled)
        return account.is_pulled

    seen = []
    for change, each in [
        *(("follow", fan) for fan in fans),
        *(("unfollow", fan) for fan in fans),
    ]:
        await getattr(processes[0], change)(each, grace)
        seen.append(await is_pulled())
    # 1, 2, 3, 4, 5 followers, then 4, 3, 2, 1, 0
    assert seen == [False, False, False, True, True, True, True, True, False, False]
    await asyncio.gather(
        *(process.follow(fan, grace) for process, fan in zip(processes * 2, fans, strict=False))
    )
    assert await is_pulled()
    crossings = [entry[:2] for entry in await logged(log) if entry[0] in {"pulled", "pushed"}]
    assert crossings == [("pulled", grace), ("pushed", grace), ("pulled", grace)]
    moment = next(
        change.moment
        for change in (await log.read_after(0, limit=100))[::-1]
        if change.kind is ChangeKind.PULLED
    )
    assert (await pulls.all())[grace].since == moment
