"""Workers die in the middle of their work, again and again: it is done in the end, and once."""

import asyncio
import signal
from contextlib import suppress
from pathlib import Path

import pytest

from tests.bench.publishing import open_publisher
from tests.client import Api, Person, until
from tests.faults.conftest import Timed
from tests.faults.feeds import follow_and_warm, until_in_all_feeds, until_ready
from tests.faults.truth import Truth, number_of
from tests.photographs import jpeg, photograph
from tests.stack import TestStack

pytestmark = pytest.mark.asyncio(loop_scope="module")

LANES = ("media", "slow")
KILLS = 3
KILLS_IN_A_ROW = 7
"""Of each of the two workers: with those of the other tests, 20 in all."""

PHOTOS = 10
CHUNKS_BETWEEN = 3
WATCH_SECONDS = 0.005
PAUSE_SECONDS = 0.5


def children(pids: list[int]) -> set[int]:
    """The processes that these have started, and that are not among them."""
    found: set[int] = set()
    for pid in pids:
        with suppress(OSError):
            for thread in Path(f"/proc/{pid}/task").iterdir():
                found |= {int(child) for child in (thread / "children").read_text().split()}
    return {child for child in found - set(pids) if b"app.images.child" in _command_of(child)}


def _command_of(pid: int) -> bytes:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


async def kill_while_rendering(stack: TestStack) -> set[int]:
    """Kill the worker of either lane while it has a photo decoded; returns who was decoding."""
    async with asyncio.timeout(30):
        while True:
            for lane in LANES:
                if decoding := children(stack.pids(lane)):
                    stack.kill(lane)
                    return decoding
            await asyncio.sleep(WATCH_SECONDS)


def another(photo: bytes, number: int) -> bytes:
    """The same photo in other bytes, so that it has to be decoded anew."""
    return photo + number.to_bytes(4)


async def test_photos_are_rendered_however_often_the_worker_dies(
    api: Api, stack: TestStack, truth: Truth, timed: Timed
) -> None:
    author, follower = await api.sign_up_many(2)
    await follow_and_warm([follower], author)
    photo = photograph("astronaut.png")
    payloads = await asyncio.gather(*(author.upload(another(photo, n)) for n in range(PHOTOS)))
    post_ids = [payload["post"]["id"] for payload in payloads]
    decoding: set[int] = set()
    for _ in range(KILLS):
        decoding |= await kill_while_rendering(stack)

    async def decoders_are_gone() -> bool:
        return not any(b"app.images.child" in _command_of(pid) for pid in decoding)

    await until(decoders_are_gone, seconds=5)
    with timed(f"all READY after {KILLS} kills of workers that rendered"):
        await until_ready(author, post_ids)
    await until_in_all_feeds([follower], post_ids)
    await truth.until_nothing_is_owed(post_ids)
    assert len(await follower.walk_feed()) == PHOTOS
    await truth.assert_counted(author)


async def test_fan_out_reaches_everybody_however_often_the_worker_dies(
    api: Api, stack: TestStack, truth: Truth, timed: Timed
) -> None:
    author, *followers = await api.sign_up_many(5)
    between = CHUNKS_BETWEEN * stack.settings.fan_out_chunk_followers
    for follower in followers:
        await truth.add_followers(author, between)
        await follow_and_warm([follower], author)
    await truth.count_followers(author)
    post_ids: list[str] = []
    for _ in range(KILLS):
        pids = stack.pids("feeds")
        payloads = await asyncio.gather(*(author.upload(jpeg((64, 48))) for _ in range(2)))
        new_ids = [payload["post"]["id"] for payload in payloads]
        await until_fan_out_is_under_way(truth, new_ids)
        assert stack.kill("feeds", signal.SIGKILL) == pids
        await asyncio.to_thread(stack.wait_until_ready, "feeds")
        post_ids += new_ids

    with timed(f"in every feed after {KILLS} kills of the feeds worker"):
        await until_ready(author, post_ids)
        await until_in_all_feeds(followers, post_ids)
    await truth.until_nothing_is_owed(post_ids)
    for follower in followers:
        assert len(await follower.walk_feed()) == len(post_ids)
        await truth.assert_counted(follower)
    await truth.assert_counted(author)


