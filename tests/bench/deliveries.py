"""How many deliveries a second one feeds worker makes: a post, written into one timeline."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from statistics import median

from pydantic import SecretStr

from app.broker import Broker, open_redis_broker
from app.follows.store import FollowStore
from app.jobs import FanOut
from app.posts.store import PostStore
from app.settings import Settings
from app.wiring import Database
from docker.local.ports import HOST
from tests.bench import seeds, timelines
from tests.bench.peer.process import Peer, running_peer
from tests.bench.pushes import Address, Pushes, opened_pushes, packed_pushes
from tests.bench.report import Figure
from tests.bench.rounds import BenchError, Say, between, take_turns
from tests.redis_cluster import running_cluster
from tests.stack import TestStack

FOLLOWERS = 90_000
PUSHED = 20_000
POSTS_AT_ONCE = 4
LIMIT_POSTS = 2
ROUNDS = 5
SMALL = 1_000
SMALL_ROUNDS = 8
CHECKED = 200
DEADLINE_SECONDS = 60.0
PUSHED_POLL_SECONDS = 0.001
SETTLED_POLL_SECONDS = 0.02


async def measure(stack: TestStack, say: Say) -> list[Figure]:
    """Deliveries a second into timelines that are as long as they are kept.

    Of the worker: of one post to 90,000 followers and of four at once, from sending the first job
    to the last fan-out settled. The peer is stream-framework-plus on the same Redis, without a
    queue between. Of pushes alone: from one process, to one server and to a cluster, for 20,000
    timelines. The limit is always Redis itself: the same script calls, packed beforehand, pipelined
    over plain sockets, for the same timelines.
    """
    async with _open_fan_outs(stack) as fan_outs, running_peer(stack) as peer:
        figures = [
            await _figure("deliveries", fan_outs, 1, peer, say),
            await _figure(f"deliveries_{POSTS_AT_ONCE}_posts", fan_outs, POSTS_AT_ONCE, peer, say),
        ]
        fan_outs.check()
        await peer.check()
        figures += await _small_figures(fan_outs, say)
        followers = fan_outs.follower_ids[:PUSHED]
    server_of = partial(_only_server, (HOST, stack.port("cache")))
    async with opened_pushes(stack.settings, followers, server_of) as pushes:
        figures.append(await _push_figure("push", pushes, say))
    with running_cluster() as cluster:
        clustered = stack.settings.model_copy(
            update={"cache_url": SecretStr(cluster.url), "cache_cluster": True}
        )

        def node_of(key: str) -> Address:
            return HOST, cluster.node_of(key).port

        async with opened_pushes(clustered, followers, node_of) as pushes:
            figures.append(await _push_figure("push_cluster", pushes, say))
    return figures


async def _push_figure(name: str, pushes: Pushes, say: Say) -> Figure:
    rounds = await take_turns(ROUNDS, pushes.by_store, pushes.by_redis_alone, say)
    pushes.check()
    return Figure(
        name=name,
        value=rounds.value,
        unit="deliveries/s",
        limit=rounds.limit,
        note=f"{rounds.spread}; TimelineStore.push from one process",
    )


async def _figure(name: str, fan_outs: "_FanOuts", posts: int, peer: Peer, say: Say) -> Figure:
    fan_outs.waits_ms.clear()
    rounds = await take_turns(
        ROUNDS,
        partial(fan_outs.by_worker, posts),
        fan_outs.by_redis_alone,
        say,
        peer=peer.deliveries_per_second,
    )
    return Figure(
        name=name,
        value=rounds.value,
        unit="deliveries/s",
        limit=rounds.limit,
        peer=rounds.peer,
        note=f"{rounds.value / rounds.peer:.0f} times the peer; {rounds.spread}; "
        f"peer {between(rounds.peers)}; first push after {median(fan_outs.waits_ms):.0f} ms",
    )


async def _small_figures(fan_outs: "_FanOuts", say: Say) -> list[Figure]:
    """Seconds until 1,000 timelines have a post, while huge fan-outs are under way or not."""
    seconds: dict[int, list[float]] = {0: [], 1: [], POSTS_AT_ONCE: []}
    for _ in range(SMALL_ROUNDS):
        for huge, found in seconds.items():
            found.append(await fan_outs.small_beside(huge))
    alone = median(seconds[0])
    said = {huge: f"{median(found) * 1000:.0f} ms" for huge, found in seconds.items()}
    say(f"{SMALL:,} followers beside huge fan-outs: {said}")
    return [
        Figure(
            name=f"fan_out_{SMALL}_beside_{huge}",
            value=median(found),
            unit="s",
            limit=alone if huge else None,
            less_is_better=True,
            note=f"{between(found)}; beside {huge} fan-outs to {FOLLOWERS:,} that go on after it",
        )
        for huge, found in seconds.items()
    ]


@dataclass(kw_only=True)
class _FanOuts:
    """One author, everybody who follows, and ways to reach them."""

    settings: Settings
    database: Database
    cache: timelines.Cache
    posts: PostStore
    broker: Broker
    author_id: int
    small_author_id: int
    small_follower_ids: Sequence[int]
    """The only ones who follow that one."""

    follower_ids: Sequence[int]
    """In the order in which a fan-out comes to them."""

    server_of: Callable[[str], Address]
    waits_ms: list[float] = field(default_factory=list)
    delivered_ids: list[int] = field(default_factory=list)

    async def by_worker(self, count: int) -> float:
        """Deliveries a second of some posts at once."""
        post_ids = [await self._publish() for _ in range(count)]
        sent = time.perf_counter()
        await self._until_pushed(post_ids)
        self.waits_ms.append((time.perf_counter() - sent) * 1000)
        await self._until_settled(post_ids, SETTLED_POLL_SECONDS)
        return count * len(self.follower_ids) / (time.perf_counter() - sent)

    async def small_beside(self, huge: int) -> float:
        """Seconds that a post takes to SMALL followers while so many huge fan-outs are at it."""
        huge_ids = [await self._publish() for _ in range(huge)]
        post = seeds.new_post(self.small_author_id, self.settings.region)
        await self.posts.insert(post, None)
        if huge_ids:
            await self._until_pushed(huge_ids)
        sent = time.perf_counter()
        await self.broker.send(FanOut(post_id=post.id))
        await self._until_settled([post.id], PUSHED_POLL_SECONDS)
        seconds = time.perf_counter() - sent
        if huge_ids and not await self._are_owed(huge_ids):
            raise BenchError("The huge fan-outs were done before the small one")
        await self._until_settled(huge_ids, SETTLED_POLL_SECONDS)
        for follower_id in self.small_follower_ids:
            if post.id not in timelines.held_ids(self.cache, follower_id):
                raise BenchError("The small fan-out has not come to all")
        return seconds

    async def by_redis_alone(self) -> float:
        """Deliveries a second of Redis itself: the same pushes, packed beforehand."""
        post_ids = seeds.new_ids(LIMIT_POSTS)
        raw = await packed_pushes(self.settings, post_ids, self.follower_ids, self.server_of)
        self.delivered_ids += post_ids
        return raw.send()

    def check(self) -> None:
        """Look whether the deliveries have arrived, at some followers."""
        for follower_id in random.sample(self.follower_ids, CHECKED):
            held = timelines.held_ids(self.cache, follower_id)
            if missing := set(self.delivered_ids) - held:
                raise BenchError(f"{len(missing)} posts are not in timeline {follower_id:x}")

    def _first_entries(self) -> int:
        return timelines.entry_count(self.cache, self.follower_ids[0])

    async def _publish(self) -> int:
        """Write a post that owes its fan-out, and nothing else."""
        post = seeds.new_post(self.author_id, self.settings.region)
        await self.posts.insert(post, None)
        self.delivered_ids.append(post.id)
        return post.id

    async def _until_pushed(self, post_ids: list[int]) -> None:
        """Send the jobs, and wait until the first follower has one of the posts."""
        before = self._first_entries()
        async with asyncio.timeout(DEADLINE_SECONDS), asyncio.TaskGroup() as sending:
            for post_id in post_ids:
                sending.create_task(self.broker.send(FanOut(post_id=post_id)))
            while self._first_entries() == before:
                await asyncio.sleep(PUSHED_POLL_SECONDS)

    async def _until_settled(self, post_ids: list[int], poll_seconds: float) -> None:
        async with asyncio.timeout(DEADLINE_SECONDS):
            while await self._are_owed(post_ids):
                await asyncio.sleep(poll_seconds)

    async def _are_owed(self, post_ids: list[int]) -> bool:
        owing = {"_id": {"$in": post_ids}, "owed": FanOut.name}
        return await self.database["posts"].find_one(owing, {"_id": 1}) is not None


def _only_server(address: Address, _key: str) -> Address:
    return address


@asynccontextmanager
async def _open_fan_outs(stack: TestStack) -> AsyncIterator[_FanOuts]:
    settings = stack.settings
    broker = open_redis_broker(settings.broker_url.get_secret_value(), middleware=[])
    try:
        async with seeds.open_database(settings) as database:
            with timelines.open_cache(settings) as cache, timelines.roomy(cache):
                author_id, small_author_id, *follower_ids = seeds.new_ids(2 + FOLLOWERS)
                await seeds.insert_accounts(database, [author_id, small_author_id])
                await seeds.insert_edges(database, [(each, author_id) for each in follower_ids])
                small_follower_ids = follower_ids[:SMALL]
                small = [(each, small_author_id) for each in small_follower_ids]
                await seeds.insert_edges(database, small)
                chunk = await FollowStore(database).followers_after(
                    author_id, after=0, limit=FOLLOWERS
                )
                timelines.fill(cache, follower_ids, posts_max=settings.timeline_max_posts)
                yield _FanOuts(
                    settings=settings,
                    database=database,
                    cache=cache,
                    posts=PostStore(database, retry_seconds=settings.owed_retry_seconds),
                    broker=Broker(broker),
                    author_id=author_id,
                    small_author_id=small_author_id,
                    small_follower_ids=small_follower_ids,
                    follower_ids=chunk.follower_ids,
                    server_of=partial(_only_server, (HOST, stack.port("cache"))),
                )
    finally:
        broker.close()
