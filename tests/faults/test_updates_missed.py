"""What a device missed is told from the memory of a process, else from the log, else as a gap."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime

import pytest

from app.live.model import ChangeKind
from app.live.store import ChangeLog
from app.live.tail import RECENT_CHANGES
from tests.bench.publishing import open_publisher
from tests.bench.seeds import open_database
from tests.client import Api, Person
from tests.faults.conftest import Timed
from tests.faults.truth import Truth, number_of
from tests.live import listening
from tests.photographs import jpeg
from tests.stack import TestStack

pytestmark = pytest.mark.asyncio(loop_scope="module")

MISSED = 300


async def publish_many(stack: TestStack, authors: Iterable[Person]) -> list[str]:
    """Publish posts that need no rendering, each by one of these authors; returns their ids."""
    async with open_publisher(stack.settings) as publisher:
        return [(await publisher.publish(number_of(author.id))).node_id for author in authors]


async def forget(truth: Truth) -> None:
    """Have so much happen that no process remembers what was before."""
    nothing = [0] * (RECENT_CHANGES + 1)
    await truth.append_changes(ChangeKind.VOID, actor_id=0, subject_ids=nothing)


async def tell(urls: list[str], viewer: Person, after: str, missed: list[str]) -> None:
    """Each process tells a device that comes back exactly what it missed, in order."""
    for url in urls:
        async with listening(url, viewer, after) as feed:
            await feed.until(lambda heard: heard.of("FeedAuthorRemoved"))
            assert feed.added == missed
            assert [update["__typename"] for update in feed.updates[MISSED:]] == [
                "FeedAuthorAdded",
                "FeedPostAdded",
                "FeedAuthorRemoved",
            ]


async def test_what_was_missed_is_told_as_long_as_anybody_knows_it(
    api: Api, stack: TestStack, truth: Truth, timed: Timed
) -> None:
    viewer, author, other = await api.sign_up_many(3)
    await viewer.follow(author)
    await publish_many(stack, [author])
    after = (await viewer.feed(first=1))["updatesCursor"]
    missed = await publish_many(stack, [author] * MISSED)
    await viewer.follow(other)
    missed += await publish_many(stack, [other])
    await viewer.unfollow(other)
    urls = [f"ws://127.0.0.1:{stack.port(name)}/graphql" for name in ("api-1", "api-2")]
    with timed(f"{MISSED} missed updates, from the memory of both processes"):
        await tell(urls, viewer, after, missed)
    await forget(truth)
    stack.kill("api-1")  # so that one has forgotten, and one has never known
    await asyncio.to_thread(stack.wait_until_ready)
    with timed("the same, from the log, since no process remembers"):
        await tell(urls, viewer, after, missed)

    async with open_database(stack.settings) as database:
        log = ChangeLog(database)
        while await log.trim(before=datetime.now(UTC), kept=RECENT_CHANGES):
            pass  # so many at a time; other tests have left some, too
    for url in urls:
        async with listening(url, viewer, after) as feed:
            await feed.until(lambda heard: heard.updates)
            new = (await author.publish(jpeg((64, 48))))["id"]
            await feed.until(lambda heard: heard.added)
            assert [update["__typename"] for update in feed.updates] == ["FeedGap", "FeedPostAdded"]
            assert feed.added == [new]
            assert feed.end is None
