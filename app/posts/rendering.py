"""From PROCESSING to READY or FAILED, and from DELETED to gone."""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Protocol

from app.accounts.model import AccountGoneError
from app.images.model import Image, NotAPhotoError, ObjectStoreError, OutOfTimeError
from app.jobs import FanOut
from app.posts.model import Post, PostState
from app.posts.outbox import Outbox
from app.posts.store import PostStore
from app.transactions import Transaction, Transactions

log = logging.getLogger(__name__)


class Images(Protocol):
    """What is made of originals."""

    async def render(
        self, post_id: int, region: str, original_sha256: str, *, is_quick: bool
    ) -> Image:
        """Make and store the renditions.

        NotAPhotoError if the original is none, OutOfTimeError if that takes too long.
        """

    async def copy(self, post_id: int, region: str, twin: Image) -> Image | None:
        """Copy the renditions of another photo with the same original, if that is possible."""

    async def erase(self, post_id: int) -> None:
        """Remove every object of a post from every region."""


class Edges(Protocol):
    """Where people will ask for images."""

    async def warm(self, image: Image) -> None:
        """Have the edges fetch all variants; best effort."""


class PostCounts(Protocol):
    """Where an author's posts are counted."""

    async def count_post(self, *, author_id: int, change: int, transaction: Transaction) -> bool:
        """Count a post that became READY (1) or was deleted (-1); whether its author is pulled."""


class Changes(Protocol):
    """Where it is written down that a post is there."""

    async def post_published(
        self, *, post_id: int, author_id: int, transaction: Transaction
    ) -> int:
        """A post became READY; returns the moment."""

    async def wake(self, moment: int) -> None:
        """Have everybody look; best effort."""


class Rendering:
    """Answers the jobs that make and erase renditions; each may run twice, also at once."""

    def __init__(
        self,
        *,
        posts: PostStore,
        images: Images,
        edges: Edges,
        counts: PostCounts,
        changes: Changes,
        outbox: Outbox,
        transactions: Transactions,
        quick_max: int,
    ) -> None:
        self._posts = posts
        self._images = images
        self._edges = edges
        self._quick_max = quick_max
        self._counts = counts
        self._changes = changes
        self._outbox = outbox
        self._transactions = transactions

    async def render(self, post_id: int) -> None:
        """Make a PROCESSING post READY, or FAILED if it is no photo after all.

        In the quick lane, where nobody waits long. Whose photo takes longer, or who has several
        under way, goes on in the slow one, and keeps nobody else waiting.
        """
        post = await self._posts.find(post_id)
        if post is None or post.is_slow:
            return
        if await self._posts.has_waiting_before(post, self._quick_max):
            await self._outbox.slow_down(post_id)
            return
        try:
            await self._render(post, is_quick=True)
        except OutOfTimeError:
            await self._outbox.slow_down(post_id)

    async def render_slowly(self, post_id: int) -> None:
        """Do the same with all the time that a photo may take."""
        post = await self._posts.find(post_id)
        if post is None:
            return
        try:
            await self._render(post, is_quick=False)
        except OutOfTimeError as error:
            await self._posts.become_failed(post_id, error.reason)

    async def publish(self, post: Post, image: Image) -> bool:
        """Make a PROCESSING post READY, for all to see; False if it is not PROCESSING any more.

        A post whose author is gone is deleted instead.
        """
        try:
            published = await self._transactions.run(lambda tx: self._become_ready(post, image, tx))
        except AccountGoneError:
            await self._transactions.run(partial(self._posts.become_deleted, post.id))
            return False
        if published is None:
            return False
        unowed = () if published.owes_fan_out else (FanOut,)
        await self._outbox.send_owed(post.id, PostState.READY, but=unowed)
        await self._changes.wake(published.moment)
        return True

    async def erase(self, post_id: int) -> None:
        """Remove every object of a DELETED post, and once more after any job that may put some.

        While a region is away, it stays owed.
        """
        begun_at = datetime.now(UTC)
        post = await self._posts.find(post_id)
        if post is None or post.state is not PostState.DELETED:
            return
        try:
            await self._images.erase(post_id)
        except ObjectStoreError as error:
            log.warning("Post %d is still to be erased: %s", post_id, error)
            return
        await self._posts.settle_erasure(post_id, begun_at=begun_at)

    async def _render(self, post: Post, *, is_quick: bool) -> None:
        if post.state is not PostState.PROCESSING:
            return
        try:
            image = await self._image(post, is_quick=is_quick)
        except OutOfTimeError:
            raise
        except NotAPhotoError as error:
            await self._posts.become_failed(post.id, error.reason)
            return
        await self._edges.warm(image)
        if not await self.publish(post, image):
            await self.erase(post.id)  # perhaps it was deleted, and erased, meanwhile

    async def _image(self, post: Post, *, is_quick: bool) -> Image:
        twin = await self._posts.find_twin(post)
        if twin and twin.image:
            copied = await self._images.copy(post.id, post.region, twin.image)
            if copied:
                return copied
        return await self._images.render(
            post.id, post.region, post.original_sha256, is_quick=is_quick
        )

    async def _become_ready(
        self, post: Post, image: Image, transaction: Transaction
    ) -> "_Published | None":
        if not await self._posts.become_ready(post.id, image, transaction):
            return None
        is_pulled = await self._counts.count_post(
            author_id=post.author_id, change=1, transaction=transaction
        )
        moment = await self._changes.post_published(
            post_id=post.id, author_id=post.author_id, transaction=transaction
        )
        # The posts of a pulled account go into no timeline, however many there are.
        published = _Published(moment=moment, owes_fan_out=not is_pulled)
        await self._posts.set_published(
            post.id,
            moment=published.moment,
            owes_fan_out=published.owes_fan_out,
            transaction=transaction,
        )
        return published


@dataclass(frozen=True, kw_only=True, slots=True)
class _Published:
    moment: int
    owes_fan_out: bool
