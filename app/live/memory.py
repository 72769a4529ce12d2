"""What this process keeps of posts, accounts and edges, exact by the log of changes."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from collections.abc import Set as AbstractSet
from typing import Generic, Protocol, TypeVar

from app.accounts.model import Account
from app.batches import Batches
from app.kept import Kept
from app.live.model import OF_EDGES, Change, ChangeKind
from app.live.tail import Tail
from app.posts.model import Post, PostState

READ_MAX_KEYS = 1_000
READ_MAX_VIEWERS = 20
READS_AT_ONCE = 2
# Of whoever follows more nothing is kept: to read them all costs more than it is likely to save.
KEPT_FOLLOWEES_MAX = 1_000

Value = TypeVar("Value")


class Accounts(Protocol):
    """Where accounts are stored."""

    async def find_many(self, account_ids: Collection[int]) -> dict[int, Account]:
        """Accounts by id, in one read; ids of nobody are left out."""


class Posts(Protocol):
    """Where posts are stored."""

    async def find_many(self, post_ids: Collection[int]) -> dict[int, Post]:
        """Posts by id in whatever state, in one read; ids of nothing are left out."""


class Follows(Protocol):
    """Where edges are stored."""

    async def followees(self, follower_id: int) -> frozenset[int]:
        """Everyone an account follows."""

    async def followees_of(self, follower_ids: Collection[int]) -> dict[int, frozenset[int]]:
        """Everyone that each of some accounts follows, in one read."""

    async def followed_among(self, follower_id: int, account_ids: Collection[int]) -> set[int]:
        """Those of some accounts that `follower_id` follows."""


class Memory:
    """Answers from memory what it can, and reads the rest together with others who ask.

    Whoever asks names a time (monotonic seconds), and gets nothing that was out of date then. For
    that, what is kept is only used after a look at the log that began no earlier; operations name
    their own beginning, and share the look. The log drops what has changed. While it is known to
    lack something, nothing that is kept is used. What is changed past the log (by a repair, or by
    hand) is seen after the seconds that anything is kept.
    """

    def __init__(
        self,
        *,
        tail: Tail,
        accounts: Accounts,
        posts: Posts,
        follows: Follows,
        max_accounts: int,
        max_posts: int,
        max_followees: int,
        max_seconds: float,
    ) -> None:
        self._tail = tail
        self._follows = follows
        self._accounts = _Remembered(
            accounts.find_many,
            Kept[int, Account](max_weight=max_accounts, max_seconds=max_seconds),
            max_keys=READ_MAX_KEYS,
        )
        self._posts = _Remembered(
            posts.find_many,
            Kept[int, Post](max_weight=max_posts, max_seconds=max_seconds),
            max_keys=READ_MAX_KEYS,
            # Others change past the log. What is deleted is so for ever.
            may_keep=lambda post: post.state in {PostState.READY, PostState.DELETED},
        )
        self._followees = _Remembered(
            follows.followees_of,
            Kept[int, frozenset[int]](
                max_weight=max_followees,
                max_seconds=max_seconds,
                weigh=lambda followees: len(followees) + 1,
            ),
            max_keys=READ_MAX_VIEWERS,
        )
        tail.listen(self._take_in, self._forget)

    async def accounts(
        self, account_ids: Collection[int], *, not_before: float
    ) -> dict[int, Account]:
        """Accounts by id; ids of nobody are left out."""
        view = await self._tail.catch_up(not_before)
        return await self._accounts.find(account_ids, not_before, is_exact=view.is_whole)

    async def ready_posts(self, post_ids: Collection[int], *, not_before: float) -> dict[int, Post]:
        """Those of some posts that are READY, by id."""
        view = await self._tail.catch_up(not_before)
        found = await self._posts.find(post_ids, not_before, is_exact=view.is_whole)
        return {post_id: post for post_id, post in found.items() if post.state is PostState.READY}

    async def followees(self, viewer_id: int, *, not_before: float) -> frozenset[int]:
        """Everyone an account follows."""
        if await self._follows_many(viewer_id, not_before):
            return await self._follows.followees(viewer_id)
        view = await self._tail.catch_up(not_before)
        found = await self._followees.find((viewer_id,), not_before, is_exact=view.is_whole)
        return found.get(viewer_id, frozenset())

    async def followed_among(
        self, viewer_id: int, account_ids: Collection[int], *, not_before: float
    ) -> AbstractSet[int]:
        """Those of some accounts that a viewer follows."""
        if not account_ids:
            return frozenset()
        are_few = len(account_ids) <= READ_MAX_KEYS
        if are_few and await self._follows_many(viewer_id, not_before):
            return await self._follows.followed_among(viewer_id, account_ids)
        followees = await self.followees(viewer_id, not_before=not_before)
        return followees.intersection(account_ids)

    async def _follows_many(self, viewer_id: int, not_before: float) -> bool:
        viewer = (await self.accounts((viewer_id,), not_before=not_before)).get(viewer_id)
        return viewer is not None and viewer.following_count > KEPT_FOLLOWEES_MAX

    def _take_in(self, change: Change) -> None:
        if change.kind is ChangeKind.VOID:
            return
        self._accounts.drop(change.actor_id)
        if change.kind in OF_EDGES:
            self._accounts.drop(change.subject_id)
            self._followees.drop(change.actor_id)
        elif change.kind is ChangeKind.POST_DELETED:
            self._posts.drop(change.subject_id)

    def _forget(self) -> None:
        self._accounts.clear()
        self._posts.clear()
        self._followees.clear()


class _Remembered(Generic[Value]):
    """Values by id: from what is kept, or read together with what others ask for, and kept."""

    def __init__(
        self,
        read: Callable[[Collection[int]], Awaitable[Mapping[int, Value]]],
        kept: Kept[int, Value],
        *,
        max_keys: int,
        may_keep: Callable[[Value], bool] = lambda _: True,
    ) -> None:
        self._read = read
        self._kept = kept
        self._may_keep = may_keep
        self._batches = Batches(self._read_and_keep, max_keys=max_keys, at_once=READS_AT_ONCE)
        self.drop = kept.drop
        self.clear = kept.clear

    async def find(
        self, ids: Collection[int], not_before: float, *, is_exact: bool
    ) -> dict[int, Value]:
        """The values there are; what is kept only serves while it `is_exact`."""
        found = self._kept.find(ids) if is_exact else {}
        if len(found) < len(ids):
            missing = [each for each in ids if each not in found]
            found |= await self._batches.ask(missing, not_before=not_before)
        return found

    async def _read_and_keep(self, ids: Collection[int]) -> Mapping[int, Value]:
        lease = self._kept.lease()
        found = await self._read(ids)
        for each, value in found.items():
            if self._may_keep(value):
                self._kept.put(each, value, lease)
        return found
