"""Subscribers in a process of their own, and what they say has come to all of them."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.bench.rounds import BenchError

LINE_MAX_BYTES = 1_000_000
DEADLINE_SECONDS = 60.0
SUBSCRIBERS = "tests.bench.subscribers"


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """When a post came to the first and to the last, as `time.perf_counter` says, and how."""

    first: float
    last: float
    message: str


@dataclass(kw_only=True)
class Audience:
    """Some subscribers to the feed updates of one server."""

    process: asyncio.subprocess.Process
    size: int
    arrivals: dict[str, Arrival] = field(default_factory=dict)
    """By post."""

    async def hears(self, post_id: str, seconds: float) -> bool:
        """Whether all of them have a post within this time."""
        try:
            async with asyncio.timeout(seconds):
                while post_id not in self.arrivals:
                    await self._read()
        except TimeoutError:
            return False
        return True

    async def deliveries_per_second(self, post_ids: Collection[str]) -> float:
        """Wait until all have all posts; returns the rate from the first delivery to the last."""
        missing = set(post_ids)
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                while missing := missing - self.arrivals.keys():
                    await self._read()
        except TimeoutError:
            raise BenchError(f"{len(missing)} posts have not come to all subscribers") from None
        arrived = [self.arrivals[post_id] for post_id in post_ids]
        seconds = max(each.last for each in arrived) - min(each.first for each in arrived)
        return (len(arrived) * self.size - 1) / seconds

    async def _read(self) -> None:
        if self.process.stdout is None:
            raise BenchError("The subscribers cannot be heard")
        line = await self.process.stdout.readline()
        if not line:
            raise BenchError("The subscribers ended; their own words are above")
        found = json.loads(line)
        if "unexpected" in found:
            raise BenchError(f"A subscriber got: {found['unexpected']:.500}")
        post_id = found.pop("post")
        self.arrivals[post_id] = Arrival(**found)


@asynccontextmanager
async def listening_to(port: int, query: str, tokens: Sequence[str]) -> AsyncIterator[Audience]:
    """Let a subscriber for each token ask this of a port; they are ready somewhat later."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", SUBSCRIBERS),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=LINE_MAX_BYTES,
    )
    if process.stdin is None:
        raise BenchError("The subscribers cannot be told whom to ask")
    spec = {"port": port, "query": query, "tokens": list(tokens)}
    process.stdin.write(json.dumps(spec).encode() + b"\n")
    try:
        yield Audience(process=process, size=len(tokens))
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
