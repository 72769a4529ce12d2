"""An author becomes one of those who are pulled, and is pushed again: no feed shows it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace

import pytest
import pytest_asyncio

from app.jobs import FanOut
from tests.client import Api, Person, open_api
from tests.faults.truth import Truth, number_of, open_truth
from tests.live import LiveFeed, listening
from tests.photographs import jpeg
from tests.stack import TestStack

pytestmark = pytest.mark.asyncio(loop_scope="module")

PAGE = 5
STEADY = 3
"""Who follow both authors all the time."""

COMING_AND_GOING = 9
"""Who make the first author one that is pulled, and one that is not."""

SOON_SECONDS = 15.0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def apis(stack: TestStack) -> AsyncIterator[tuple[Api, Api]]:
    """Both API processes, without the load balancer."""
    async with AsyncExitStack() as closing:
        first, second = [
            await closing.enter_async_context(
                open_api(f"http://127.0.0.1:{stack.port(name)}/graphql")
            )
            for name in ("api-1", "api-2")
        ]
        yield first, second


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def truth(stack: TestStack) -> AsyncIterator[Truth]:
    """What the stores hold."""
    async with open_truth(stack.settings) as truth:
        yield truth


@dataclass(kw_only=True)
class Cast:
    """The people, and what they have published."""

    author: Person
    other: Person
    steady: list[Person]
    coming_and_going: list[Person]
    apis: tuple[Api, Api]
    ready: list[str] = field(default_factory=list)

    async def publish(self, author: Person) -> str:
        """Publish a small photo."""
        post = await author.publish(jpeg((64, 48)))
        assert post["status"] == "READY"
        self.ready.append(post["id"])
        return str(post["id"])

    async def publish_until(self, over: asyncio.Event, author: Person) -> None:
        """Publish one photo after the other."""
        while not over.is_set():
            await self.publish(author)

    async def read_until(self, over: asyncio.Event, viewer: Person) -> None:
        """Walk the feed of somebody who follows both, again and again: it has all, and once."""
        while not over.is_set():
            for api in self.apis:
                known = set(self.ready)
                walked = await walk(replace(viewer, api=api))
                assert len(walked) == len(set(walked))
                assert set(walked) >= known

    @asynccontextmanager
    async def under_way(self) -> AsyncIterator[None]:
        """Posts and reads go on meanwhile."""
        over = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            for author in (self.author, self.other, self.author):
                tasks.create_task(self.publish_until(over, author))
            for viewer in self.steady:
                tasks.create_task(self.read_until(over, viewer))
            yield
            over.set()

    async def follow(self) -> None:
        """All who come and go come, through both processes at once."""
        await asyncio.gather(
            *(
                replace(each, api=self.apis[number % 2]).follow(self.author)
                for number, each in enumerate(self.coming_and_going)
            )
        )

    async def unfollow(self) -> None:
        """All who come and go go; from then on none of them sees the author's posts."""
        first, second = self.apis
        for each in self.coming_and_going:
            assert await replace(each, api=first).unfollow(self.author)
            assert await walk(replace(each, api=second)) == []

    async def assert_feeds(self, truth: Truth) -> None:
        """Everybody's feed is exact, on both processes."""
        for viewer in (*self.steady, *self.coming_and_going):
            expected = await truth.feed_of(viewer)
            for api in self.apis:
                assert await walk(replace(viewer, api=api)) == expected
        for viewer in self.steady:
            assert set(await truth.feed_of(viewer)) == set(self.ready)


async def walk(viewer: Person) -> list[str]:
    """The whole feed, by pages of which each but the last is full."""
    return [post["id"] for post in await viewer.walk_feed(first=PAGE)]


async def is_pulled(truth: Truth, author: Person) -> bool:
    """Whether an author's posts are pulled."""
    account = await truth.database.accounts.find_one({"_id": number_of(author.id)})
    assert account is not None
    return bool(account["is_pulled"])


async def test_crossing_the_thresholds_shows_in_no_feed(
    api: Api, apis: tuple[Api, Api], stack: TestStack, truth: Truth
) -> None:
    author, other, *people = await api.sign_up_many(2 + STEADY + COMING_AND_GOING)
    cast = Cast(
        author=author,
        other=other,
        steady=people[:STEADY],
        coming_and_going=people[STEADY:],
        apis=apis,
    )
    for viewer in cast.steady:
        await viewer.follow(author)
        await viewer.follow(other)
        assert await walk(viewer) == []
    async with AsyncExitStack() as devices:
        feeds = [
            await devices.enter_async_context(
                listening(f"ws://127.0.0.1:{stack.port(name)}/graphql", cast.steady[0])
            )
            for name in ("api-1", "api-2")
        ]
        async with cast.under_way():
            await cast.follow()
        assert await is_pulled(truth, author)
        await cast.assert_feeds(truth)
        async with cast.under_way():
            await cast.unfollow()
        assert not await is_pulled(truth, author)
        await cast.assert_feeds(truth)
        async with cast.under_way():
            await cast.follow()
        assert await is_pulled(truth, author)
        await cast.assert_feeds(truth)
        await assert_only_one_is_fanned_out(cast, stack, truth)
        await cast.assert_feeds(truth)
        for feed in feeds:
            await assert_heard_once(feed, cast.ready)


async def assert_only_one_is_fanned_out(cast: Cast, stack: TestStack, truth: Truth) -> None:
    """What a pulled author publishes owes no fan-out, and is in every feed once it is READY."""
    await truth.until_nothing_is_owed(cast.ready)
    await asyncio.to_thread(stack.stop, "feeds")
    try:
        pulled, pushed = await cast.publish(cast.author), await cast.publish(cast.other)
        assert not await truth.is_owed([pulled], FanOut)
        assert await truth.is_owed([pushed], FanOut)
        await cast.assert_feeds(truth)
    finally:
        stack.start("feeds")
    await truth.until_nothing_is_owed([pushed])


async def assert_heard_once(feed: LiveFeed, posts: list[str]) -> None:
    await feed.until(lambda heard: set(posts) <= set(heard.added), seconds=SOON_SECONDS)
    assert sorted(feed.added) == sorted(posts)
    assert not feed.of("FeedGap")
    assert feed.end is None
