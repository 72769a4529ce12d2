"""Accounts that are pulled, in MongoDB."""

from functools import partial

from app.follows.model import Pull
from app.follows.pulls import PullStore
from app.transactions import Transactions
from tests.stores.conftest import Database


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
