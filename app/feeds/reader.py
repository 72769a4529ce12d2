"""Reads a page of somebody's feed: exact, full until the end, and endless."""

import asyncio
from collections.abc import Collection
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Protocol

from app.accounts.model import Account
from app.errors import UnauthenticatedError
from app.feeds.model import FeedPage, Timeline, build_timeline
from app.feeds.store import TimelineStore
from app.ids import ID_MAX
from app.live.tail import View
from app.paging import Page, page_size
from app.posts.model import Post

ASKED_MAX = 1_000


class Accounts(Protocol):
    """Who the viewer is."""

    async def find(self, account_id: int) -> Account | None:
        """One account by id."""


class Follows(Protocol):
    """Whom the viewer follows."""

    async def followees(self, follower_id: int) -> frozenset[int]:
        """Everyone an account follows."""

    async def followed_among(self, follower_id: int, account_ids: Collection[int]) -> set[int]:
        """Those of some accounts that `follower_id` follows."""


class Posts(Protocol):
    """The posts themselves."""

    async def find_visible(
        self, post_ids: Collection[int], viewer_id: int | None
    ) -> dict[int, Post]:
        """Those of some posts that a viewer (None: nobody) may see, in one read."""

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

    async def catch_up(self) -> View:
        """Look at the log, not before now; returns what holds."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Wish:
    """`count` posts that `viewer_id` may see, older than `before`, as of `view`."""

    viewer_id: int
    before: int
    count: int
    view: View


class FeedReader:
    """Merges the timeline with MongoDB; what may be shown is decided here, at reading.

    A page shows what was published up to one moment of the log, and nothing that was published
    later, so that `feedUpdates(after:)` can go on from there. The moment is read first; whatever
    is read after it holds all that happened until then. The timeline only says where to look: a
    post is shown if its author is followed now and it is READY, so a late, doubled or reordered
    fan-out changes nothing. Beside the timeline there are posts whose fan-out may be under way,
    which the log knows, and posts of pulled accounts, which are in no timeline.
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
        builds_max: int,
        stored_reads_max: int,
    ) -> None:
        self._accounts = accounts
        self._follows = follows
        self._posts = posts
        self._timelines = timelines
        self._tail = tail
        self._timeline_max_posts = timeline_max_posts
        self._builds = asyncio.Semaphore(builds_max)
        self._stored_reads = asyncio.Semaphore(stored_reads_max)

    async def page(self, viewer_id: int, *, first: int, before: int | None) -> FeedPage:
        """The newest posts of everyone the viewer follows that are older than `before`.

        Raises:
            BadInputError: `first` is not the size of a page.
        """
        wish = _Wish(
            viewer_id=viewer_id,
            before=ID_MAX if before is None else before,
            count=page_size(first) + 1,
            view=await self._tail.catch_up(),
        )
        timeline = await self._timeline(viewer_id, wish.view)
        posts = await (self._merged(wish, timeline) if timeline else self._stored(wish))
        page = Page(items=tuple(posts[:first]), has_next=len(posts) > first)
        return FeedPage(page=page, moment=wish.view.moment)

    async def _timeline(self, viewer_id: int, view: View) -> Timeline | None:
        version, timeline = await asyncio.gather(
            self._following_version(viewer_id), self._timelines.read(viewer_id)
        )
        if timeline and timeline.following_version == version:
            return timeline
        if self._builds.locked():
            return None  # enough are being built: this page comes from MongoDB
        async with self._builds:
            token = await self._timelines.begin_build(viewer_id, version)
            return await self._build(viewer_id, version, view, token) if token else None

    async def _following_version(self, viewer_id: int) -> int:
        viewer = await self._accounts.find(viewer_id)
        if viewer is None:
            raise UnauthenticatedError("The account is gone")
        return viewer.following_version

    async def _build(self, viewer_id: int, version: int, view: View, token: bytes) -> Timeline:
        # The version was read before the followees: should a follow come between, what is built
        # is marked with the old version and built again, not trusted without the new author.
        followees = await self._follows.followees(viewer_id)
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
        await self._timelines.finish_build(viewer_id, token, built)
        return built

    async def _merged(self, wish: _Wish, timeline: Timeline) -> list[Post]:
        """Down to its floor from the timeline and its neighbours, below it from MongoDB."""
        if wish.before <= timeline.floor:
            return await self._stored(wish)
        # An account that was pulled when the timeline was built, or crossed since, may have posts
        # that were not pushed to it.
        suspects = wish.view.crossed_since(timeline.built_at).union(timeline.pulled_ids)
        under_way = wish.view.fan_outs
        followed = await self._followed(wish.viewer_id, suspects.union(under_way.values()))
        pushed = {
            *timeline.between(wish.before),
            *(
                post_id
                for post_id, author_id in under_way.items()
                if author_id in followed and timeline.complete_above < post_id < wish.before
            ),
        }
        pulled = await self._pulled(wish, suspects & followed)
        # Below these, and below the timeline, there may be posts that we do not know of.
        floor = max(pulled[-1] if len(pulled) == wish.count else 0, timeline.floor)
        known = [post_id for post_id in pushed.union(pulled) if post_id >= floor]
        posts = await self._screened(wish, sorted(known, reverse=True))
        if len(posts) == wish.count or floor == 1:
            return posts
        return posts + await self._stored(wish, below=floor, count=wish.count - len(posts))

    async def _followed(self, viewer_id: int, account_ids: Collection[int]) -> AbstractSet[int]:
        """Those of some accounts that the viewer follows now."""
        if not account_ids:
            return frozenset()
        if len(account_ids) > ASKED_MAX:
            return (await self._follows.followees(viewer_id)).intersection(account_ids)
        return await self._follows.followed_among(viewer_id, account_ids)

    async def _screened(self, wish: _Wish, post_ids: list[int]) -> list[Post]:
        """The first of some posts that the viewer may see."""
        shown: list[Post] = []
        for start in range(0, len(post_ids), wish.count):
            batch = post_ids[start : start + wish.count]
            found = await self._posts.find_visible(batch, None)
            followed = await self._followed(
                wish.viewer_id, {post.author_id for post in found.values()}
            )
            posts = (found[post_id] for post_id in batch if post_id in found)
            shown += [
                post
                for post in posts
                if post.author_id in followed and post.moment <= wish.view.moment
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
            return await self._posts.newest_ready(
                await self._follows.followees(wish.viewer_id),
                before=min(wish.before, below),
                limit=limit,
                as_of=wish.view.moment,
            )
