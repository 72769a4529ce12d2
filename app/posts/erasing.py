"""The posts of accounts that are gone, deleted some at a time."""

from collections.abc import Collection
from typing import Protocol

from app.posts.model import PostState
from app.posts.outbox import Outbox
from app.posts.store import PostStore
from app.transactions import Transaction, Transactions

BATCH_POSTS = 100


class ClosedAccounts(Protocol):
    """Where posts are counted whose author is gone."""

    async def count_posts(self, author_id: int, deleted: int, transaction: Transaction) -> None:
        """Count that some READY posts are deleted."""


class Changes(Protocol):
    """Where it is written down what changed."""

    async def posts_deleted(
        self, author_id: int, post_ids: Collection[int], transaction: Transaction
    ) -> int:
        """Some READY posts of an author are gone; returns the moment."""

    async def wake(self, moment: int) -> None:
        """Have everybody look; best effort."""


class PostErasure:
    """Deletes what accounts that are gone have published; it may run twice, also at once.

    None becomes READY any more. But an upload that was begun before may still insert one.
    """

    def __init__(
        self,
        *,
        posts: PostStore,
        accounts: ClosedAccounts,
        changes: Changes,
        outbox: Outbox,
        transactions: Transactions,
    ) -> None:
        self._posts = posts
        self._accounts = accounts
        self._changes = changes
        self._outbox = outbox
        self._transactions = transactions

    async def erase_some_of(self, author_id: int) -> bool:
        """Delete the next posts of an author, with what they owe; False if there are no more."""
        post_ids, moment = await self._transactions.run(lambda tx: self._delete(author_id, tx))
        if moment is not None:
            await self._changes.wake(moment)
        await self._outbox.send_owed_of(post_ids, PostState.DELETED)
        return bool(post_ids)

    async def _delete(self, author_id: int, tx: Transaction) -> tuple[Collection[int], int | None]:
        states = await self._posts.delete_some_of(author_id, limit=BATCH_POSTS, transaction=tx)
        ready = [post_id for post_id, state in states.items() if state is PostState.READY]
        if not ready:
            return states.keys(), None
        await self._accounts.count_posts(author_id, len(ready), tx)
        return states.keys(), await self._changes.posts_deleted(author_id, ready, tx)
