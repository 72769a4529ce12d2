"""The objects that posts must have, read back in every region and mended."""

import asyncio
from functools import reduce
from operator import add
from typing import Final

from app.images.conditions import Condition, Found
from app.jobs import ReplicatePhoto
from app.posts.census import PostCensus
from app.posts.model import CopiedPost
from app.posts.replication import Replication
from app.scrub.model import Report, Run, Step

BATCH_POSTS: Final = 40
POSTS_AT_ONCE: Final = 4


class Photos:
    """Goes through all READY posts, in the order of their ids.

    Posts that owe their copies are left to the job that makes them.
    """

    name: Final = "photos"

    def __init__(self, *, posts: PostCensus, replication: Replication) -> None:
        self._posts = posts
        self._replication = replication
        self._at_once = asyncio.Semaphore(POSTS_AT_ONCE)

    async def step(self, after: str, run: Run) -> Step | None:
        """Look at the posts behind the id `after`, and mend what they lack."""
        batch = await self._posts.ready_after(int(after or 0), limit=BATCH_POSTS)
        if not batch:
            return None
        seen = await asyncio.gather(*(self._see_to(each, run) for each in batch))
        return Step(
            after=str(batch[-1].post.id),
            report=reduce(add, (report for report, _ in seen)),
            findings=tuple(each for _, found in seen for each in found),
        )

    async def _see_to(self, copied: CopiedPost, run: Run) -> tuple[Report, list[Found]]:
        if ReplicatePhoto.name in copied.owed:
            return Report(posts_awaited=1), []
        everywhere = self._replication.regions(copied.post)
        regions = [region for region in everywhere if run.region in {None, region}]
        if not regions:
            return Report(), []
        async with self._at_once:
            mended = await self._replication.see_to(copied, regions, is_dry=run.is_dry)
            report = Report.of(mended.found)
            # Only now: while it is being mended, somebody may delete it.
            await run.pace.spend(report.bytes_read)
        wrong = [each for each in mended.found if each.condition is not Condition.INTACT]
        return report, wrong
