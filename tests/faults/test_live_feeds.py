"""Devices that listen hear everything, once and in order, whatever is killed under them."""

import asyncio
import secrets
import signal
from contextlib import AsyncExitStack

import pytest

from tests.client import Api, Person, until
from tests.faults.conftest import Timed
from tests.faults.truth import RECOVERY_MAX_SECONDS, Truth
from tests.live import LiveFeed, staying
from tests.photographs import jpeg
from tests.stack import TestStack

pytestmark = pytest.mark.asyncio(loop_scope="module")

VIEWERS = 4
POSTS = 3
HANG_SECONDS = 4.0


async def test_devices_hear_everything_once_whatever_dies(
    api: Api, stack: TestStack, truth: Truth, timed: Timed
) -> None:
    author, other, *viewers = await api.sign_up_many(VIEWERS + 2)
    await asyncio.gather(*(viewer.follow(author) for viewer in viewers))
    async with AsyncExitStack() as devices:
        feeds = [
            await devices.enter_async_context(staying(stack.graphql_ws_url, viewer))
            for viewer in viewers
        ]
        posts = await publish(author, POSTS)

        await truth.cache.flushall()
        posts += await publish(author, POSTS)
        await heard(feeds, posts)

        stack.kill("cache")
        posts += await publish(author, POSTS)
        await heard(feeds, posts)

        stack.kill("cache", signal.SIGSTOP)
        posts += await publish(author, POSTS)
        await viewers[0].follow(other)
        await asyncio.sleep(HANG_SECONDS)
        stack.kill("cache", signal.SIGCONT)
        await heard(feeds, posts)

        for process in ("api-1", "api-2"):
            stack.kill(process)
            posts += await publish(author, 1)
            with timed(f"every device knows of a post, though {process} was killed"):
                await heard(feeds, posts)
            await asyncio.to_thread(stack.wait_until_ready)
        assert sum(feed.returns for feed in feeds) >= VIEWERS

        (elsewhere,) = await publish(other, 1)
        await feeds[0].until(lambda it: elsewhere in it.added, seconds=RECOVERY_MAX_SECONDS)
        assert len(feeds[0].of("FeedAuthorAdded")) == 1
        orders = [[each for each in feed.added if each in posts] for feed in feeds]
        assert all(order == orders[0] for order in orders)
        assert all(elsewhere not in feed.added for feed in feeds[1:])


async def publish(author: Person, count: int) -> list[str]:
    """Publish some small photos, one after the other, each until it is taken; their ids."""
    ids = []
    for _ in range(count):
        key = {"idempotencyKey": secrets.token_hex(8)}

        async def taken(fields: dict[str, str] = key) -> str | None:
            answer = await author.api.upload(jpeg((64, 48)), fields, token=author.access_token)
            if "errors" in answer.body:
                return None
            return str(answer.data["uploadPhoto"]["post"]["id"])

        post_id = await until(taken, seconds=RECOVERY_MAX_SECONDS)
        assert post_id is not None
        ids.append(post_id)
    return ids


async def heard(feeds: list[LiveFeed], posts: list[str]) -> None:
    """Every device has heard of every post, once, and of no gap."""
    for feed in feeds:
        await feed.until(lambda it: set(posts) <= set(it.added), seconds=RECOVERY_MAX_SECONDS)
        assert len(feed.added) == len(set(feed.added))
        assert not feed.of("FeedGap")
