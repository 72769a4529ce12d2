"""Timelines in bulk, as pushes would have left them, and what Redis says about them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import redis

from app.feeds.model import (
    HEADER_BYTES,
    ID_BYTES,
    Timeline,
    build_timeline,
    pack_header,
    pack_ids,
    unpack_timeline,
)
from app.feeds.store import UNREAD_MAX_MS, _key
from app.settings import Settings
from tests.bench.rounds import BenchError
from tests.bench.seeds import new_ids

PIPELINE_COMMANDS = 3_000
ROOM_BYTES = 2 << 30
FIRST_PUSHES = 4
"""Enough for Redis to double what it sets aside for a string."""


Cache = redis.Redis | redis.RedisCluster


@contextmanager
def open_cache(settings: Settings) -> Iterator[Cache]:
    """The Redis that has the timelines, or its cluster, without asyncio between."""
    kind = redis.RedisCluster if settings.cache_cluster else redis.Redis
    with kind.from_url(settings.cache_url.get_secret_value()) as cache:
        yield cache


def key(viewer_id: int) -> str:
    """What a viewer's timeline is called in Redis."""
    return _key(viewer_id)


def fill(cache: Cache, viewer_ids: Sequence[int], *, posts_max: int) -> None:
    """Put a timeline for each viewer, as long as timelines are in the long run.

    One begins with `posts_max` ids, grows to twice as many and is cut again, so that at any moment
    all lengths between are there. It grows here as it does by pushes, id by id at first, since
    what Redis sets aside for a string depends on that.
    """
    header = pack_header(
        build_timeline(following_version=0, built_at=0, pulled_ids=(), newest=[], most=posts_max)
    )
    packed = pack_ids(tuple(sorted(new_ids(2 * posts_max))))
    kept = posts_max * ID_BYTES
    with cache.pipeline(transaction=False) as pipeline:
        for number, viewer_id in enumerate(viewer_ids):
            length = kept + number % (posts_max + 1) * ID_BYTES
            first_grown = min(kept + FIRST_PUSHES * ID_BYTES, length)
            pipeline.set(key(viewer_id), header + packed[:kept], px=UNREAD_MAX_MS)
            for at in range(kept, first_grown, ID_BYTES):
                pipeline.append(key(viewer_id), packed[at : at + ID_BYTES])
            pipeline.append(key(viewer_id), packed[first_grown:length])
            if len(pipeline) >= PIPELINE_COMMANDS:
                pipeline.execute()
        pipeline.execute()


def entry_count(cache: Cache, viewer_id: int) -> int:
    """How many ids a timeline has; 0 if there is none."""
    size: Any = cache.strlen(key(viewer_id))
    return max(int(size) - HEADER_BYTES, 0) // ID_BYTES


def held(cache: Cache, viewer_id: int) -> Timeline | None:
    """A timeline, if there is one."""
    entry: Any = cache.get(key(viewer_id))
    return unpack_timeline(entry) if entry else None


def held_ids(cache: Cache, viewer_id: int) -> set[int]:
    """The ids in a timeline; none if there is none."""
    timeline = held(cache, viewer_id)
    return set(timeline.post_ids) if timeline else set()


def memory_bytes(cache: Cache, viewer_id: int) -> int:
    """What a timeline takes, as Redis counts it: key, value, and what is set aside for growth."""
    usage: Any = cache.memory_usage(key(viewer_id))
    return int(usage or 0)


@contextmanager
def roomy(cache: Cache) -> Iterator[None]:
    """Let a Redis have ROOM_BYTES, and empty it afterwards; nothing may be dropped meanwhile."""
    before: Any = cache.config_get("maxmemory")
    evicted = _evicted_keys(cache)
    cache.config_set("maxmemory", ROOM_BYTES)
    try:
        yield
        if _evicted_keys(cache) != evicted:
            raise BenchError("Redis dropped timelines for want of memory")
    finally:
        # At once, or there is no room yet for what comes next.
        cache.execute_command("FLUSHALL", "SYNC")  # type: ignore[no-untyped-call] # as is
        cache.config_set("maxmemory", before["maxmemory"])


def _evicted_keys(cache: Cache) -> int:
    """How many keys Redis has dropped for want of memory since it started."""
    info: Any = cache.info("stats")
    return int(info["evicted_keys"])
