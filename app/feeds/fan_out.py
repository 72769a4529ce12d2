"""Writes a new post into the timelines of its author's followers."""

import asyncio
from time import monotonic
from typing import Protocol

from app.feeds.store import TimelineStore
from app.follows.model import FollowerChunk
from app.jobs import FanOut, Job
from app.posts.model import FanOutState


class Follows(Protocol):
    """Who follows the author."""

    async def followers_after(self, followee_id: int, *, after: int, limit: int) -> FollowerChunk:
        """Followers of an account, in the order of their edges, behind edge `after` (0: all)."""


class Outbox(Protocol):
    """How far the fan-out is, and that it is done."""

    async def fan_out_state(self, post_id: int) -> FanOutState | None:
        """How far the fan-out of a post is; None if it is not owed, or not any more."""

    async def reach(self, post_id: int, edge_id: int) -> bool:
        """Note that the fan-out reached an edge; False if it need not go on."""

    async def send_rest(self, post_id: int, edge_id: int) -> None:
        """Have the fan-out go on behind an edge, after whatever else waits."""

    async def settle(self, post_id: int, job: type[Job]) -> None:
        """Strike off a job whose effect is stored."""


class FanOuts:
    """Answers fan-out jobs: chunks of followers, in order of their edges' ids.

    One job serves chunk after chunk, for `job_seconds`; then the rest is a job of its own, which
    waits until others had their turn. Whoever follows while a fan-out is under way is not its
    business: following makes the timeline be built anew. Nor are crossings: a post that was
    published by a pushed account is pushed to all, and one of a pulled account owes no fan-out.
    """

    def __init__(
        self,
        *,
        follows: Follows,
        timelines: TimelineStore,
        outbox: Outbox,
        chunk_followers: int,
        job_seconds: float,
    ) -> None:
        self._follows = follows
        self._timelines = timelines
        self._outbox = outbox
        self._chunk_followers = chunk_followers
        self._job_seconds = job_seconds

    async def push(self, post_id: int, after: int) -> None:
        """Push a post to the followers behind edge `after`, then see to the rest.

        Each chunk but the last has its checkpoint, and the next is read while it is pushed.
        """
        state = await self._outbox.fan_out_state(post_id)
        if state is None or after < state.reached:
            return  # another run of this fan-out is ahead of us, or nobody is to see the post
        give_way_at = monotonic() + self._job_seconds
        chunk = await self._chunk(state.author_id, after)
        while len(chunk.follower_ids) == self._chunk_followers:
            pushed, following = chunk, self._chunk(state.author_id, chunk.reached)
            chunk, _ = await asyncio.gather(
                following, self._timelines.push(post_id, pushed.follower_ids)
            )
            if not await self._outbox.reach(post_id, pushed.reached):
                return
            if monotonic() > give_way_at:
                await self._outbox.send_rest(post_id, pushed.reached)
                return
        await self._timelines.push(post_id, chunk.follower_ids)
        await self._outbox.settle(post_id, FanOut)

    async def _chunk(self, author_id: int, after: int) -> FollowerChunk:
        return await self._follows.followers_after(
            author_id, after=after, limit=self._chunk_followers
        )
