"""API processes die: nothing that was written is lost, and clients find the other one."""

import asyncio
import os
import signal
import time
from contextlib import AsyncExitStack
from typing import Any

import httpx2
import pytest

from tests.client import FEED, Api, Person, until
from tests.faults.conftest import Timed
from tests.faults.feeds import follow_and_warm, until_in_all_feeds
from tests.faults.truth import RECOVERY_MAX_SECONDS, Truth
from tests.live import listening
from tests.photographs import jpeg, photograph
from tests.stack import TestStack

pytestmark = pytest.mark.asyncio(loop_scope="module")

READERS = 6
DEVICES = 8
LOG_LINES = 30


async def test_a_post_whose_job_was_never_sent_is_published(
    api: Api, stack: TestStack, truth: Truth, timed: Timed
) -> None:
    author, *followers = await api.sign_up_many(4)
    await follow_and_warm(followers, author)
    doomed = stack.pids("api-1") + stack.pids("api-2")
    stack.kill("broker", signal.SIGSTOP)
    uploading = asyncio.create_task(
        api.upload(photograph("coffee.png"), {}, token=author.access_token)
    )
    (document,) = await until(lambda: truth.posts_of(author))
    for pid in doomed:
        os.kill(pid, signal.SIGKILL)
    stack.kill("broker")  # and with it, whatever waits in its sockets
    answer = await uploading
    assert (answer.status, answer.codes) == (502, ["BAD_GATEWAY"])
    assert (document["state"], document["owed"]) == ("PROCESSING", ["render_photo"])

    await asyncio.to_thread(stack.wait_until_ready)
    assert await truth.broker.hlen("photofeed:media.msgs") == 0
    ((post_id, status),) = await shown_to(author)
    assert status == "PROCESSING"
    with timed("in every feed, though its job was never sent"):
        await until_in_all_feeds(followers, [post_id])
    await truth.until_nothing_is_owed([post_id])
    for follower in followers:
        assert [post["id"] for post in await follower.walk_feed()] == [post_id]
    await truth.assert_counted(author)


async def shown_to(author: Person) -> list[tuple[str, str]]:
    """What an author sees of their own posts."""
    query = "{ viewer { posts { edges { node { id status } } } } }"
    edges = (await author.ask(query))["viewer"]["posts"]["edges"]
    return [(edge["node"]["id"], edge["node"]["status"]) for edge in edges]


async def test_queries_go_on_when_one_process_is_killed(api: Api, stack: TestStack) -> None:
    viewer, author = await api.sign_up_many(2)
    await viewer.follow(author)
    post = await author.publish(jpeg((64, 48)))
    await viewer.until_in_feed(post["id"])
    pids = stack.pids("api-1")
    over_at = time.monotonic() + 5
    async with asyncio.TaskGroup() as tasks:
        getting = [tasks.create_task(get_until(over_at, viewer, post)) for _ in range(READERS)]
        posting = [tasks.create_task(post_until(over_at, viewer, post)) for _ in range(READERS)]
        await asyncio.sleep(1)
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
    assert all(task.result() > 0 for task in getting)
    assert all(task.result() <= 1 for task in posting)


async def get_until(over_at: float, viewer: Person, post: dict[str, Any]) -> int:
    """GET may be repeated, so the load balancer does that: a client sees nothing.

    Returns how many were answered: one at least, however busy the machine.
    """
    headers = {"Authorization": f"Bearer {viewer.access_token}"}
    count = 0
    async with httpx2.AsyncClient(timeout=10) as http:
        while not count or time.monotonic() < over_at:
            answer = await http.get(viewer.api.url, params={"query": FEED}, headers=headers)
            assert answer.status_code == 200, answer.text
            assert [e["node"]["id"] for e in answer.json()["data"]["feed"]["edges"]] == [post["id"]]
            count += 1
    return count


async def post_until(over_at: float, viewer: Person, post: dict[str, Any]) -> int:
    """POST may not, so a client sees what was under way fail, and asks again.

    Returns how many failed.
    """
    failures = 0
    while time.monotonic() < over_at:
        answer = await viewer.api.ask(FEED, token=viewer.access_token)
        if answer.status != 200:
            assert answer.codes == ["BAD_GATEWAY"]
            failures += 1
            answer = await viewer.api.ask(FEED, token=viewer.access_token)
        assert [edge["node"]["id"] for edge in answer.data["feed"]["edges"]] == [post["id"]]
    return failures


async def test_devices_of_a_killed_process_notice_and_come_back(
    api: Api, stack: TestStack, timed: Timed
) -> None:
    viewer, author = await api.sign_up_many(2)
    await viewer.follow(author)
    await until_both_answer(stack)
    url = stack.graphql_ws_url
    async with AsyncExitStack() as devices:
        feeds = [await devices.enter_async_context(listening(url, viewer)) for _ in range(DEVICES)]

        async def some_ended() -> bool:
            return any(feed.end for feed in feeds)

        stack.kill("api-1")
        with timed("a device of a killed API process listens again"):
            await until(some_ended, seconds=5)
            back = await devices.enter_async_context(listening(url, viewer))
        post = await author.publish(jpeg((64, 48)))
        left = [feed for feed in feeds if not feed.end]
        assert 0 < len(left) < DEVICES  # each process had some
        for feed in [back, *left]:
            await feed.until(
                lambda heard: heard.added == [post["id"]], seconds=RECOVERY_MAX_SECONDS
            )


async def until_both_answer(stack: TestStack) -> None:
    """Wait until the load balancer has noticed that both processes are there."""
    addresses = [f'"127.0.0.1:{stack.port(name)}"' for name in ("api-1", "api-2")]
    async with httpx2.AsyncClient(timeout=10) as http:

        async def both() -> bool:
            for _ in range(LOG_LINES):
                await http.get(f"{stack.gateway_url}/healthz")
            return all(address in stack.log("nginx") for address in addresses)

        await until(both)
