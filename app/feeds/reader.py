"""Reads a page of somebody's feed: exact, full until the end, and endless."""

import asyncio
import time
from collections.abc import Collection, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Protocol

from app.errors import UnauthenticatedError
from app.feeds.model import FeedPage, Timeline, build_timeline
from app.feeds.store import TimelineStore
from app.ids import ID_MAX
from app.live.memory import Memory
from app.live.model import View
from app.paging import Page, page_size
from app.posts.model import Post


class Follows(Protocol):
    """Whom the viewer follows."""

    async def followees(self, follower_id: int) -> frozenset[int]:
        """Everyone an account follows."""


class Posts(Protocol):
    """The posts of some authors."""

    async def newest_ready(
        self, author_ids: Collection[int], *, before: int, limit: int, as_of: int
    ) -> list[Post]:
        """READY posts of some authors that were published up to the moment `as_of`.

        Newest first, older than `before`.
        """

    async def newest_ready_ids(
        self, author_ids: Collection[int], *, before: int, limit: int, as_of: int | None = None
    ) -> list[int]:
        """Ids of READY posts of some authors, newest first, older than `before`.

        With `as_of`, only of those that were published up to that moment.
        """


class Tail(Protocol):
    """The log of changes."""

    async def catch_up(self, not_before: float | None = None) -> View:
        """Look at the log, not before that time (None: now); returns what holds."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Wish:
    """`count` posts that `viewer_id` may see, older than `before`, as of `view`.

    Nothing that is read for them may have been out of date at `not_before` (monotonic seconds).
    """

    viewer_id: int
    before: int
    count: int
    view: View
    not_before: float


class FeedReader:
    """Merges the timeline with MongoDB; what may be shown is decided here, at reading.

    A page shows what was published up to one moment of the log, and nothing that was published
    later, so that `feedUpdates(after:)` can go on from there. The moment is read first; whatever
    is read after it holds all that happened until then. The timeline only says where to look: a
    post is shown if its author is followed now, and not gone, and it is READY, so a late, doubled
    or reordered fan-out changes nothing. Beside the timeline there are posts whose fan-out may be
    under way, which the log knows, and posts of pulled accounts, which are in no timeline.
    """

    def __init__(
        self,
        *,
        memory: Memory,
        follows: Follows,
        posts: Posts,
        timelines: TimelineStore,
        tail: Tail,
        timeline_max_posts: int,
        builds_max: int,
        stored_reads_max: int,
    ) -> None:
        self._memory = memory
        self._follows = follows
        self._posts = posts
        self._timelines = timelines
        self._tail = tail
        self._timeline_max_posts = timeline_max_posts
        self._builds = asyncio.Semaphore(builds_max)
        self._stored_reads = asyncio.Semaphore(stored_reads_max)

    async def page(
        self, viewer_id: int, *, first: int, before: int | None, not_before: float | None = None
    ) -> FeedPage:
        """The newest posts of everyone the viewer follows that are older than `before`.

        It is exact as of now, or as of `not_before` (monotonic seconds) or later.

        Raises:
            BadInputError: `first` is not the size of a page.
        """
        not_before = time.monotonic() if not_before is None else not_before
        wish = _Wish(
            viewer_id=viewer_id,
            before=ID_MAX if before is None else before,
            count=page_size(first) + 1,
            view=await self._tail.catch_up(not_before),
            not_before=not_before,
        )
        timeline = await self._timeline(wish)
        posts = await (self._merged(wish, timeline) if timeline else self._stored(wish))
        page = Page(items=tuple(posts[:first]), has_next=len(posts) > first)
        return FeedPage(page=page, moment=wish.view.moment)

    async def _timeline(self, wish: _Wish) -> Timeline | None:
        version = await self._following_version(wish)
        # After the log: what it no longer knows to be under way has arrived by then.
        timeline = await self._timelines.read(wish.viewer_id)
        if timeline and timeline.following_version == version:
            return timeline
        if self._builds.locked():
            return None  # enough are being built: this page comes from MongoDB
        async with self._builds:
            token = await self._timelines.begin_build(wish.viewer_id, version)
            return await self._build(wish, version, token) if token else None

    async def _following_version(self, wish: _Wish) -> int:
        found = await self._memory.accounts((wish.viewer_id,), not_before=wish.not_before)
        if wish.viewer_id not in found:
            raise UnauthenticatedError("The account is gone")
        return found[wish.viewer_id].following_version

    async def _build(self, wish: _Wish, version: int, token: bytes) -> Timeline:
        # The version was read before the followees: should a follow come between, what is built
        # is marked with the old version and built again, not trusted without the new author. So
        # they are read now, whatever is kept.
        view, followees = wish.view, await self._follows.followees(wish.viewer_id)
        pulled = {each for each, pull in view.pulls.items() if pull.is_pulled and each in followees}
        newest = await self._posts.newest_ready_ids(
            followees - pulled, before=ID_MAX, limit=self._timeline_max_posts
        )
        built = build_timeline(
            following_version=version,
            built_at=view.moment,
            pulled_ids=tuple(sorted(pulled)),
            newest=newest,
            most=self._timeline_max_posts,
        )
        await self._timelines.finish_build(wish.viewer_id, token, built)
        return built

    async def _merged(self, wish: _Wish, timeline: Timeline) -> list[Post]:
        """Down to its floor from the timeline and its neighbours, below it from MongoDB."""
        if wish.before <= timeline.floor:
            return await self._stored(wish)
        # An account that was pulled when the timeline was built, or crossed since, may have posts
        # that were not pushed to it.
        suspects = wish.view.crossed_since(timeline.built_at).union(timeline.pulled_ids)
        under_way = wish.view.fan_outs
        followed = await self._followed(wish, suspects.union(under_way.values()))
        pulled = await self._pulled(wish, suspects & followed)
        beside = [
            post_id
            for post_id, author_id in under_way.items()
            if author_id in followed and timeline.complete_above < post_id < wish.before
        ]
        # Below these, and below the timeline, there may be posts that we do not know of.
        floor = max(pulled[-1] if len(pulled) == wish.count else 0, timeline.floor)
        known: Sequence[int] = timeline.between(wish.before)
        if pulled or beside:
            merged = sorted({*known, *pulled, *beside}, reverse=True)
            known = [post_id for post_id in merged if post_id >= floor]
        posts = await self._screened(wish, known)
        if len(posts) == wish.count or floor == 1:
            return posts
        return posts + await self._stored(wish, below=floor, count=wish.count - len(posts))

    async def _followed(self, wish: _Wish, account_ids: Collection[int]) -> AbstractSet[int]:
        """Those of some accounts that the viewer follows now, and that are not gone."""
        followed = await self._memory.followed_among(
            wish.viewer_id, account_ids, not_before=wish.not_before
        )
        return followed - wish.view.departing if wish.view.departing else followed

    async def _screened(self, wish: _Wish, post_ids: Sequence[int]) -> list[Post]:
        """The first of some posts that the viewer may see."""
        shown: list[Post] = []
        moment = wish.view.moment
        for start in range(0, len(post_ids), wish.count):
            batch = post_ids[start : start + wish.count]
            found = await self._memory.ready_posts(batch, not_before=wish.not_before)
            followed = await self._followed(wish, {post.author_id for post in found.values()})
            posts = [found[post_id] for post_id in batch if post_id in found]
            shown += [
                post for post in posts if post.author_id in followed and post.moment <= moment
            ]
            if len(shown) >= wish.count:
                break
        return shown[: wish.count]

    async def _pulled(self, wish: _Wish, author_ids: Collection[int]) -> list[int]:
        """As many ids of these authors' posts as would fill the page."""
        if not author_ids:
            return []
        return await self._posts.newest_ready_ids(
            author_ids, before=wish.before, limit=wish.count, as_of=wish.view.moment
        )

    async def _stored(
        self, wish: _Wish, *, below: int = ID_MAX, count: int | None = None
    ) -> list[Post]:
        """Posts from MongoDB alone."""
        limit = wish.count if count is None else count
        if not limit:
            return []
        async with self._stored_reads:
            followees = await self._memory.followees(wish.viewer_id, not_before=wish.not_before)
            if wish.view.departing:
                followees -= wish.view.departing
            return await self._posts.newest_ready(
                followees,
                before=min(wish.before, below),
                limit=limit,
                as_of=wish.view.moment,
            )
