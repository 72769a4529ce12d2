"""Timelines in Redis: a cache that may vanish at any moment."""

import logging
import math
import struct
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from redis.asyncio import RedisCluster
from redis.exceptions import RedisClusterException

from app.batches import Batches
from app.breaker import Breaker
from app.cache import BREAK_SECONDS, CacheAwayError, answering_in
from app.feeds.model import (
    HEADER_BYTES,
    ID_BYTES,
    Timeline,
    pack_header,
    pack_ids,
    unpack_timeline,
)
from app.feeds.scripts import BEGIN_BUILD, FINISH_BUILD, PUSH
from app.ids import SEQUENCE_BITS, shard_of
from app.kept import Kept

if TYPE_CHECKING:
    from redis.asyncio import Redis

BUILD_MAX_MS = 10_000
UNREAD_MAX_MS = 14 * 24 * 3_600_000
PUSH_MAX_SECONDS = 5.0
PEEK_MAX_SECONDS = 5.0
READ_MAX_VIEWERS = 200
UNPACKED_MAX_IDS = 500_000
KEY_GROUPS = 64  # a power of two; keys of one group share a cluster's slot
_GROUP_MASK = KEY_GROUPS - 1

Answer = TypeVar("Answer")

log = logging.getLogger(__name__)


class TimelineStore:
    """Each viewer's timeline.

    A push that makes it longer than twice `posts_max` ids cuts it to half of that. A build that
    kept pushes meanwhile may be `posts_max` longer, until the next push. Who reads or builds waits
    `timeout_seconds` at most; once that was in vain, only one in BREAK_SECONDS waits for the same
    server, until it answers again.
    """

    def __init__(
        self, redis: "Redis | RedisCluster", *, posts_max: int, timeout_seconds: float
    ) -> None:
        self._redis = redis
        self._timeout_seconds = timeout_seconds
        self._kept_bytes = posts_max * ID_BYTES
        self._size_max = HEADER_BYTES + 2 * self._kept_bytes
        self._breakers = defaultdict[str, Breaker](partial(Breaker, open_seconds=BREAK_SECONDS))
        self._reads: dict[str, Batches[str, bytes]] = {}
        # To take the same bytes apart again would come to the same.
        self._unpacked = Kept[str, tuple[bytes, Timeline | None]](
            max_weight=UNPACKED_MAX_IDS,
            max_seconds=math.inf,
            weigh=lambda unpacked: len(unpacked[0]) // ID_BYTES,
        )

    async def read(self, viewer_id: int) -> Timeline | None:
        """A viewer's timeline; None if there is none, it is being built, or Redis is away.

        Those who ask a server at the same time share a round trip.
        """
        key = _key(viewer_id)
        server = self._server_of(key)
        if self._breakers[server].is_open:
            entry = await self._ask(key, "GETEX", key, "PX", UNREAD_MAX_MS)
        else:
            entry = await self._reads_from(server).ask_one(key)
        return self._timeline(key, entry) if entry else None

    async def peek(self, viewer_ids: Collection[int]) -> dict[int, Timeline]:
        """The timelines that some viewers have; they live no longer for it.

        Raises:
            CacheAwayError: it cannot be told who has one.
        """
        pipeline = self._redis.pipeline(transaction=False)
        for viewer_id in viewer_ids:
            pipeline.execute_command("GET", _key(viewer_id))
        async with answering_in(self._redis, PEEK_MAX_SECONDS):
            entries = await pipeline.execute()
        found = (
            (viewer_id, unpack_timeline(entry))
            for viewer_id, entry in zip(viewer_ids, entries, strict=True)
            if entry
        )
        return {viewer_id: timeline for viewer_id, timeline in found if timeline}

    async def push(self, post_id: int, viewer_ids: Collection[int]) -> None:
        """Add a post to the timelines that exist; raises CacheAwayError if that cannot be done.

        One script call a group of keys, all in one pipeline: 10,000 viewers are one round trip.
        """
        pipeline = self._redis.pipeline(transaction=False)
        for group, members in _grouped(viewer_ids).items():
            keys = _keys(group, members)
            first = keys[: len(keys) // len(members)]
            bounds = (self._size_max, self._kept_bytes)
            pipeline.execute_command("EVAL", PUSH, 1, first, pack_ids((post_id,)), *bounds, keys)
        async with answering_in(self._redis, PUSH_MAX_SECONDS):
            await pipeline.execute()

    async def begin_build(self, viewer_id: int, following_version: int) -> bytes | None:
        """Take on building a timeline; returns a token, or None if that is not to be done now.

        From here on pushes are kept, so that posts read from MongoDB after this call and pushes
        together leave no hole.
        """
        key, version = _key(viewer_id), pack_ids((following_version,))
        return await self._ask(
            key, "EVAL", BEGIN_BUILD, 1, key, version, BUILD_MAX_MS, UNREAD_MAX_MS
        )

    async def finish_build(self, viewer_id: int, token: bytes, timeline: Timeline) -> None:
        """Put what was built in place, unless the build was lost meanwhile; best effort."""
        oldest_first = timeline.post_ids[::-1]  # so that they are cut first
        built = pack_header(timeline) + pack_ids(timeline.pulled_ids) + pack_ids(oldest_first)
        key = _key(viewer_id)
        await self._ask(key, "EVAL", FINISH_BUILD, 1, key, token, built)

    async def drop(self, viewer_id: int) -> None:
        """Have a timeline built anew at the next read; raises CacheAwayError if that fails."""
        async with answering_in(self._redis, self._timeout_seconds):
            await self._redis.execute_command("DEL", _key(viewer_id))

    async def _ask(self, key: str, *command: str | bytes | int) -> bytes | None:
        """What the server of a key answers; None if it is away."""
        server = self._server_of(key)
        if not self._breakers[server].lets_pass():
            return None
        ask: Callable[[], Awaitable[bytes | None]]
        ask = partial(self._redis.execute_command, *command)
        return await self._answer(server, ask)

    def _reads_from(self, server: str) -> Batches[str, bytes]:
        reads = self._reads.get(server)
        if reads is None:
            reads = Batches(partial(self._read, server), max_keys=READ_MAX_VIEWERS)
            self._reads[server] = reads
        return reads

    async def _read(self, server: str, keys: Collection[str]) -> dict[str, bytes]:
        """The entries of some keys that a server has; none if it has just been away."""
        if self._breakers[server].is_open:
            return {}
        pipeline = self._redis.pipeline(transaction=False)
        for key in keys:
            pipeline.execute_command("GETEX", key, "PX", UNREAD_MAX_MS)
        entries: list[bytes | None] = await self._answer(server, pipeline.execute) or []
        return {key: entry for key, entry in zip(keys, entries, strict=False) if entry}

    async def _answer(self, server: str, ask: Callable[[], Awaitable[Answer]]) -> Answer | None:
        """What a server answers; None, with its breaker opened, if it is away."""
        breaker = self._breakers[server]
        try:
            async with answering_in(self._redis, self._timeout_seconds):
                answer = await ask()
        except CacheAwayError as error:
            breaker.open()
            log.warning("The cache of timelines is left alone for a while: %s", error)
            return None
        breaker.close()
        return answer

    def _timeline(self, key: str, entry: bytes) -> Timeline | None:
        unpacked = self._unpacked.find((key,)).get(key)
        if unpacked is None or unpacked[0] != entry:
            unpacked = (entry, unpack_timeline(entry))
            self._unpacked.put(key, unpacked, self._unpacked.lease())
        return unpacked[1]

    def _server_of(self, key: str) -> str:
        """The node's name, as far as known; a lone server needs none."""
        if not isinstance(self._redis, RedisCluster):
            return ""
        try:
            node = self._redis.get_node_from_key(key)
        except RedisClusterException:
            return ""
        return node.name if node else ""


def _grouped(viewer_ids: Collection[int]) -> dict[int, list[int]]:
    groups: defaultdict[int, list[int]] = defaultdict(list)
    for viewer_id in viewer_ids:
        # As `_group` has it; calling that 10,000 times takes longer than all the rest.
        groups[viewer_id >> SEQUENCE_BITS & _GROUP_MASK].append(viewer_id)
    return groups


def _group(viewer_id: int) -> int:
    return shard_of(viewer_id) % KEY_GROUPS


def _key(viewer_id: int) -> str:
    return _keys(_group(viewer_id), [viewer_id])


def _keys(group: int, viewer_ids: Sequence[int]) -> str:
    """The keys of some viewers of a group, one after the other, all of the same length."""
    tag = f"timeline:{{{group:02}}}:"
    packed = struct.pack(f">{len(viewer_ids)}Q", *viewer_ids)
    return tag + packed.hex("-", ID_BYTES).replace("-", tag)
