"""How soon a subscriber has a post that became READY, however many follow its author."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from statistics import median, quantiles
from typing import TYPE_CHECKING

from pymongo import WriteConcern

from app.jobs import FanOut
from app.sharding import by_id
from schema.nodes import Kind, global_id
from tests.bench import seeds
from tests.bench.arrivals import Arrivals, listening
from tests.bench.publishing import Published, Publisher, open_publisher
from tests.bench.report import Figure, shown
from tests.bench.rounds import BenchError, Say, between
from tests.client import FOLLOW, Api, Person, open_api
from tests.stack import TestStack

if TYPE_CHECKING:
    from app.wiring import Database

FOLLOWERS = (10, 10_000, 1_000_000)
BUSY_FOLLOWERS = 90_000
ROUNDS = 100
EDGES_AT_ONCE = 4_000
BATCHES_AT_ONCE = 3
HEARD_SECONDS = 1.0
POLL_SECONDS = 0.005
DEADLINE_SECONDS = 30.0


@dataclass(frozen=True, kw_only=True)
class _Author:
    """Somebody with that many followers beside the subscriber."""

    id: int
    followers: int
    is_beside_fan_out: bool = False
    """Whether the posts are published while a fan-out to BUSY_FOLLOWERS is under way."""

    times_ms: list[float] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"{self.followers}_beside_fan_out" if self.is_beside_fan_out else f"{self.followers}"


async def measure(stack: TestStack, say: Say) -> list[Figure]:
    """Milliseconds from the commit that makes a post READY to FeedPostAdded at a subscriber.

    Through the load balancer; the authors take turns. The limit is the author with 10 followers:
    how many others follow should make no difference, nor that a fan-out to 90,000 is under way. A
    post is taken away once it has arrived, so that its fan-out does not go on behind the next one's
    back.
    """
    async with (
        seeds.open_database(stack.settings) as database,
        _authors(database, say) as (authors, busy_author_id),
        open_publisher(stack.settings) as publisher,
        open_api(stack.graphql_url) as api,
    ):
        subscriber = await _subscriber(api, authors)
        async with listening(stack.graphql_ws_url, subscriber) as arrivals:
            posts = _Posts(
                database=database,
                publisher=publisher,
                arrivals=arrivals,
                busy_author_id=busy_author_id,
            )
            await posts.until_heard(authors[0])
            for number in range(ROUNDS):
                for author in random.sample(authors, len(authors)):
                    author.times_ms.append(await posts.arrive_ms(author))
                if (number + 1) % 25 == 0:
                    say(f"{number + 1}/{ROUNDS}: {_last(authors)}")
    return _figures(authors)


async def _subscriber(api: Api, authors: Sequence[_Author]) -> Person:
    """Somebody who follows all of them."""
    subscriber = await api.sign_up()
    for author in authors:
        user_id = global_id(Kind.USER, author.id)
        payload = (await subscriber.ask(FOLLOW, input={"userId": user_id}))["follow"]
        if payload["errors"]:
            raise BenchError(f"The subscriber cannot follow: {payload['errors']}")
    return subscriber


@dataclass(frozen=True, kw_only=True)
class _Posts:
    """Publishes, waits for the subscriber, and clears up."""

    database: "Database"
    publisher: Publisher
    arrivals: Arrivals
    busy_author_id: int

    async def until_heard(self, author: _Author) -> None:
        """Publish until the subscriber listens."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            while True:
                post = await self.publisher.publish(author.id)
                heard = await self.arrivals.is_heard(post.node_id, HEARD_SECONDS)
                await self._take_away(post)
                if heard:
                    return

    async def arrive_ms(self, author: _Author) -> float:
        """Publish a post; returns how long it took to arrive."""
        while author.is_beside_fan_out:
            busy = await self._fan_out_under_way()
            milliseconds = await self._arrive_ms(author)
            still_owed = await self.database["posts"].find_one(
                {**by_id(busy.post_id), "owed": FanOut.name}
            )
            await self._take_away(busy)
            if still_owed:
                return milliseconds
        return await self._arrive_ms(author)

    async def _fan_out_under_way(self) -> Published:
        """Publish to BUSY_FOLLOWERS; returns once some of them have been reached."""
        post = await self.publisher.publish(self.busy_author_id)
        begun = {**by_id(post.post_id), "fan_out_after": {"$gt": 0}}
        async with asyncio.timeout(DEADLINE_SECONDS):
            while not await self.database["posts"].find_one(begun):
                await asyncio.sleep(POLL_SECONDS)
        return post

    async def _arrive_ms(self, author: _Author) -> float:
        post = await self.publisher.publish(author.id)
        async with asyncio.timeout(DEADLINE_SECONDS):
            arrived_at = await self.arrivals.of(post.node_id)
        await self._take_away(post)
        return (arrived_at - post.ready_at) * 1000

    async def _take_away(self, post: Published) -> None:
        await self.database["posts"].delete_one({"_id": post.post_id})


