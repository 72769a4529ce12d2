"""Timelines in Redis: a cache that may vanish at any moment."""

import logging
import struct
from collections.abc import Collection
from typing import TYPE_CHECKING

from redis.exceptions import RedisError

from app.feeds.model import HEADER_BYTES, ID_BYTES, Timeline, pack_ids, unpack_timeline
from app.feeds.scripts import BEGIN_BUILD, FINISH_BUILD, PUSH
from app.ids import shard_of

if TYPE_CHECKING:
    from redis.asyncio import Redis

BUILD_MAX_MS = 10_000
UNREAD_MAX_MS = 14 * 24 * 3_600_000
KEY_GROUPS = 64  # keys of one group share a cluster's slot

log = logging.getLogger(__name__)


class TimelineStore:
    """Each viewer's timeline.

    A push that makes it longer than twice `posts_max` ids cuts it to half of that. A build that
    kept pushes meanwhile may be `posts_max` longer, until the next push.
    """

    def __init__(self, redis: "Redis", *, posts_max: int) -> None:
        self._redis = redis
        self._kept_bytes = posts_max * ID_BYTES
        self._size_max = HEADER_BYTES + 2 * self._kept_bytes
        self._push = redis.register_script(PUSH)
        self._begin_build = redis.register_script(BEGIN_BUILD)
        self._finish_build = redis.register_script(FINISH_BUILD)

    async def read(self, viewer_id: int) -> Timeline | None:
        """A viewer's timeline; None if there is none, it is being built, or Redis is away."""
        try:
            entry = await self._redis.getex(_key(viewer_id), px=UNREAD_MAX_MS)
        except RedisError as error:
            log.warning("Timelines cannot be read: %r", error)
            return None
        return unpack_timeline(entry) if isinstance(entry, bytes) else None

    async def push(self, post_id: int, viewer_ids: Collection[int]) -> None:
        """Add a post to the timelines that exist; raises RedisError if that cannot be done."""
        if viewer_ids:
            await self._push(
                keys=[_key(viewer_id) for viewer_id in viewer_ids],
                args=[pack_ids((post_id,)), self._size_max, self._kept_bytes],
            )

    async def begin_build(self, viewer_id: int, following_version: int) -> bytes | None:
        """Take on building a timeline; returns a token, or None if that is not to be done now.

        From here on pushes are kept, so that posts read from MongoDB after this call and pushes
        together leave no hole.
        """
        try:
            token: bytes | None = await self._begin_build(
                keys=[_key(viewer_id)],
                args=[_packed(following_version), BUILD_MAX_MS, UNREAD_MAX_MS],
            )
        except RedisError as error:
            log.warning("Timelines cannot be built: %r", error)
            return None
        return token

    async def finish_build(self, viewer_id: int, token: bytes, timeline: Timeline) -> None:
        """Put what was built in place, unless the build was lost meanwhile; best effort."""
        try:
            await self._finish_build(
                keys=[_key(viewer_id)],
                args=[
                    _packed(timeline.following_version),
                    token,
                    _packed(timeline.complete_above),
                    pack_ids(timeline.post_ids[::-1]),  # oldest first, so that they are cut first
                ],
            )
        except RedisError as error:
            log.warning("A timeline could not be kept: %r", error)


def _key(viewer_id: int) -> str:
    return f"timeline:{{{shard_of(viewer_id) % KEY_GROUPS}}}:{viewer_id:x}"


def _packed(number: int) -> bytes:
    return struct.pack(">Q", number)
