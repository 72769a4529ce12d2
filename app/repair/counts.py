"""Counts, pull flags and the list of pulled accounts, compared with edges and posts."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from functools import partial
from typing import Protocol

from app.accounts.model import Counts, FollowerCount, Standing
from app.follows.model import PullThresholds
from app.repair.model import Fault, Finding
from app.transactions import Snapshot, Transaction, Transactions

FAULT_OF_COUNT = {
    "post_count": Fault.POST_COUNT,
    "follower_count": Fault.FOLLOWER_COUNT,
    "following_count": Fault.FOLLOWING_COUNT,
}


class Census(Protocol):
    """What accounts say of themselves."""

    async def after(self, account_id: int, *, limit: int, snapshot: Snapshot) -> list[Standing]:
        """The accounts behind one of them (0: the first), in the order of their ids."""

    async def mend(
        self, standing: Standing, drift: Counts, transaction: Transaction
    ) -> FollowerCount | None:
        """Add to each count what it lacks; None, with nothing done, if it was mended meanwhile."""


class Follows(Protocol):
    """The edges."""

    async def count_following(
        self, account_ids: Collection[int], snapshot: Snapshot
    ) -> dict[int, int]:
        """How many each of some accounts follows; who follows nobody is left out."""

    async def count_followers(
        self, account_ids: Collection[int], snapshot: Snapshot
    ) -> dict[int, int]:
        """How many follow each of some accounts; nobody's are left out."""


class Posts(Protocol):
    """The posts."""

    async def count_ready(self, author_ids: Collection[int], snapshot: Snapshot) -> dict[int, int]:
        """How many READY posts each of some authors has; who has none is left out."""


class Pulls(Protocol):
    """The list of pulled accounts."""

    async def listed_among(self, account_ids: Collection[int], session: Snapshot) -> set[int]:
        """Those of some accounts that are listed as pulled."""


class Pulling(Protocol):
    """What keeps the flag, the list and the log of changes one."""

    async def agree(
        self, account_id: int, counted: FollowerCount, transaction: Transaction
    ) -> int | None:
        """Cross if that is due, and have the list say what the flag says; returns the moment."""


class Changes(Protocol):
    """Who has to know of a crossing."""

    async def wake(self, moment: int) -> None:
        """Have everybody look; best effort."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Compared:
    """An account, and what was true of it at the same moment."""

    standing: Standing
    counts: Counts
    is_listed: bool
    is_pulled: bool

    @property
    def findings(self) -> list[Finding]:
        """Everything in which the account, or the list, is wrong."""
        said, right = asdict(self.standing.counts), asdict(self.counts)
        compared = [
            *((fault, said[count], right[count]) for count, fault in FAULT_OF_COUNT.items()),
            (Fault.PULL_FLAG, self.standing.is_pulled, self.is_pulled),
            (Fault.PULL_LIST, self.is_listed, self.is_pulled),
        ]
        return [
            Finding(account_id=self.standing.account_id, fault=fault, found=found, right=right)
            for fault, found, right in compared
            if found != right
        ]


class CountRepair:
    """Compares at one moment, and mends by the difference.

    Counts change in the transaction that changes what they count, so at one moment the two are
    equal however much is going on, and a difference between them stays the same until it is mended.
    """

    def __init__(
        self,
        *,
        census: Census,
        follows: Follows,
        posts: Posts,
        pulls: Pulls,
        pulling: Pulling,
        thresholds: PullThresholds,
        changes: Changes,
        transactions: Transactions,
    ) -> None:
        self._census = census
        self._follows = follows
        self._posts = posts
        self._pulls = pulls
        self._pulling = pulling
        self._thresholds = thresholds
        self._changes = changes
        self._transactions = transactions

    async def compare(self, *, after: int, limit: int) -> list[Compared]:
        """The accounts behind one of them (0: the first), in the order of their ids."""
        async with self._transactions.snapshot() as snapshot:
            standings = await self._census.after(after, limit=limit, snapshot=snapshot)
            if not standings:
                return []
            ids = [standing.account_id for standing in standings]
            posts = await self._posts.count_ready(ids, snapshot)
            followers = await self._follows.count_followers(ids, snapshot)
            following = await self._follows.count_following(ids, snapshot)
            listed = await self._pulls.listed_among(ids, snapshot)
        return [
            self._compared(
                standing,
                Counts(
                    post_count=posts.get(standing.account_id, 0),
                    follower_count=followers.get(standing.account_id, 0),
                    following_count=following.get(standing.account_id, 0),
                ),
                is_listed=standing.account_id in listed,
            )
            for standing in standings
        ]

    async def mend(self, compared: Compared) -> bool:
        """Make it right; False, with nothing done, if somebody has, since it was compared."""
        is_mended, moment = await self._transactions.run(partial(self._mend, compared))
        if moment is not None:
            await self._changes.wake(moment)
        return is_mended

    def _compared(self, standing: Standing, counts: Counts, *, is_listed: bool) -> Compared:
        counted = FollowerCount(followers=counts.follower_count, is_pulled=standing.is_pulled)
        return Compared(
            standing=standing,
            counts=counts,
            is_listed=is_listed,
            is_pulled=self._thresholds.is_pulled(counted),
        )

    async def _mend(self, compared: Compared, transaction: Transaction) -> tuple[bool, int | None]:
        standing = compared.standing
        drift = compared.counts - standing.counts
        counted = await self._census.mend(standing, drift, transaction)
        if counted is None:
            return False, None
        return True, await self._pulling.agree(standing.account_id, counted, transaction)
