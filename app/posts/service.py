"""Finding, showing and deleting posts."""

from collections.abc import Collection
from typing import Protocol

from app.accounts.model import AccountGoneError
from app.errors import Refusal, RefusalCode
from app.ids import ID_MAX
from app.paging import Page, page_size
from app.posts.model import UNDELETED, Post, PostState
from app.posts.outbox import Outbox
from app.posts.store import PostStore
from app.transactions import Transaction, Transactions

SHOWN_TO_ALL = (PostState.READY,)


class PostCounts(Protocol):
    """Where an author's posts are counted."""

    async def count_post(self, *, author_id: int, change: int, transaction: Transaction) -> bool:
        """Count a post that became READY (1) or was deleted (-1); whether its author is pulled."""


class Changes(Protocol):
    """Where it is written down that a post is gone."""

    async def post_deleted(self, *, post_id: int, author_id: int, transaction: Transaction) -> int:
        """A READY post is gone; returns the moment."""

    async def wake(self, moment: int) -> None:
        """Have everybody look; best effort."""


class Gone(Protocol):
    """Which accounts are gone, though they may have posts."""

    @property
    def departing(self) -> frozenset[int]:
        """Accounts that are being erased, as far as this process knows."""


class Posts:
    """Posts, as their author and others see them."""

    def __init__(
        self,
        *,
        posts: PostStore,
        counts: PostCounts,
        changes: Changes,
        outbox: Outbox,
        transactions: Transactions,
        gone: Gone,
    ) -> None:
        self._posts = posts
        self._counts = counts
        self._changes = changes
        self._outbox = outbox
        self._transactions = transactions
        self._gone = gone

    async def find_visible(
        self, post_ids: Collection[int], viewer_id: int | None
    ) -> dict[int, Post]:
        """Those of some posts that a viewer (None: nobody) may see, in one read.

        An author that is gone is known as of the last look at the log.
        """
        posts = await self._posts.find_many(post_ids)
        gone = self._gone.departing
        return {
            post.id: post
            for post in posts.values()
            if post.is_visible_to(viewer_id) and post.author_id not in gone
        }

    async def by_author(
        self, author_id: int, viewer_id: int | None, *, first: int, before: int | None
    ) -> Page[Post]:
        """An author's posts, newest first; the author sees those that are not READY, too."""
        limit = page_size(first) + 1
        states = UNDELETED if author_id == viewer_id else SHOWN_TO_ALL
        posts = await self._posts.newest_of(
            [author_id], states, before=ID_MAX if before is None else before, limit=limit
        )
        return Page(items=tuple(posts[:first]), has_next=len(posts) > first)

    async def newest_ready(
        self, author_ids: Collection[int], *, before: int, limit: int, as_of: int
    ) -> list[Post]:
        """READY posts of some authors that were published up to the moment `as_of`.

        Newest first, older than `before`.
        """
        return await self._posts.newest_of(
            author_ids, SHOWN_TO_ALL, before=before, limit=limit, as_of=as_of
        )

    async def newest_ready_ids(
        self, author_ids: Collection[int], *, before: int, limit: int, as_of: int | None = None
    ) -> list[int]:
        """Ids of READY posts of some authors, newest first, older than `before`.

        With `as_of`, only of those that were published up to that moment.
        """
        return await self._posts.newest_ready_ids(
            author_ids, before=before, limit=limit, as_of=as_of
        )

    async def delete(self, viewer_id: int, post_id: int) -> None:
        """Delete one's own post: it is in no feed from now on, and its objects are erased.

        Refuses what is not there to be seen, and what is another's.
        """
        post = (await self.find_visible([post_id], viewer_id)).get(post_id)
        if post is None:
            raise Refusal(RefusalCode.NOT_FOUND, "There is no such post.", field="post_id")
        if post.author_id != viewer_id:
            raise Refusal(RefusalCode.FORBIDDEN, "This post is another's.", field="post_id")
        try:
            deleted, moment = await self._transactions.run(lambda tx: self._delete(post, tx))
        except AccountGoneError:
            return  # together with this post
        if deleted:
            await self._outbox.send_owed(post_id, PostState.DELETED)
        if moment is not None:
            await self._changes.wake(moment)

    async def _delete(self, post: Post, transaction: Transaction) -> tuple[bool, int | None]:
        """Whether it was deleted now, and the moment at which it left feeds, if it was in any."""
        state = await self._posts.become_deleted(post.id, transaction)
        if state is not PostState.READY:
            return state is not None, None
        await self._counts.count_post(author_id=post.author_id, change=-1, transaction=transaction)
        moment = await self._changes.post_deleted(
            post_id=post.id, author_id=post.author_id, transaction=transaction
        )
        return True, moment
