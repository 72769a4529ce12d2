"""The cache forgets timelines under many readers: each is built once, and no page is wrong."""

import asyncio

import pytest

from tests.bench.publishing import open_publisher
from tests.client import Api, Person
from tests.faults.feeds import follow_and_warm
from tests.faults.truth import Truth, number_of
from tests.photographs import jpeg
from tests.stack import TestStack

pytestmark = pytest.mark.asyncio(loop_scope="module")

VIEWERS = 8
POSTS = 14
PAGE = 10
PAUSE_SECONDS = 0.16
"""Of each viewer between two reads: 50 reads a second in all."""

FLUSHES = 5
FLUSHED_EVERY_SECONDS = 1.0
READS_AT_ONCE = 60
DROPS = 40
DROPPED_EVERY_SECONDS = 0.1


async def test_each_timeline_is_built_once_however_many_read_it(
    api: Api, stack: TestStack, truth: Truth
) -> None:
    author, *viewers = await api.sign_up_many(1 + VIEWERS)
    async with open_publisher(stack.settings) as publisher:
        posts = [await publisher.publish(number_of(author.id)) for _ in range(POSTS)]
    expected = [post.node_id for post in posts][::-1]
    await follow_and_warm(viewers, author)
    over = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        reads = [tasks.create_task(read_until(over, viewer, expected)) for viewer in viewers]
        written = await entries_written(truth)
        for number in range(FLUSHES):
            await truth.cache.flushall()
            if number % 2:
                await asyncio.gather(*(viewers[0].feed(first=PAGE) for _ in range(READS_AT_ONCE)))
            await asyncio.sleep(FLUSHED_EVERY_SECONDS)
        over.set()
    assert all(task.result() for task in reads)
    # A build writes an entry when it begins, and again when it ends. Rates begin anew, too: one a
    # viewer, and one for the address that all of them come from.
    builds, rates = 2 * VIEWERS * FLUSHES, (VIEWERS + 1) * FLUSHES
    assert await entries_written(truth) - written <= builds + rates


async def read_until(over: asyncio.Event, viewer: Person, expected: list[str]) -> int:
    """Read the first page again and again; it is always this. Returns how often."""
    count = 0
    while not over.is_set():
        page = await viewer.feed(first=PAGE)
        assert [edge["node"]["id"] for edge in page["edges"]] == expected[:PAGE]
        assert page["pageInfo"]["hasNextPage"]
        count += 1
        await asyncio.sleep(PAUSE_SECONDS)
    return count


async def entries_written(truth: Truth) -> int:
    """How often anything was SET in the cache, from inside of scripts, too."""
    commands = await truth.cache.info("commandstats")
    return int(commands.get("cmdstat_set", {"calls": 0})["calls"])


async def test_timelines_that_vanish_one_by_one_while_posts_are_pushed_lack_nothing(
    api: Api, truth: Truth
) -> None:
    author, *viewers = await api.sign_up_many(1 + VIEWERS)
    await follow_and_warm(viewers, author)
    over = asyncio.Event()
    ready: list[str] = []
    async with asyncio.TaskGroup() as tasks:
        for _ in range(2):
            tasks.create_task(publish_until(over, author, ready))
        for viewer in viewers:
            tasks.create_task(walk_until(over, viewer, ready))
        for _ in range(DROPS):
            if dropped := await truth.cache.randomkey():
                await truth.cache.delete(dropped)
            await asyncio.sleep(DROPPED_EVERY_SECONDS)
        over.set()
    await truth.until_nothing_is_owed(ready)
    for viewer in viewers:
        walked = [post["id"] for post in await viewer.walk_feed(first=4)]
        assert walked == await truth.feed_of(viewer)
        assert set(walked) == set(ready)


async def publish_until(over: asyncio.Event, author: Person, ready: list[str]) -> None:
    while not over.is_set():
        ready.append((await author.publish(jpeg((64, 48))))["id"])


async def walk_until(over: asyncio.Event, viewer: Person, ready: list[str]) -> None:
    """Walk the feed again and again: it has all that is READY, once."""
    while not over.is_set():
        known = set(ready)
        walked = [post["id"] for post in await viewer.walk_feed(first=4)]
        assert len(walked) == len(set(walked))
        assert set(walked) >= known
        await asyncio.sleep(PAUSE_SECONDS)
