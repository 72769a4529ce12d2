"""Persisted queries in Redis: a cache, whose loss costs each client one more round trip."""

import logging
import math
from typing import TYPE_CHECKING

from app.breaker import Breaker
from app.cache import BREAK_SECONDS, CacheAwayError, answering_in
from app.kept import Kept
from app.metrics import count_persisted_query

if TYPE_CHECKING:
    from redis.asyncio import Redis, RedisCluster

REMEMBERED_MAX_CHARACTERS = 8_000_000

log = logging.getLogger(__name__)


class PersistedQueryStore:
    """Documents by the hex SHA-256 of their UTF-8, for as long as somebody asks for them.

    What this process has seen it remembers: a hash never comes to mean something else. Without
    Redis everything else is a miss.
    """

    def __init__(
        self, redis: "Redis | RedisCluster", *, kept_seconds: int, timeout_seconds: float
    ) -> None:
        self._redis = redis
        self._seconds = kept_seconds
        self._timeout_seconds = timeout_seconds
        self._breaker = Breaker(open_seconds=BREAK_SECONDS)
        self._remembered = Kept[str, str](
            max_weight=REMEMBERED_MAX_CHARACTERS, max_seconds=math.inf, weigh=len
        )

    async def find(self, sha256: str) -> str | None:
        """The document with that hash; None if it is not known, or not now."""
        text = self._remembered.find((sha256,)).get(sha256)
        if text is None and (found := await self._ask("GETEX", _key(sha256), "EX", self._seconds)):
            text = found.decode()
            self._remember(sha256, text)
        count_persisted_query(is_hit=text is not None)
        return text

    async def keep(self, sha256: str, text: str) -> None:
        """Have a document found by its hash from now on; best effort."""
        if not self._remembered.find((sha256,)):
            self._remember(sha256, text)
            await self._ask("SET", _key(sha256), text, "EX", self._seconds)

    def _remember(self, sha256: str, text: str) -> None:
        self._remembered.put(sha256, text, self._remembered.lease())

    async def _ask(self, *command: str | int) -> bytes | None:
        if not self._breaker.lets_pass():
            return None
        try:
            async with answering_in(self._redis, self._timeout_seconds):
                answer: bytes | None = await self._redis.execute_command(*command)
        except CacheAwayError as error:
            self._breaker.open()
            log.warning("Persisted queries are left alone for a while: %s", error)
            return None
        self._breaker.close()
        return answer if isinstance(answer, bytes) else None


def _key(sha256: str) -> str:
    return f"persisted:{sha256}"