@asynccontextmanager
async def _authors(database: "Database", say: Say) -> AsyncIterator[tuple[list[_Author], int]]:
    """Authors and whoever follows them, and one more who is busy; the edges are gone at the end."""
    *author_ids, beside_id, busy_id = seeds.new_ids(len(FOLLOWERS) + 2)
    follower_ids = seeds.new_ids(max(FOLLOWERS))
    authors = [
        _Author(id=author_id, followers=followers)
        for author_id, followers in zip(author_ids, FOLLOWERS, strict=True)
    ]
    authors.append(_Author(id=beside_id, followers=FOLLOWERS[0], is_beside_fan_out=True))
    busy = _Author(id=busy_id, followers=BUSY_FOLLOWERS)
    author_ids += [beside_id, busy_id]
    hasty = database.with_options(write_concern=WriteConcern(w=1, j=False))
    await seeds.insert_accounts(database, author_ids)
    try:
        for author in (*authors, busy):
            await _follow(hasty, author, follower_ids[: author.followers])
        say(f"{sum(FOLLOWERS):,} edges are there")
        yield authors, busy_id
    finally:
        say("Removing the edges …")

        async def remove(some: Sequence[int]) -> None:
            await hasty["follows"].delete_many(
                {
                    "follower_id": {"$gte": some[0], "$lte": some[-1]},
                    "followee_id": {"$in": author_ids},
                }
            )

        await _in_batches(follower_ids, remove)


async def _follow(hasty: "Database", author: _Author, follower_ids: Sequence[int]) -> None:
    """Let all of these follow, and be counted."""

    async def insert(some: Sequence[int]) -> None:
        await seeds.insert_edges(hasty, [(each, author.id) for each in some])

    await _in_batches(follower_ids, insert)
    if await hasty["follows"].count_documents({"followee_id": author.id}) != author.followers:
        raise BenchError(f"There are not {author.followers:,} edges")
    await hasty["accounts"].update_one(
        {"_id": author.id}, {"$set": {"follower_count": author.followers}}
    )


async def _in_batches(ids: Sequence[int], work: Callable[[Sequence[int]], Awaitable[None]]) -> None:
    batches = (ids[at : at + EDGES_AT_ONCE] for at in range(0, len(ids), EDGES_AT_ONCE))

    async def keep_working() -> None:
        for batch in batches:
            await work(batch)

    await asyncio.gather(*(keep_working() for _ in range(BATCHES_AT_ONCE)))


def _last(authors: Sequence[_Author]) -> str:
    return ", ".join(f"{each.name}: {shown(each.times_ms[-1])}" for each in authors)


def _p99(times_ms: Sequence[float]) -> float:
    return quantiles(times_ms, n=100, method="inclusive")[-1]


def _figures(authors: Sequence[_Author]) -> list[Figure]:
    few = authors[0]
    return [
        Figure(
            name=f"publish_to_subscriber_{author.name}_{kind}",
            value=of(author.times_ms),
            unit="ms",
            limit=None if author is few else of(few.times_ms),
            less_is_better=True,
            note=f"{of(author.times_ms) / of(few.times_ms):.2f} times that of {few.followers} "
            f"followers; {between(author.times_ms)}",
        )
        for author in authors
        for kind, of in (("p50", median), ("p99", _p99))
    ]
