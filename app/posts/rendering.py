"""From PROCESSING to READY or FAILED, and from DELETED to gone."""

from typing import Protocol

from app.images.model import Image, NotAPhotoError
from app.jobs import ErasePhoto
from app.posts.model import Post, PostState
from app.posts.outbox import Outbox
from app.posts.store import PostStore
from app.transactions import Transaction, Transactions


class Images(Protocol):
    """What is made of originals."""

    async def render(self, post_id: int, region: str, original_sha256: str) -> Image:
        """Make and store the renditions; NotAPhotoError if the original is none."""

    async def erase(self, post_id: int, region: str) -> None:
        """Remove every object of a post."""


class PostCounts(Protocol):
    """Where an author's posts are counted."""

    async def count_post(self, *, author_id: int, change: int, transaction: Transaction) -> bool:
        """Count a post that became READY (1) or was deleted (-1); whether its author is pulled."""


class Rendering:
    """Answers the jobs that make and erase renditions; each may run twice, also at once."""

    def __init__(
        self,
        *,
        posts: PostStore,
        images: Images,
        counts: PostCounts,
        outbox: Outbox,
        transactions: Transactions,
    ) -> None:
        self._posts = posts
        self._images = images
        self._counts = counts
        self._outbox = outbox
        self._transactions = transactions

    async def render(self, post_id: int) -> None:
        """Make a PROCESSING post READY, or FAILED if it is no photo after all."""
        post = await self._posts.find(post_id)
        if post is None or post.state is not PostState.PROCESSING:
            return
        try:
            image = await self._images.render(post_id, post.region, post.original_sha256)
        except NotAPhotoError as error:
            await self._posts.become_failed(post_id, error.reason)
            return
        if await self._transactions.run(lambda tx: self._become_ready(post, image, tx)):
            await self._outbox.send_owed(post_id, PostState.READY)
        else:
            await self.erase(post_id)  # perhaps it was deleted, and erased, meanwhile

    async def erase(self, post_id: int) -> None:
        """Remove every object of a DELETED post."""
        post = await self._posts.find(post_id)
        if post is not None and post.state is PostState.DELETED:
            await self._images.erase(post_id, post.region)
            await self._posts.settle(post_id, ErasePhoto)

    async def _become_ready(self, post: Post, image: Image, transaction: Transaction) -> bool:
        if not await self._posts.become_ready(post.id, image, transaction):
            return False
        await self._counts.count_post(author_id=post.author_id, change=1, transaction=transaction)
        return True
