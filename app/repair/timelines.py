"""Timelines, compared with the posts that they must have."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from app.accounts.model import Account, Standing
from app.feeds.model import Timeline
from app.feeds.store import TimelineStore
from app.ids import ID_MAX
from app.live.model import View
from app.posts.model import Post
from app.repair.model import Fault, Finding

READS_AT_ONCE = 4


class Accounts(Protocol):
    """Whose timeline it is."""

    async def find(self, account_id: int) -> Account | None:
        """One account by id."""


class Follows(Protocol):
    """Whom they follow."""

    async def followees(self, follower_id: int) -> frozenset[int]:
        """Everyone an account follows."""

    async def followed_among(self, follower_id: int, account_ids: Collection[int]) -> set[int]:
        """Those of some accounts that `follower_id` follows."""


class Posts(Protocol):
    """What there is to be in timelines."""

    async def find_visible(
        self, post_ids: Collection[int], viewer_id: int | None
    ) -> dict[int, Post]:
        """Those of some posts that a viewer (None: nobody) may see, in one read."""

    async def newest_ready_ids(
        self, author_ids: Collection[int], *, before: int, limit: int
    ) -> list[int]:
        """Ids of READY posts of some authors, newest first, older than `before`."""


class Tail(Protocol):
    """The log of changes."""

    async def catch_up(self) -> View:
        """Look at the log, not before now; returns what holds."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ComparedTimelines:
    """How many timelines there were, and which of them lack posts."""

    count: int
    findings: tuple[Finding, ...]


class TimelineRepair:
    """Finds timelines that lack what a reader would rely on them for.

    It is asked of MongoDB first, then of the log, then of the timeline. So a post that was READY,
    and whose fan-out the log no longer knew to be under way, must have been in the timeline. What
    looks like a hole is looked at once more: people unfollow and delete meanwhile, and timelines
    are built anew.
    """

    def __init__(
        self,
        *,
        accounts: Accounts,
        follows: Follows,
        posts: Posts,
        timelines: TimelineStore,
        tail: Tail,
        timeline_max_posts: int,
    ) -> None:
        self._accounts = accounts
        self._follows = follows
        self._posts = posts
        self._timelines = timelines
        self._tail = tail
        self._timeline_max_posts = timeline_max_posts
        self._reads = asyncio.Semaphore(READS_AT_ONCE)

    async def compare(self, standings: Collection[Standing]) -> ComparedTimelines:
        """The timelines of some accounts; those of an earlier version are none.

        Raises:
            CacheAwayError: it cannot be told who has one.
        """
        versions = {each.account_id: each.following_version for each in standings}
        held = await self._timelines.peek(versions)
        before = {
            viewer_id: timeline
            for viewer_id, timeline in held.items()
            if timeline.following_version == versions[viewer_id]
        }
        if not before:
            return ComparedTimelines(count=len(held), findings=())
        stored = await self._stored(before)
        view = await self._tail.catch_up()
        after = await self._timelines.peek(before)
        findings = [
            await self._find(viewer_id, timeline, stored[viewer_id], view)
            for viewer_id, timeline in after.items()
        ]
        return ComparedTimelines(
            count=len(held), findings=tuple(finding for finding in findings if finding)
        )

    async def drop(self, viewer_id: int) -> None:
        """Have a timeline built anew.

        Raises:
            CacheAwayError: it cannot be done now.
        """
        await self._timelines.drop(viewer_id)

    async def _stored(self, timelines: Mapping[int, Timeline]) -> dict[int, list[int]]:
        """The newest posts that each of some timelines must have, according to MongoDB."""
        view = await self._tail.catch_up()
        stored = await asyncio.gather(
            *(self._pushed(viewer_id, each, view) for viewer_id, each in timelines.items())
        )
        return dict(zip(timelines, stored, strict=True))

    async def _pushed(self, viewer_id: int, timeline: Timeline, view: View) -> list[int]:
        async with self._reads:
            followees = await self._follows.followees(viewer_id)
            newest = await self._posts.newest_ready_ids(
                followees - _pulled(timeline, view), before=ID_MAX, limit=self._timeline_max_posts
            )
        return [post_id for post_id in newest if post_id > timeline.complete_above]

    async def _find(
        self, viewer_id: int, timeline: Timeline, stored: list[int], view: View
    ) -> Finding | None:
        wanted = {post_id for post_id in stored if post_id > timeline.complete_above}
        missing = wanted.difference(timeline.post_ids, view.fan_outs)
        if not missing:
            return None
        lost = await self._lost(viewer_id, timeline, missing, view)
        if not lost:
            return None
        return Finding(
            account_id=viewer_id,
            fault=Fault.TIMELINE,
            found=len(wanted) - lost,
            right=len(wanted),
        )

    async def _lost(
        self, viewer_id: int, timeline: Timeline, missing: Collection[int], view: View
    ) -> int:
        """How many of the posts that are missing a reader of the timeline would not find."""
        posts = (await self._posts.find_visible(missing, None)).values()
        authors = {post.author_id for post in posts} - _pulled(timeline, view)
        followed = await self._follows.followed_among(viewer_id, authors)
        viewer = await self._accounts.find(viewer_id)
        if viewer is None or viewer.following_version != timeline.following_version:
            return 0  # it is no timeline any more
        return sum(post.author_id in followed and post.moment <= view.moment for post in posts)


def _pulled(timeline: Timeline, view: View) -> set[int]:
    """Authors whose posts a reader of the timeline asks for beside it."""
    return view.crossed_since(timeline.built_at).union(timeline.pulled_ids)
