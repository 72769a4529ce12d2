"""Writes down what happens to feeds."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from app.follows.model import Edge
from app.live.bus import LiveBus
from app.live.model import ChangeKind
from app.live.store import ChangeLog
from app.live.tail import RECENT_CHANGES
from app.transactions import Transaction


class Changes:
    """Writes changes into the log, each in the transaction that makes it; returns its moment.

    Whoever has committed wakes those who wait.
    """

    def __init__(self, *, log: ChangeLog, bus: LiveBus, kept_seconds: float) -> None:
        self._log = log
        self._bus = bus
        self._kept = timedelta(seconds=kept_seconds)

    async def post_published(
        self, *, post_id: int, author_id: int, transaction: Transaction
    ) -> int:
        """A post became READY."""
        return await self._log.append(
            ChangeKind.POST_PUBLISHED,
            actor_id=author_id,
            subject_id=post_id,
            transaction=transaction,
        )

    async def post_deleted(self, *, post_id: int, author_id: int, transaction: Transaction) -> int:
        """A READY post is gone."""
        return await self._log.append(
            ChangeKind.POST_DELETED, actor_id=author_id, subject_id=post_id, transaction=transaction
        )

    async def followed(
        self, *, follower_id: int, followee_id: int, transaction: Transaction
    ) -> int:
        """The follower follows the followee now."""
        return await self._log.append(
            ChangeKind.FOLLOWED,
            actor_id=follower_id,
            subject_id=followee_id,
            transaction=transaction,
        )

    async def unfollowed(
        self, *, follower_id: int, followee_id: int, transaction: Transaction
    ) -> int:
        """The follower follows the followee no more."""
        return await self._log.append(
            ChangeKind.UNFOLLOWED,
            actor_id=follower_id,
            subject_id=followee_id,
            transaction=transaction,
        )

    async def crossed(self, *, account_id: int, is_pulled: bool, transaction: Transaction) -> int:
        """An account is pulled, or pushed, from now on."""
        return await self._log.append(
            ChangeKind.PULLED if is_pulled else ChangeKind.PUSHED,
            actor_id=account_id,
            subject_id=0,
            transaction=transaction,
        )

    async def account_deleted(self, account_id: int, transaction: Transaction) -> int:
        """An account is gone: nobody follows it from now on, and it has no posts."""
        return await self._log.append(
            ChangeKind.ACCOUNT_DELETED, actor_id=account_id, subject_id=0, transaction=transaction
        )

    async def posts_deleted(
        self, author_id: int, post_ids: Collection[int], transaction: Transaction
    ) -> int:
        """Some READY posts of an author are gone."""
        deleted = [(author_id, post_id) for post_id in post_ids]
        return await self._log.append_all(ChangeKind.POST_DELETED, deleted, transaction)

    async def edges_erased(self, edges: Collection[Edge], transaction: Transaction) -> int:
        """Edges from or to an account that is gone are erased."""
        erased = [(edge.follower_id, edge.followee_id) for edge in edges]
        return await self._log.append_all(ChangeKind.EDGE_ERASED, erased, transaction)

    async def account_erased(self, account_id: int, transaction: Transaction) -> int:
        """Nothing is left of what an account had that is gone."""
        return await self._log.append(
            ChangeKind.ACCOUNT_ERASED, actor_id=account_id, subject_id=0, transaction=transaction
        )

    async def wake(self, moment: int) -> None:
        """Have everybody look at the log; best effort."""
        await self._bus.wake(moment)

    async def forget(self) -> int:
        """Forget what is too old to be told again; returns how many changes."""
        before = datetime.now(UTC) - self._kept
        return await self._log.trim(before=before, kept=RECENT_CHANGES)
