"""The cache, as all that keep something there see it: it answers in time, or it is away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from redis.exceptions import RedisClusterException, RedisError

if TYPE_CHECKING:
    from redis.asyncio import Redis, RedisCluster

BREAK_SECONDS = 2.0
"""For so long a server is left alone that did not answer; then one of those who ask tries again."""

# What a cluster's client raises is no RedisError, and the driver lets errors of the event loop's
# transports through when a connection is lost while it writes (redis-py 8.1).
_DRIVER_ERRORS = (
    *(RedisError, RedisClusterException),
    *(TimeoutError, OSError, AttributeError, TypeError),
)


class CacheAwayError(Exception):
    """The cache did not answer, or not in time."""


@asynccontextmanager
async def answering_in(redis: "Redis | RedisCluster", seconds: float) -> AsyncIterator[None]:
    """Raises CacheAwayError for everything that can be wrong with Redis, and in time.

    The client of a cluster has to know first who has what: asked before, it asks anybody. It asks
    node after node, and waiting callers queue behind that, so the timeouts of its sockets are no
    bound.
    """
    try:
        async with asyncio.timeout(seconds):
            await redis.initialize()
            yield
    except _DRIVER_ERRORS as error:
        raise CacheAwayError(f"No answer from the cache: {error!r}") from error
