"""The edges of accounts that are gone, erased some at a time."""

from collections.abc import Collection
from functools import partial
from typing import Protocol

from app.accounts.model import FollowerCount
from app.follows.model import Edge
from app.follows.pulling import Pulling
from app.follows.store import FollowStore
from app.transactions import Transaction, Transactions

BATCH_EDGES = 100


class ClosedAccounts(Protocol):
    """Where edges are counted of which one end is gone; each returns who is left to followees."""

    async def count_followers(
        self, account_id: int, follower_ids: Collection[int], transaction: Transaction
    ) -> dict[int, FollowerCount]:
        """Count that some follow an account no more."""

    async def count_following(
        self, account_id: int, followee_ids: Collection[int], transaction: Transaction
    ) -> dict[int, FollowerCount]:
        """Count that an account follows some no more."""


class Changes(Protocol):
    """Where it is written down what changed."""

    async def edges_erased(self, edges: Collection[Edge], transaction: Transaction) -> int:
        """Edges from or to an account that is gone are erased; returns the moment."""

    async def wake(self, moment: int) -> None:
        """Have everybody look; best effort."""


class EdgeErasure:
    """Erases what connects accounts that are gone to others; it may run twice, also at once.

    An account that is gone gets no more edges, so once none is found there is none.
    """

    def __init__(
        self,
        *,
        follows: FollowStore,
        accounts: ClosedAccounts,
        changes: Changes,
        pulling: Pulling,
        transactions: Transactions,
    ) -> None:
        self._follows = follows
        self._accounts = accounts
        self._changes = changes
        self._pulling = pulling
        self._transactions = transactions

    async def erase_some_of(self, account_id: int) -> bool:
        """Erase the next edges from or to an account; False if there are no more."""
        for erase in (self._erase_followers, self._erase_following):
            moment = await self._transactions.run(partial(erase, account_id))
            if moment is not None:
                await self._changes.wake(moment)
                return True
        return False

    async def _erase_followers(self, account_id: int, tx: Transaction) -> int | None:
        edges = await self._follows.take_followers(account_id, limit=BATCH_EDGES, transaction=tx)
        if not edges:
            return None
        others = [edge.follower_id for edge in edges]
        left = await self._accounts.count_followers(account_id, others, tx)
        return await self._write_down(edges, left, tx)

    async def _erase_following(self, account_id: int, tx: Transaction) -> int | None:
        edges = await self._follows.take_following(account_id, limit=BATCH_EDGES, transaction=tx)
        if not edges:
            return None
        others = [edge.followee_id for edge in edges]
        left = await self._accounts.count_following(account_id, others, tx)
        return await self._write_down(edges, left, tx)

    async def _write_down(
        self, edges: Collection[Edge], left: dict[int, FollowerCount], tx: Transaction
    ) -> int:
        moment = await self._changes.edges_erased(edges, tx)
        for followee_id, counted in left.items():
            moment = await self._pulling.cross(followee_id, counted, tx) or moment
        return moment
