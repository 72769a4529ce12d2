"""Reads a page of somebody's feed: exact, full until the end, and endless."""

from collections.abc import Collection
from typing import Protocol

from app.accounts.model import Account
from app.errors import UnauthenticatedError
from app.feeds.model import Timeline, build_timeline
from app.feeds.store import TimelineStore
from app.ids import ID_MAX
from app.paging import Page, page_size
from app.posts.model import Post


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
        self, author_ids: Collection[int], *, before: int, limit: int
    ) -> list[Post]:
        """READY posts of some authors, newest first, older than `before`."""

    async def newest_ready_ids(
        self, author_ids: Collection[int], *, before: int, limit: int
    ) -> list[int]:
        """Ids of READY posts of some authors, newest first, older than `before`."""


class FeedReader:
    """Merges the timeline with MongoDB; what may be shown is decided here, at reading.

    The timeline only says where to look. A post is shown if its author is followed now and it is
    READY, so a late, doubled or reordered fan-out changes nothing.
    """

    def __init__(
        self,
        *,
        accounts: Accounts,
        follows: Follows,
        posts: Posts,
        timelines: TimelineStore,
        timeline_max_posts: int,
    ) -> None:
        self._accounts = accounts
        self._follows = follows
        self._posts = posts
        self._timelines = timelines
        self._timeline_max_posts = timeline_max_posts

    async def page(self, viewer_id: int, *, first: int, before: int | None) -> Page[Post]:
        """The newest posts of everyone the viewer follows that are older than `before`.

        Raises:
            BadInputError: `first` is not the size of a page.
        """
        wanted = page_size(first) + 1
        before = ID_MAX if before is None else before
        timeline = await self._timeline(viewer_id)
        posts: list[Post] = []
        if timeline:
            posts = await self._screened(viewer_id, timeline.between(before), wanted)
            before = min(before, timeline.floor)
        if len(posts) < wanted and (timeline is None or timeline.complete_above):
            posts += await self._posts.newest_ready(
                await self._follows.followees(viewer_id), before=before, limit=wanted - len(posts)
            )
        return Page(items=tuple(posts[:first]), has_next=len(posts) > first)

    async def _following_version(self, viewer_id: int) -> int:
        viewer = await self._accounts.find(viewer_id)
        if viewer is None:
            raise UnauthenticatedError("The account is gone")
        return viewer.following_version

    async def _timeline(self, viewer_id: int) -> Timeline | None:
        version = await self._following_version(viewer_id)
        timeline = await self._timelines.read(viewer_id)
        if timeline and timeline.following_version == version:
            return timeline
        token = await self._timelines.begin_build(viewer_id, version)
        return await self._build(viewer_id, version, token) if token else None

    async def _build(self, viewer_id: int, version: int, token: bytes) -> Timeline:
        # The version was read before the followees: should a follow come between, what is built
        # is marked with the old version and built again, not trusted without the new author.
        newest = await self._posts.newest_ready_ids(
            await self._follows.followees(viewer_id),
            before=ID_MAX,
            limit=self._timeline_max_posts,
        )
        built = build_timeline(
            following_version=version,
            built_at=0,
            pulled_ids=(),
            newest=newest,
            most=self._timeline_max_posts,
        )
        await self._timelines.finish_build(viewer_id, token, built)
        return built

    async def _screened(self, viewer_id: int, post_ids: list[int], wanted: int) -> list[Post]:
        shown: list[Post] = []
        for start in range(0, len(post_ids), wanted):
            batch = post_ids[start : start + wanted]
            found = await self._posts.find_visible(batch, None)
            authors = {post.author_id for post in found.values()}
            followed = await self._follows.followed_among(viewer_id, authors)
            posts = (found[post_id] for post_id in batch if post_id in found)
            shown += [post for post in posts if post.author_id in followed]
            if len(shown) >= wanted:
                break
        return shown[:wanted]
