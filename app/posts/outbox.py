"""The jobs that posts owe: sent after the write, sent again while they stay owed."""

import logging
from collections.abc import Collection, Iterable

from app.jobs import FanOutChunk, Job, JobQueue, OwedJob, RenderPhotoSlowly, send_owed_jobs
from app.posts.model import FanOutState, OwedJobs, PostState, owed_by
from app.posts.store import PostStore

SWEEP_MAX_POSTS = 200

log = logging.getLogger(__name__)


class Outbox:
    """Sends what posts owe.

    The debt is written with the post's state. Sending is best effort, for speed; `send_overdue`
    is what makes sure. A job is struck off when its effect is in the stores, not when it is sent.
    """

    def __init__(self, *, posts: PostStore, jobs: JobQueue) -> None:
        self._posts = posts
        self._jobs = jobs

    async def send_owed(
        self, post_id: int, state: PostState, *, but: Collection[type[OwedJob]] = ()
    ) -> None:
        """Send what a post owes on entering a state, but for some jobs."""
        unowed = {job.name for job in but}
        names = tuple(name for name in owed_by(state) if name not in unowed)
        await send_owed_jobs(self._jobs, OwedJobs(post_id=post_id, names=names).jobs())

    async def send_owed_of(self, post_ids: Iterable[int], state: PostState) -> None:
        """Send what some posts owe on entering a state."""
        owed = (OwedJobs(post_id=post_id, names=owed_by(state)) for post_id in post_ids)
        await send_owed_jobs(self._jobs, (job for each in owed for job in each.jobs()))

    async def send_overdue(self) -> int:
        """Send again what has stayed owed for too long; returns the number of posts."""
        overdue = await self._posts.take_overdue(SWEEP_MAX_POSTS)
        await send_owed_jobs(self._jobs, (job for owed in overdue for job in owed.jobs()))
        if overdue:
            log.info("Sent what %d posts still owed", len(overdue))
        return len(overdue)

    async def slow_down(self, post_id: int) -> None:
        """Have a PROCESSING post rendered in the slow lane."""
        if await self._posts.slow_down(post_id):
            await send_owed_jobs(self._jobs, [RenderPhotoSlowly(post_id=post_id)])

    async def settle(self, post_id: int, job: type[Job]) -> None:
        """Strike off a job whose effect is stored."""
        await self._posts.settle(post_id, job)

    async def fan_out_state(self, post_id: int) -> FanOutState | None:
        """How far the fan-out of a post is; None if it is not owed, or not any more."""
        return await self._posts.fan_out_state(post_id)

    async def reach(self, post_id: int, edge_id: int) -> bool:
        """Note that the fan-out reached an edge, so that a crash repeats one chunk only.

        False if it need not go on: it is not owed any more, or another run has been there.
        """
        return await self._posts.reach(post_id, edge_id)

    async def send_rest(self, post_id: int, edge_id: int) -> None:
        """Have the fan-out go on behind an edge, after whatever else waits."""
        await send_owed_jobs(self._jobs, [FanOutChunk(post_id=post_id, after=edge_id)])
