"""Whether the posts of an account are pushed to its followers or pulled by them."""

from typing import Protocol

from app.accounts.model import FollowerCount
from app.follows.model import Pull, PullThresholds
from app.follows.pulls import PullStore
from app.transactions import Transaction


class Accounts(Protocol):
    """Where an account's own flag is kept."""

    async def mark_pulled(
        self, account_id: int, *, is_pulled: bool, transaction: Transaction
    ) -> None:
        """Note whether an account is pulled."""


class Changes(Protocol):
    """Where a crossing is written down."""

    async def crossed(self, *, account_id: int, is_pulled: bool, transaction: Transaction) -> int:
        """An account is pulled, or pushed, from now on; returns the moment."""


class Pulling:
    """Moves accounts over the thresholds, in the transaction that counts the follower.

    Whether a post is pushed is decided when it is published, in a transaction that counts it at
    the same account. So posts and crossings have one order, and readers know it from the log.
    """

    def __init__(
        self, *, accounts: Accounts, pulls: PullStore, changes: Changes, thresholds: PullThresholds
    ) -> None:
        self._accounts = accounts
        self._pulls = pulls
        self._changes = changes
        self._thresholds = thresholds

    async def cross(
        self, account_id: int, counted: FollowerCount, transaction: Transaction
    ) -> int | None:
        """Pull or push an account from now on, if its followers have become so many or few.

        Returns the moment, None if nothing changes.
        """
        is_pulled = self._thresholds.is_pulled(counted)
        if is_pulled == counted.is_pulled:
            return None
        await self._accounts.mark_pulled(account_id, is_pulled=is_pulled, transaction=transaction)
        return await self._write_down(account_id, transaction, is_pulled=is_pulled)

    async def agree(
        self, account_id: int, counted: FollowerCount, transaction: Transaction
    ) -> int | None:
        """Cross if that is due, and have the list say what the account's flag says.

        Returns the moment, None if nothing changes.
        """
        crossed_at = await self.cross(account_id, counted, transaction)
        if crossed_at is not None:
            return crossed_at
        listed = await self._pulls.listed_among([account_id], transaction)
        if (account_id in listed) == counted.is_pulled:
            return None
        return await self._write_down(account_id, transaction, is_pulled=counted.is_pulled)

    async def _write_down(
        self, account_id: int, transaction: Transaction, *, is_pulled: bool
    ) -> int:
        moment = await self._changes.crossed(
            account_id=account_id, is_pulled=is_pulled, transaction=transaction
        )
        pull = Pull(account_id=account_id, is_pulled=is_pulled, since=moment)
        await self._pulls.write(pull, transaction)
        return moment
