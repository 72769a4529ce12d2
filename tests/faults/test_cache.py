"""The cache forgets, dies and hangs under readers: no error, and no wrong page."""

import asyncio
import signal
import time
from typing import Any

import pytest

from tests.client import Api, Person, until
from tests.faults.conftest import Noted, Timed
from tests.faults.feeds import follow_and_warm
from tests.faults.truth import RECOVERY_MAX_SECONDS, Truth
from tests.live import listening
from tests.photographs import jpeg
from tests.stack import TestStack

pytestmark = pytest.mark.asyncio(loop_scope="module")

READERS = 4
POSTS = 9
READ_MAX_SECONDS = 6.0
HANG_SECONDS = 30.0
HEARD_MAX_SECONDS = 6.0
"""On a quiet machine it is 2: who is not woken looks every second."""


async def ids_of(viewer: Person) -> list[str]:
    return [post["id"] for post in await viewer.walk_feed(first=4)]


async def read_until(
    over: asyncio.Event, viewer: Person, expected: list[str], waits: list[float]
) -> None:
    """Walk the feed again and again; it is always this. Notes how long each page took."""
    while not over.is_set():
        after, walked = None, list[Any]()
        while True:
            begin = time.monotonic()
            page = await viewer.feed(first=4, after=after)
            waits.append(time.monotonic() - begin)
            assert waits[-1] < READ_MAX_SECONDS
            walked += [edge["node"]["id"] for edge in page["edges"]]
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                break
        assert walked == expected


async def publish(author: Person, count: int) -> list[str]:
    """Publish some small photos; returns their ids, the newest first."""
    payloads = [await author.upload(jpeg((64, 48))) for _ in range(count)]
    ids = [payload["post"]["id"] for payload in payloads]
    for post_id in ids:
        assert (await author.until_processed(post_id))["status"] == "READY"
    return ids[::-1]


async def test_no_page_is_wrong_whatever_happens_to_the_cache(
    api: Api, stack: TestStack, truth: Truth
) -> None:
    author, *viewers = await api.sign_up_many(READERS + 1)
    for viewer in viewers:
        await viewer.follow(author)
    expected = await publish(author, POSTS)
    for viewer in viewers:
        await viewer.until_in_feed(*expected)
    over = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        for viewer in viewers:
            tasks.create_task(read_until(over, viewer, expected, []))
        for _ in range(5):
            await asyncio.sleep(0.3)
            await truth.cache.flushall()
        stack.kill("cache")
        await asyncio.to_thread(stack.wait_until_ready, "cache")
        await asyncio.sleep(1)
        over.set()


async def test_all_goes_on_while_the_cache_hangs(api: Api, stack: TestStack, noted: Noted) -> None:
    author, other, listener, *viewers = await api.sign_up_many(READERS + 3)
    for viewer in viewers:
        await viewer.follow(author)
    await listener.follow(other)
    expected = await publish(author, POSTS)
    for viewer in viewers:
        await viewer.until_in_feed(*expected)
    over = asyncio.Event()
    waits: list[float] = []
    async with asyncio.TaskGroup() as tasks, listening(stack.graphql_ws_url, listener) as feed:
        stack.kill("cache", signal.SIGSTOP)
        over_at = time.monotonic() + HANG_SECONDS
        for viewer in viewers:
            tasks.create_task(read_until(over, viewer, expected, waits))
        posts, heard_after = list[str](), list[float]()
        while time.monotonic() < over_at:
            (post,) = await publish(other, 1)
            began = time.monotonic()
            await feed.until(lambda heard, post=post: post in heard.added)  # type: ignore[misc] # a default argument of a lambda
            heard_after.append(time.monotonic() - began)
            posts.insert(0, post)
            await listener.follow(author)
            assert await ids_of(listener) == posts + expected
            await listener.unfollow(author)
            assert await ids_of(listener) == posts
        stack.kill("cache", signal.SIGCONT)
        over.set()
    noted("a page, while the cache hung, for 99 of 100", sorted(waits)[len(waits) * 99 // 100])
    noted("a page, while the cache hung, at the longest", max(waits))
    noted("a device heard of a post, while the cache hung, at the latest", max(heard_after))
    assert max(heard_after) < HEARD_MAX_SECONDS
    assert feed.added == posts[::-1]


async def test_what_is_done_while_the_cache_hangs_shows_at_once(
    api: Api, stack: TestStack, timed: Timed
) -> None:
    viewer, steady, first, second = await api.sign_up_many(4)
    await viewer.follow(first)
    await follow_and_warm([steady], second)
    firsts, seconds = await publish(first, 2), await publish(second, 2)
    await viewer.until_in_feed(*firsts)
    async with listening(stack.graphql_ws_url, viewer) as feed:
        stack.kill("cache", signal.SIGSTOP)
        await viewer.follow(second)
        assert await ids_of(viewer) == seconds + firsts
        await viewer.unfollow(first)
        assert await ids_of(viewer) == seconds
        await second.delete(seconds[0])
        assert await ids_of(viewer) == seconds[1:]
        (new,) = await publish(second, 1)
        stack.kill("cache", signal.SIGCONT)

        async def exact() -> bool:
            return await ids_of(viewer) == [new, seconds[1]]

        with timed("in every feed, though the cache hung while it was fanned out"):
            await until(exact, seconds=RECOVERY_MAX_SECONDS)
            await steady.until_in_feed(new, seconds=RECOVERY_MAX_SECONDS)
        assert await ids_of(steady) == [new, seconds[1]]
        with timed("the device is told what happened while the cache hung"):
            await feed.until(lambda heard: new in heard.added, seconds=RECOVERY_MAX_SECONDS)
        assert (feed.added, feed.removed) == ([new], [seconds[0]])
        assert [len(feed.of(f"FeedAuthor{what}")) for what in ("Added", "Removed")] == [1, 1]
        (last,) = await publish(second, 1)
        await viewer.until_in_feed(last)
        await feed.until(lambda heard: last in heard.added)
    assert await ids_of(viewer) == [last, new, seconds[1]]
