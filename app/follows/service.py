"""Following, unfollowing, and the lists of both ends."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Protocol
from weakref import WeakValueDictionary

from app.accounts.model import Account, AccountGoneError, FollowerCount
from app.errors import Refusal, RefusalCode, UnauthenticatedError
from app.follows.model import Edge, FollowerChunk
from app.follows.pulling import Pulling
from app.follows.store import FollowStore, IdTakenError
from app.ids import ID_MAX, IdSource, shard_of
from app.paging import Page, page_size
from app.transactions import Transaction, Transactions

TURN_MAX_SECONDS = 2.0


class Accounts(Protocol):
    """What following needs to know of accounts, and to tell them."""

    async def find(self, account_id: int) -> Account | None:
        """One account by id."""

    async def count_follow(
        self, *, follower_id: int, followee_id: int, following_max: int, transaction: Transaction
    ) -> FollowerCount | None:
        """Count a new edge at both ends; None, with nothing done, at the follower's limit."""

    async def count_unfollow(
        self, *, follower_id: int, followee_id: int, transaction: Transaction
    ) -> FollowerCount:
        """Count a removed edge at both ends."""


class Changes(Protocol):
    """Where it is written down what changed; each returns its moment."""

    async def followed(
        self, *, follower_id: int, followee_id: int, transaction: Transaction
    ) -> int:
        """The follower follows the followee now."""

    async def unfollowed(
        self, *, follower_id: int, followee_id: int, transaction: Transaction
    ) -> int:
        """The follower follows the followee no more."""

    async def wake(self, moment: int) -> None:
        """Have everybody look; best effort."""


class Follows:
    """The edges of the graph, and what changes them."""

    def __init__(
        self,
        *,
        follows: FollowStore,
        accounts: Accounts,
        changes: Changes,
        pulling: Pulling,
        transactions: Transactions,
        ids: IdSource,
        following_max: int,
    ) -> None:
        self._follows = follows
        self._accounts = accounts
        self._changes = changes
        self._pulling = pulling
        self._transactions = transactions
        self._ids = ids
        self._following_max = following_max
        # Edges to one account count at one document. Those of this process take turns at it, or
        # their transactions would undo each other; those of other processes are few.
        self._turns: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    async def follow(self, follower_id: int, followee_id: int) -> Account:
        """Follow an account; following it again changes nothing. Returns the followee as it is now.

        Refuses to follow oneself, nobody, or more accounts than `following_max`.
        """
        if follower_id == followee_id:
            raise Refusal(
                RefusalCode.CANNOT_FOLLOW_SELF, "You cannot follow yourself.", field="user_id"
            )
        await self._existing(followee_id)
        try:
            async with self._turn(followee_id):
                moment = await self._add(follower_id, followee_id)
        except AccountGoneError:
            raise _nobody() from None
        if moment is not None:
            await self._changes.wake(moment)
        return await self._existing(followee_id)

    async def unfollow(self, follower_id: int, followee_id: int) -> Account:
        """Follow an account no more; harmless if it was not followed. Refuses nobody."""
        await self._existing(followee_id)
        try:
            async with self._turn(followee_id):
                moment = await self._transactions.run(
                    lambda tx: self._remove_edge(follower_id, followee_id, tx)
                )
        except AccountGoneError:
            raise _nobody() from None
        if moment is not None:
            await self._changes.wake(moment)
        return await self._existing(followee_id)

    async def followees(self, follower_id: int) -> frozenset[int]:
        """Everyone an account follows."""
        return await self._follows.followees(follower_id)

    async def followed_among(self, follower_id: int, account_ids: Collection[int]) -> set[int]:
        """Those of some accounts that `follower_id` follows."""
        return await self._follows.followed_among(follower_id, account_ids)

    async def followers_after(self, followee_id: int, *, after: int, limit: int) -> FollowerChunk:
        """Followers of an account, in the order of their edges, behind edge `after` (0: all)."""
        return await self._follows.followers_after(followee_id, after=after, limit=limit)

    async def followers(self, account_id: int, *, first: int, before: int | None) -> Page[Edge]:
        """Who follows an account, the newest edge first."""
        limit = page_size(first) + 1
        edges = await self._follows.followers_before(
            account_id, before=_or_newest(before), limit=limit
        )
        return Page(items=tuple(edges[:first]), has_next=len(edges) > first)

    async def following(self, account_id: int, *, first: int, before: int | None) -> Page[Edge]:
        """Whom an account follows, the newest edge first."""
        limit = page_size(first) + 1
        edges = await self._follows.following_before(
            account_id, before=_or_newest(before), limit=limit
        )
        return Page(items=tuple(edges[:first]), has_next=len(edges) > first)

    @asynccontextmanager
    async def _turn(self, followee_id: int) -> AsyncIterator[None]:
        turn = self._turns.setdefault(followee_id, asyncio.Lock())
        try:
            await asyncio.wait_for(turn.acquire(), TURN_MAX_SECONDS)
        except TimeoutError:
            yield  # better to get in another's way than to wait behind one that hangs
            return
        try:
            yield
        finally:
            turn.release()

    async def _existing(self, account_id: int) -> Account:
        account = await self._accounts.find(account_id)
        if account is None:
            raise _nobody()
        return account

    async def _add(self, follower_id: int, followee_id: int) -> int | None:
        while True:
            try:
                return await self._transactions.run(
                    lambda tx: self._add_edge(follower_id, followee_id, tx)
                )
            except IdTakenError:
                continue

    async def _add_edge(self, follower_id: int, followee_id: int, tx: Transaction) -> int | None:
        """Returns the moment since when the edge is there, None if it was there before."""
        edge = Edge(
            id=self._ids.next(shard_of(follower_id)),
            follower_id=follower_id,
            followee_id=followee_id,
        )
        if not await self._follows.insert(edge, tx):
            return None
        counted = await self._accounts.count_follow(
            follower_id=follower_id,
            followee_id=followee_id,
            following_max=self._following_max,
            transaction=tx,
        )
        if counted is None and await self._accounts.find(follower_id) is None:
            raise UnauthenticatedError("The account is gone")
        if counted is None:
            raise Refusal(
                RefusalCode.LIMIT_REACHED,
                f"You follow {self._following_max:,} accounts, the most that is possible.",
                field="user_id",
            )
        moment = await self._changes.followed(
            follower_id=follower_id, followee_id=followee_id, transaction=tx
        )
        return await self._pulling.cross(followee_id, counted, tx) or moment

    async def _remove_edge(self, follower_id: int, followee_id: int, tx: Transaction) -> int | None:
        """Returns the moment since when the edge is gone, None if there was none."""
        if not await self._follows.remove(
            follower_id=follower_id, followee_id=followee_id, transaction=tx
        ):
            return None
        counted = await self._accounts.count_unfollow(
            follower_id=follower_id, followee_id=followee_id, transaction=tx
        )
        moment = await self._changes.unfollowed(
            follower_id=follower_id, followee_id=followee_id, transaction=tx
        )
        return await self._pulling.cross(followee_id, counted, tx) or moment


def _nobody() -> Refusal:
    return Refusal(RefusalCode.NOT_FOUND, "There is no such account.", field="user_id")


def _or_newest(before: int | None) -> int:
    return ID_MAX if before is None else before
