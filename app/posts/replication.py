"""A READY post has every object whole in its region and in that one's partner."""

import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol

from app.images.conditions import Mended, Wanted
from app.images.copies import objects_of
from app.images.model import Image, NotAPhotoError, ObjectStoreError
from app.images.sandbox import SandboxError
from app.posts.census import PostCensus
from app.posts.model import CopiedPost, Copy, Post

log = logging.getLogger(__name__)


class Copies(Protocol):
    """Looks at objects in regions."""

    async def answer(self, regions: Iterable[str]) -> bool:
        """Whether the stores of all these regions answer."""

    async def mend(
        self, wanted: Iterable[Wanted], regions: Sequence[str], *, is_dry: bool = False
    ) -> Mended:
        """Look at objects in these regions, and repair them."""


class Images(Protocol):
    """What is made of originals."""

    async def render(self, post_id: int, region: str, original_sha256: str) -> Image:
        """Make and store the renditions."""

    async def erase(self, post_id: int) -> None:
        """Remove every object of a post from every region."""


class Replication:
    """Answers the job that copies, and looks at copies that were made; each may run twice."""

    def __init__(
        self,
        *,
        posts: PostCensus,
        copies: Copies,
        images: Images,
        pair: Callable[[str], tuple[str, ...]],
    ) -> None:
        self._posts = posts
        self._copies = copies
        self._images = images
        self._pair = pair

    def regions(self, post: Post) -> tuple[str, ...]:
        """Where its objects have to be: its own region first."""
        return self._pair(post.region)

    async def replicate(self, post_id: int) -> None:
        """Copy what a post owes copies of. While a region is away they stay owed."""
        copied = await self._posts.owing_copies(post_id)
        if copied is None:
            return
        regions = self.regions(copied.post)
        if not await self._copies.answer(regions):
            log.debug("Post %d is not copied: not all of %s answer", post_id, regions)
            return
        await self.see_to(copied, regions)

    async def owe_missing(self) -> int:
        """Have posts without copies that owe nothing owe them; returns how many."""
        if owing := await self._posts.owe_missing():
            log.info("%d posts were found without copies, and owe them now", owing)
        return owing

    async def see_to(
        self, copied: CopiedPost, regions: Sequence[str], *, is_dry: bool = False
    ) -> Mended:
        """Look at a READY post's objects in some of its regions, mend them, and record that.

        If it was deleted meanwhile, what was put is erased again.
        """
        post = copied.post
        if post.image is None:
            raise ValueError(f"Post {post.id} is not READY")
        wanted = objects_of(post.id, post.original_sha256, post.image)
        mended = await self._copies.mend(wanted, regions, is_dry=is_dry)
        if is_dry:
            return mended
        if mended.lost and await self._render_anew(post):
            mended = _with_hindsight(mended, await self._copies.mend(wanted, regions))
        if not await self._record(copied, regions, mended):
            await self._erase(post.id)
        return mended

    async def _erase(self, post_id: int) -> None:
        """Remove what was put; a scrub makes up for it if that fails."""
        try:
            await self._images.erase(post_id)
        except ObjectStoreError as error:
            log.warning("Objects of post %d, which is deleted, are left: %s", post_id, error)

    async def _render_anew(self, post: Post) -> bool:
        """Make lost renditions from the original: if they come out the same, they are whole."""
        try:
            await self._images.render(post.id, post.region, post.original_sha256)
        except (NotAPhotoError, ObjectStoreError, SandboxError) as error:
            log.warning("What post %d has lost cannot be made anew: %s", post.id, error)
            return False
        return True

    async def _record(self, copied: CopiedPost, regions: Collection[str], mended: Mended) -> bool:
        """Note what came of it; False if the post is not READY any more."""
        post_id = copied.post.id
        if mended.lost:
            log.error("Post %d has lost %s", post_id, ", ".join(sorted(mended.lost)))
            return await self._posts.record(post_id, ())
        if mended.is_harmed:
            return await self._posts.owe(post_id)
        now = datetime.now(UTC)
        copies = [
            *(each for each in copied.copies if each.region not in regions),
            *(Copy(region=each, verified_at=now) for each in regions if each in mended.verified),
        ]
        if len(copies) == len(self.regions(copied.post)):
            return await self._posts.record(post_id, copies)
        return await self._posts.is_ready(post_id)


def _with_hindsight(before: Mended, after: Mended) -> Mended:
    """What was found at first, and what came of it after lost renditions were made anew."""
    whole = {(each.key, each.region) for each in after.found if each.is_whole}
    return Mended(
        found=tuple(
            replace(
                each,
                is_repaired=each.condition.is_harm and (each.key, each.region) in whole,
                is_lost=each.key in after.lost,
            )
            for each in before.found
        )
    )
