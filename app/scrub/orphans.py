"""Objects that belong to no post, or not any more, found and removed."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final, Protocol

from app.ids import ID_MAX
from app.images.conditions import Listed
from app.images.model import ObjectStoreError, original_key
from app.images.regions import Regions
from app.jobs import ErasePhoto
from app.posts.census import PostCensus
from app.posts.model import CopiedPost, Post, PostState
from app.scrub.model import Orphan, Report, Run, Step

PREFIXES: Final = ("originals/", "renditions/")
PAGE_OBJECTS: Final = 1_000  # what a store lists at once
YOUNG: Final = timedelta(hours=1)
"""What was put so lately may belong to a post that is not written yet, or not READY yet."""

_POST: Final = re.compile(r"[a-z]+/([0-9a-f]{16})/")


class Objects(Protocol):
    """Objects by region and key. Calls block, and raise ObjectStoreError."""

    def listed(self, region: str, prefix: str, *, after: str, limit: int) -> list[Listed]:
        """Objects below a prefix, in the order of their keys, behind one of them."""

    def remove_all(self, region: str, keys: Iterable[str]) -> None:
        """Remove those of the objects that there are."""


class Orphans:
    """Goes through all objects of a region below one prefix, in the order of their keys.

    Whose post is deleted and owes no erasing is removed at once: a region that was restored from
    a backup does not bring it back. Whatever belongs to no post, or is none of its post's objects,
    is removed once it is not YOUNG.
    """

    def __init__(
        self, *, objects: Objects, regions: Regions, posts: PostCensus, region: str, prefix: str
    ) -> None:
        self._objects = objects
        self._regions = regions
        self._posts = posts
        self._region = region
        self._prefix = prefix

    @property
    def name(self) -> str:
        """What it is known by from one run to the next."""
        return f"{self._region}/{self._prefix}"

    async def step(self, after: str, run: Run) -> Step | None:
        """Look at the objects behind the key `after`, and remove those that are orphans."""
        try:
            return await self._step(after, is_dry=run.is_dry)
        except ObjectStoreError:
            return Step(after=after, report=Report(unlisted=1), is_last=True)

    async def _step(self, after: str, *, is_dry: bool) -> Step | None:
        ask = partial(
            self._objects.listed, self._region, self._prefix, after=after, limit=PAGE_OBJECTS
        )
        listed = await self._regions.ask(self._region, ask)
        if not listed:
            return None
        orphans = await self._orphans_among(listed)
        if orphans and not is_dry:
            remove = partial(self._objects.remove_all, self._region, orphans)
            await self._regions.ask(self._region, remove)
        return Step(
            after=listed[-1].key,
            report=Report(orphans=len(orphans)),
            findings=tuple(Orphan(region=self._region, key=key) for key in orphans),
        )

    async def _orphans_among(self, listed: Iterable[Listed]) -> list[str]:
        of_post = {each.key: _post_id(each.key) for each in listed}
        posts = await self._posts.find_many({each for each in of_post.values() if each})
        old_before = datetime.now(UTC) - YOUNG
        return [
            each.key
            for each in listed
            if _is_orphan(each.key, of_post[each.key], posts, is_old=each.modified_at < old_before)
        ]


def _post_id(key: str) -> int | None:
    """The post that an object belongs to by its key."""
    named = _POST.match(key)
    post_id = int(named[1], 16) if named else ID_MAX + 1
    return post_id if post_id <= ID_MAX else None


def _is_orphan(
    key: str, post_id: int | None, posts: Mapping[int, CopiedPost], *, is_old: bool
) -> bool:
    copied = posts.get(post_id) if post_id else None
    if copied is None:
        return is_old
    if copied.post.state is PostState.DELETED:
        return ErasePhoto.name not in copied.owed
    if copied.post.state is PostState.PROCESSING:
        return False
    return is_old and key not in _keys_of(copied.post)


def _keys_of(post: Post) -> set[str]:
    renditions = post.image.variants if post.image else ()
    return {original_key(post.id, post.original_sha256), *(each.key for each in renditions)}
