"""The peer's process, and what it is told to do."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench import seeds
from tests.bench.peer.environment import peer_python
from tests.bench.rounds import BenchError
from tests.stack import TestStack

FOLLOWERS = 3_000
"""It serves them in chunks, one after the other: more of them take longer, at the same rate."""

POSTS = 1
CHECKED = 50
DEADLINE_SECONDS = 60.0
ANSWER_MAX_BYTES = 1_000_000
SCRIPT = Path(__file__).with_name("fan_out.py")


@dataclass(kw_only=True)
class Peer:
    """Fans out to as many followers as FOLLOWERS, whose feeds are as long as they are kept.

    There is no queue between, and it has the followers in memory.
    """

    process: asyncio.subprocess.Process
    follower_ids: Sequence[int]
    feed_length: int
    rounds: int = 0

    async def deliveries_per_second(self) -> float:
        """Fan out once more."""
        self.rounds += 1
        return float(await self._ask([]))

    async def check(self) -> None:
        """Look whether all posts are in the feeds of some followers."""
        checked = random.sample(self.follower_ids, CHECKED)
        # Its posts have numbers, and the first of them fill the feeds.
        numbers = range(self.feed_length + 1, self.feed_length + 1 + self.rounds * POSTS)
        feeds: dict[str, list[int]] = await self._ask(checked)
        if not all(set(numbers) <= set(feeds[str(each)]) for each in checked):
            raise BenchError("Posts are not in the peer's feeds")

    async def fill(self, port: int) -> None:
        """Tell it what to do, and have it fill a feed for each follower."""
        (author_id,) = seeds.new_ids(1)
        await self._ask(
            {
                "port": port,
                "author_id": author_id,
                "follower_ids": list(self.follower_ids),
                "feed_length": self.feed_length,
                "posts": POSTS,
            }
        )

    async def _ask(self, question: Any) -> Any:
        """Write a line and read the answer."""
        if self.process.stdin is None or self.process.stdout is None:
            raise BenchError("The peer cannot be spoken to")
        self.process.stdin.write(json.dumps(question).encode() + b"\n")
        async with asyncio.timeout(DEADLINE_SECONDS):
            answer = await self.process.stdout.readline()
        if not answer:
            raise BenchError("The peer ended; its own words are above")
        return json.loads(answer)


@asynccontextmanager
async def running_peer(stack: TestStack) -> AsyncIterator[Peer]:
    """Start the peer, beside us on the same Redis."""
    python = await asyncio.to_thread(peer_python)
    process = await asyncio.create_subprocess_exec(
        *(str(python), str(SCRIPT)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=ANSWER_MAX_BYTES,
    )
    peer = Peer(
        process=process,
        follower_ids=seeds.new_ids(FOLLOWERS),
        feed_length=stack.settings.timeline_max_posts,
    )
    try:
        await peer.fill(stack.port("cache"))
        yield peer
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
