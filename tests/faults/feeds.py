"""What has to hold of feeds once whatever broke is whole again."""

import asyncio
from collections.abc import Iterable

from tests.client import Person, until
from tests.faults.truth import RECOVERY_MAX_SECONDS


async def follow_and_warm(followers: Iterable[Person], author: Person) -> None:
    """Let them follow, and read: from now on each has a timeline that posts are pushed into."""
    for follower in followers:
        await follower.follow(author)
        await follower.feed()


async def until_ready(
    author: Person, post_ids: Iterable[str], seconds: float = RECOVERY_MAX_SECONDS
) -> None:
    """Wait until all these posts of one author are READY."""
    wanted = list(post_ids)
    query = "query($ids: [ID!]!) { nodes(ids: $ids) { ... on Post { status failure } } }"

    async def ready() -> bool:
        nodes = (await author.ask(query, ids=wanted))["nodes"]
        assert all(node["failure"] is None for node in nodes), nodes
        return all(node["status"] == "READY" for node in nodes)

    await until(ready, seconds=seconds)


async def until_in_all_feeds(
    followers: Iterable[Person], post_ids: Iterable[str], seconds: float = RECOVERY_MAX_SECONDS
) -> None:
    """Wait until every follower has all these posts; then, each has them exactly once."""
    wanted = list(post_ids)
    viewers = list(followers)
    async with asyncio.timeout(seconds):
        for viewer in viewers:
            await viewer.until_in_feed(*wanted, seconds=seconds)
    for viewer in viewers:
        walked = [post["id"] for post in await viewer.walk_feed(first=7)]
        assert len(walked) == len(set(walked))
        assert set(walked) >= set(wanted)
