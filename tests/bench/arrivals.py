"""When posts come to somebody who listens to a feed."""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from tests.client import Person
from tests.live import updates


class Arrivals:
    """When each post came to one subscriber, as `time.perf_counter` says."""

    def __init__(self) -> None:
        self._moments: defaultdict[str, asyncio.Future[float]] = defaultdict(asyncio.Future)

    async def of(self, post_id: str) -> float:
        """Wait for a post; returns the moment at which it came."""
        return await self._moments[post_id]

    async def is_heard(self, post_id: str, seconds: float) -> bool:
        """Whether a post comes within this time; it may still come later."""
        heard, _ = await asyncio.wait([self._moments[post_id]], timeout=seconds)
        return bool(heard)

    async def listen(self, url: str, viewer: Person) -> None:
        """Note every post that is added to a viewer's feed, until cancelled."""
        async for update in updates(url, viewer.access_token):
            if update["__typename"] == "FeedPostAdded":
                self._moments[update["post"]["id"]].set_result(time.perf_counter())


@asynccontextmanager
async def listening(url: str, viewer: Person) -> AsyncIterator[Arrivals]:
    """Listen to a viewer's feed; it begins somewhat later."""
    arrivals = Arrivals()
    task = asyncio.create_task(arrivals.listen(url, viewer))
    try:
        yield arrivals
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
