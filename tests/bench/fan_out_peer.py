"""Our fan-out beside that of stream-framework-plus: the same followers, Redis and one process."""

import asyncio
import json
import random
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

import dramatiq
from dramatiq.brokers.redis import RedisBroker

from app.broker import Broker
from app.jobs import FanOut
from app.posts.store import PostStore
from app.settings import Settings
from app.wiring import House, open_house
from tests.bench import seeds, timelines
from tests.bench.peer.environment import peer_python
from tests.bench.report import Figure
from tests.bench.rounds import BenchError, Say, between, take_turns
from tests.stack import TestStack
from workers.handlers import HANDLERS

FOLLOWERS = 3_000
"""As many as the peer's feeds leave room for in the cache."""

JOBS_AT_ONCE = 4
"""A worker has as many threads."""

POSTS = 20
PEER_POSTS = 1
ROUNDS = 5
CHECKED = 50
PEER = Path(__file__).parent / "peer" / "fan_out.py"
PEER_KEYS = "peer:*"
PEER_DEADLINE_SECONDS = 60.0
ANSWER_MAX_BYTES = 1_000_000


async def measure(stack: TestStack, say: Say) -> list[Figure]:
    """Deliveries a second of one process, into timelines that are as long as they are kept.

    Neither has a queue between: both do what its worker would do, chunk by chunk. Ours reads post
    and followers from MongoDB and notes there how far it is; the peer has the followers in memory.
    """
    python = str(await asyncio.to_thread(peer_python))
    async with _open_ours(stack.settings) as ours, _run_peer(python, stack, ours) as peer:
        rounds = await take_turns(ROUNDS, ours.deliveries_per_second, peer.round, say)
        checked = random.sample(ours.follower_ids, CHECKED)
        ours.check(checked)
        filled = stack.settings.timeline_max_posts
        await peer.check(checked, range(filled + 1, filled + 1 + ROUNDS * PEER_POSTS))
    return [
        Figure(
            name="fan_out_peer",
            value=rounds.value,
            unit="deliveries/s",
            peer=rounds.limit,
            note=f"{rounds.value / rounds.limit:.0f} times the peer, stream-framework-plus; "
            f"{between(rounds.values)}; peer {between(rounds.limits)}",
        )
    ]


class _Pile(RedisBroker):
    """A broker that keeps its messages for whoever measures."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call] # Dramatiq gives it no types
        self.messages: deque[dramatiq.Message[Any]] = deque()

    def enqueue(
        self, message: dramatiq.Message[Any], *, delay: int | None = None
    ) -> dramatiq.Message[Any]:
        self.messages.append(message)
        return message


@dataclass(kw_only=True)
class _Ours:
    """An author, everybody who follows, and the handler that a feeds worker runs."""

    settings: Settings
    posts: PostStore
    pile: _Pile
    house: House
    cache: timelines.Cache
    author_id: int
    follower_ids: Sequence[int]
    delivered_ids: set[int] = field(default_factory=set)

    async def deliveries_per_second(self) -> float:
        """Fan out some posts."""
        post_ids = [await self._publish() for _ in range(POSTS)]
        begin = perf_counter()
        for post_id in post_ids:
            await Broker(self.pile).send(FanOut(post_id=post_id))
        await asyncio.gather(*(self._answer_jobs() for _ in range(JOBS_AT_ONCE)))
        return POSTS * len(self.follower_ids) / (perf_counter() - begin)

    def check(self, follower_ids: Sequence[int]) -> None:
        """Look whether all posts are in these timelines."""
        for follower_id in follower_ids:
            if self.delivered_ids - timelines.held_ids(self.cache, follower_id):
                raise BenchError(f"Posts are not in timeline {follower_id:x}")

    async def _answer_jobs(self) -> None:
        while self.pile.messages:
            await HANDLERS[FanOut](self.house, **self.pile.messages.popleft().kwargs)

    async def _publish(self) -> int:
        """Write a post that owes its fan-out, and nothing else."""
        post = seeds.new_post(self.author_id, self.settings.region)
        await self.posts.insert(post, None)
        self.delivered_ids.add(post.id)
        return post.id


@asynccontextmanager
async def _open_ours(settings: Settings) -> AsyncIterator[_Ours]:
    pile = _Pile()
    async with seeds.open_database(settings) as database, open_house(settings, pile) as house:
        with timelines.open_cache(settings) as cache:
            author_id, *follower_ids = seeds.new_ids(1 + FOLLOWERS)
            await seeds.insert_accounts(database, [author_id])
            await seeds.insert_edges(database, [(each, author_id) for each in follower_ids])
            timelines.fill(cache, follower_ids, posts_max=settings.timeline_max_posts)
            evicted = timelines.evicted_keys(cache)
            yield _Ours(
                settings=settings,
                posts=PostStore(database, retry_seconds=settings.owed_retry_seconds),
                pile=pile,
                house=house,
                cache=cache,
                author_id=author_id,
                follower_ids=follower_ids,
            )
            if timelines.evicted_keys(cache) != evicted:
                raise BenchError("Redis dropped timelines or feeds for want of memory")
            cache.delete(*map(timelines.key, follower_ids), *cache.scan_iter(PEER_KEYS, 10_000))


@dataclass(kw_only=True)
class _Peer:
    """The peer's process, and what it was told to do."""

    process: asyncio.subprocess.Process

    async def round(self) -> float:
        """Deliveries a second of some posts."""
        return float(await self.ask([]))

    async def check(self, follower_ids: Sequence[int], numbers: range) -> None:
        """Look whether these followers' feeds have the posts with these numbers."""
        feeds: dict[str, list[int]] = await self.ask(follower_ids)
        if not all(set(numbers) <= set(feeds[str(each)]) for each in follower_ids):
            raise BenchError("Posts are not in the peer's feeds")

    async def ask(self, question: Any) -> Any:
        """Write a line and read the answer."""
        if self.process.stdin is None or self.process.stdout is None:
            raise BenchError("The peer cannot be spoken to")
        self.process.stdin.write(json.dumps(question).encode() + b"\n")
        async with asyncio.timeout(PEER_DEADLINE_SECONDS):
            answer = await self.process.stdout.readline()
        if not answer:
            raise BenchError("The peer ended; its own words are above")
        return json.loads(answer)


@asynccontextmanager
async def _run_peer(python: str, stack: TestStack, ours: _Ours) -> AsyncIterator[_Peer]:
    """Start the peer, and have it fill a feed for each of our followers."""
    process = await asyncio.create_subprocess_exec(
        *(python, str(PEER)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=ANSWER_MAX_BYTES,
    )
    peer = _Peer(process=process)
    try:
        await peer.ask(
            {
                "port": stack.port("cache"),
                "author_id": ours.author_id,
                "follower_ids": list(ours.follower_ids),
                "feed_length": stack.settings.timeline_max_posts,
                "posts": PEER_POSTS,
            }
        )
        yield peer
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
