"""The broker dies, hangs and forgets while photos come in: none is turned away or lost."""

import asyncio
import signal
import time

import pytest

from tests.client import Api, Person
from tests.faults.conftest import Timed
from tests.faults.feeds import follow_and_warm, until_in_all_feeds, until_ready
from tests.faults.truth import Truth
from tests.photographs import jpeg
from tests.stack import TestStack

pytestmark = pytest.mark.asyncio(loop_scope="module")

UPLOAD_MAX_SECONDS = 8.0
UPLOADERS = 3
HANG_SECONDS = 5.0
PAUSE_SECONDS = 0.7


async def upload_until(over: asyncio.Event, author: Person) -> list[str]:
    """Upload one photo after the other; each is accepted in time. Returns the posts' ids."""
    photo = jpeg((64, 48))
    post_ids: list[str] = []
    while not over.is_set():
        begin = time.monotonic()
        payload = await author.upload(photo)
        assert time.monotonic() - begin < UPLOAD_MAX_SECONDS
        assert payload["errors"] == []
        post_ids.append(payload["post"]["id"])
        await asyncio.sleep(PAUSE_SECONDS)
    return post_ids


async def test_photos_come_in_whatever_happens_to_the_broker(
    api: Api, stack: TestStack, truth: Truth, timed: Timed
) -> None:
    *authors, follower = await api.sign_up_many(UPLOADERS + 1)
    for author in authors:
        await follow_and_warm([follower], author)
    over = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        uploads = [tasks.create_task(upload_until(over, author)) for author in authors]
        await asyncio.sleep(1)
        stack.kill("broker")
        await asyncio.to_thread(stack.wait_until_ready, "broker")
        await truth.broker.flushall()
        await asyncio.sleep(1)
        stack.kill("broker", signal.SIGSTOP)
        await asyncio.sleep(HANG_SECONDS)
        stack.kill("broker", signal.SIGCONT)
        await truth.broker.flushall()
        over.set()
    with timed("in every feed after the broker was killed, wiped and hung"):
        async with asyncio.timeout(60):
            for author, task in zip(authors, uploads, strict=True):
                await until_ready(author, task.result())
                await until_in_all_feeds([follower], task.result())
    every = [post_id for task in uploads for post_id in task.result()]
    assert sorted(post["id"] for post in await follower.walk_feed()) == sorted(every)
    await truth.until_nothing_is_owed(every)
    for author in authors:
        await truth.assert_counted(author)