async def test_every_feed_is_exact_though_both_workers_die_again_and_again(
    api: Api, stack: TestStack, truth: Truth, timed: Timed
) -> None:
    many, few, *followers = await api.sign_up_many(5)
    await follow_and_warm(followers[:2], many)
    await truth.add_followers(many, CHUNKS_BETWEEN * stack.settings.fan_out_chunk_followers)
    await follow_and_warm(followers[1:], many)
    await follow_and_warm(followers[1:], few)
    await truth.count_followers(many)
    over = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        uploading = tasks.create_task(upload_until(over, few))
        publishing = tasks.create_task(publish_until(over, many, stack))
        async with asyncio.TaskGroup() as killing:
            killing.create_task(kill_renderings(stack))
            killing.create_task(kill_fan_outs(stack, truth))
        over.set()
    post_ids = uploading.result() + publishing.result()
    with timed(
        f"all READY, and in all feeds, after {2 * KILLS_IN_A_ROW} kills in a row of both workers"
    ):
        await until_ready(few, uploading.result())
        await truth.until_nothing_is_owed(post_ids)
    assert set(await truth.times_published(post_ids)) == {1}
    for follower in followers:
        expected = await truth.feed_of(follower)
        assert set(expected) <= set(post_ids)
        assert [post["id"] for post in await follower.walk_feed(first=7)] == expected
    assert set(await truth.feed_of(followers[-1])) == set(post_ids)
    for person in (many, few, *followers):
        await truth.assert_counted(person)


async def upload_until(over: asyncio.Event, author: Person) -> list[str]:
    """Upload one photo after the other; returns the posts' ids."""
    photo = jpeg((640, 480))
    post_ids: list[str] = []
    while not over.is_set():
        post_ids.append((await author.upload(another(photo, len(post_ids))))["post"]["id"])
        await asyncio.sleep(PAUSE_SECONDS)
    return post_ids


async def publish_until(over: asyncio.Event, author: Person, stack: TestStack) -> list[str]:
    """Publish one post after the other, whose photos are there already; returns their ids."""
    post_ids: list[str] = []
    async with open_publisher(stack.settings) as publisher:
        while not over.is_set():
            post_ids.append((await publisher.publish(number_of(author.id))).node_id)
            await asyncio.sleep(PAUSE_SECONDS)
    return post_ids


async def kill_renderings(stack: TestStack) -> None:
    """Kill a worker in the middle of a photo, and again as soon as it is there again."""
    for _ in range(KILLS_IN_A_ROW):
        await kill_while_rendering(stack)
        await asyncio.to_thread(stack.wait_until_ready, *LANES)


async def kill_fan_outs(stack: TestStack, truth: Truth) -> None:
    """Kill the feeds worker in the middle of a fan-out, and again as soon as it is there again."""
    for _ in range(KILLS_IN_A_ROW):
        await until_fan_out_is_under_way(truth)
        stack.kill("feeds")
        await asyncio.to_thread(stack.wait_until_ready, "feeds")


async def until_fan_out_is_under_way(truth: Truth, post_ids: list[str] | None = None) -> None:
    """Wait until one of these posts (None: any) has reached some followers, and not all."""
    numbers = [number_of(post_id) for post_id in post_ids or []]
    begun = {
        **({"_id": {"$in": numbers}} if numbers else {"owed_due_at": {"$exists": True}}),
        "owed": "fan_out",
        "fan_out_after": {"$gt": 0},
    }
    async with asyncio.timeout(30):
        while not await truth.database.posts.find_one(begun):
            await asyncio.sleep(WATCH_SECONDS)
