"""Writes a new post into the timelines of its author's followers."""

from collections.abc import Collection
from typing import Protocol

from app.feeds.store import TimelineStore
from app.follows.model import FollowerChunk
from app.jobs import FanOut, Job
from app.posts.model import Post


class Follows(Protocol):
    """Who follows the author."""

    async def followers_after(self, followee_id: int, *, after: int, limit: int) -> FollowerChunk:
        """Followers of an account, in the order of their edges, behind edge `after` (0: all)."""


class Posts(Protocol):
    """The post that is fanned out."""

    async def find_visible(
        self, post_ids: Collection[int], viewer_id: int | None
    ) -> dict[int, Post]:
        """Those of some posts that a viewer (None: nobody) may see, in one read."""


class Outbox(Protocol):
    """How far the fan-out is, and that it is done."""

    async def fan_out_reached(self, post_id: int) -> int:
        """The follow edge that the fan-out of a post has reached; 0 before its first chunk."""

    async def fan_out_goes_on(self, post_id: int, edge_id: int) -> None:
        """Note that the fan-out reached an edge, and send for the next chunk."""

    async def settle(self, post_id: int, job: type[Job]) -> None:
        """Strike off a job whose effect is stored."""


class FanOuts:
    """Answers fan-out jobs: one chunk of followers each, in order of their edges' ids.

    Whoever follows while a fan-out is under way is not its business: following makes the timeline
    be built anew. Nor are crossings: a post that was published by a pushed account is pushed to
    all, and one of a pulled account owes no fan-out.
    """

    def __init__(
        self,
        *,
        follows: Follows,
        posts: Posts,
        timelines: TimelineStore,
        outbox: Outbox,
        chunk_followers: int,
    ) -> None:
        self._follows = follows
        self._posts = posts
        self._timelines = timelines
        self._outbox = outbox
        self._chunk_followers = chunk_followers

    async def push_chunk(self, post_id: int, after: int) -> None:
        """Push a post to the chunk of followers behind edge `after`, then see to the next."""
        post = (await self._posts.find_visible([post_id], None)).get(post_id)
        if post is None:
            await self._outbox.settle(post_id, FanOut)
            return
        if after < await self._outbox.fan_out_reached(post_id):
            return  # another run of this fan-out is ahead of us
        chunk = await self._follows.followers_after(
            post.author_id, after=after, limit=self._chunk_followers
        )
        await self._timelines.push(post_id, chunk.follower_ids)
        if len(chunk.follower_ids) == self._chunk_followers:
            await self._outbox.fan_out_goes_on(post_id, chunk.reached)
        else:
            await self._outbox.settle(post_id, FanOut)
