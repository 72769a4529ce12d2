"""Rates in Redis: what was spent of them in the last while, and no longer."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache, partial
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple, Self, TypeAlias
from zlib import crc32

from redis.asyncio import RedisCluster
from redis.exceptions import RedisClusterException

from app.batches import Batches
from app.breaker import Breaker
from app.cache import BREAK_SECONDS, CacheAwayError, answering_in
from app.rates.model import Claim, Window
from app.rates.scripts import ANSWER, CLAIM, DIGEST_BYTES, SPEND
from app.settings import Settings

if TYPE_CHECKING:
    from redis.asyncio import Redis

CALL_MAX_CALLERS = 100  # such a call keeps Redis for some 2 ms
KEY_GROUPS = 16  # of a cluster; keys of one group share a slot
PLACES_REMEMBERED_MAX = 10_000

_Claims: TypeAlias = tuple[Claim, ...]
_Answers: TypeAlias = Mapping[_Claims, Sequence[Window]]

log = logging.getLogger(__name__)


class _Place(NamedTuple):
    """Where a subject's rate is: all keys of a tag share a slot, and a digest has it to itself."""

    tag: str
    digest: bytes


class RateStore:
    """Grants claims, or not: each for itself, in one step, whole or not at all.

    Those who ask at the same time share a call. Whoever asks waits `timeout_seconds` for an answer,
    and before that for the call under way; once that was in vain, only one in BREAK_SECONDS waits
    for the same server, until it answers again.

    Keys are hashes with `secret`, so that whoever sees Redis, or a copy of it, does not see who
    was here, not even by trying all addresses.
    """

    def __init__(
        self, redis: "Redis | RedisCluster", *, secret: str, timeout_seconds: float
    ) -> None:
        self._redis = redis
        self._secret = blake2b(secret.encode(), digest_size=32, person=b"rates").digest()
        self._timeout_seconds = timeout_seconds
        self._groups = KEY_GROUPS if isinstance(redis, RedisCluster) else 1
        self._breakers = defaultdict[str, Breaker](partial(Breaker, open_seconds=BREAK_SECONDS))
        self._place = lru_cache(maxsize=PLACES_REMEMBERED_MAX)(self._find_place)
        self._calls: dict[str, Batches[_Claims, Sequence[Window]]] = {}

    @classmethod
    def from_settings(cls, settings: Settings, redis: "Redis | RedisCluster") -> Self:
        """Rates of a deployment, in its cache."""
        return cls(
            redis,
            secret=settings.token_secret.get_secret_value(),
            timeout_seconds=settings.cache_timeout_seconds,
        )

    async def ask(self, *claims: Claim) -> Sequence[Window]:
        """What becomes of each claim; those whose server is away are left out."""
        by_server = self._by_server(claims) if claims else {}
        answers = [self._ask_server(server, some) for server, some in by_server.items()]
        if len(answers) == 1:  # gathering would make a task of it
            return await answers[0]
        return [window for windows in await asyncio.gather(*answers) for window in windows]

    def _by_server(self, claims: _Claims) -> Mapping[str, _Claims]:
        if self._groups == 1:
            return {"": claims}
        by_server = defaultdict[str, _Claims](tuple)
        for claim in claims:
            by_server[self._server_of(claim)] += (claim,)
        return by_server

    async def _ask_server(self, server: str, claims: _Claims) -> Sequence[Window]:
        breaker = self._breakers[server]
        if not breaker.is_open:
            return await self._calls_to(server).ask_one(claims) or ()
        return (await self._spend(server, [claims]))[claims] if breaker.lets_pass() else ()

    def _calls_to(self, server: str) -> Batches[_Claims, Sequence[Window]]:
        calls = self._calls.get(server)
        if calls is None:
            calls = Batches(partial(self._spend_next, server), max_keys=CALL_MAX_CALLERS)
            self._calls[server] = calls
        return calls

    async def _spend_next(self, server: str, asked: Collection[_Claims]) -> _Answers:
        """What becomes of claims that have waited for a call, unless that was in vain."""
        return {} if self._breakers[server].is_open else await self._spend(server, asked)

    async def _spend(self, server: str, asked: Collection[_Claims]) -> _Answers:
        breaker = self._breakers[server]
        try:
            async with answering_in(self._redis, self._timeout_seconds):
                windows = await self._call([claim for claims in asked for claim in claims])
        except CacheAwayError as error:
            if not breaker.is_open:
                log.warning("Rates are not limited until the cache is back: %s", error)
            breaker.open()
            return dict.fromkeys(asked, ())
        if breaker.is_open:
            log.info("Rates are limited again.")
        breaker.close()
        return {claims: [windows[claim] for claim in claims] for claims in asked}

    async def _call(self, claims: Sequence[Claim]) -> Mapping[Claim, Window]:
        groups = defaultdict[str, list[Claim]](list)
        for claim in claims:
            groups[self._place(claim.subject).tag].append(claim)
        answers = await self._run(
            [
                ("EVAL", SPEND, 1, tag, b"".join(map(self._packed, some)))
                for tag, some in groups.items()
            ]
        )
        return {
            claim: Window(claim, *counts)
            for some, answer in zip(groups.values(), answers, strict=True)
            for claim, counts in zip(some, ANSWER.iter_unpack(answer), strict=True)
        }

    async def _run(self, commands: Sequence[tuple[str | int | bytes, ...]]) -> list[bytes]:
        if len(commands) == 1:  # a pipeline takes a fifth longer
            return [await self._redis.execute_command(*commands[0])]
        pipeline = self._redis.pipeline(transaction=False)
        for command in commands:
            pipeline.execute_command(*command)
        answers: list[bytes] = await pipeline.execute()
        return answers

    def _packed(self, claim: Claim) -> bytes:
        digest, rate = self._place(claim.subject).digest, claim.rate
        return CLAIM.pack(digest, rate.limit, rate.window_seconds, claim.cost)

    def _find_place(self, subject: str) -> _Place:
        group = crc32(subject.encode()) % self._groups
        return _Place(
            tag=f"rates:{{{group:02}}}:",
            digest=blake2b(subject.encode(), digest_size=DIGEST_BYTES, key=self._secret).digest(),
        )

    def _server_of(self, claim: Claim) -> str:
        """The node's name, as far as known; a lone server needs none."""
        if not isinstance(self._redis, RedisCluster):
            return ""
        try:
            node = self._redis.get_node_from_key(self._place(claim.subject).tag)
        except RedisClusterException:
            return ""
        return node.name if node else ""
