"""The viewer's feed, a page at a time."""

from typing import Annotated, Self

import strawberry

from app.feeds.model import FeedPage
from app.images.service import Images
from app.paging import ListKind, encode_cursors
from schema.context import Info
from schema.moments import moment_cursor
from schema.pages import After, First, PageInfo, one_cursor, page_info, position
from schema.posts import Post

FEED_FIRST = 50
Cursor = Annotated[str | None, strawberry.argument(description="`after` under its other name.")]


@strawberry.type(description="A post in the feed.")
class FeedEdge:
    cursor: str = strawberry.field(description="The place behind this post.")
    node: Post = strawberry.field(description="The post.")


@strawberry.type(description="A page of the viewer's feed.")
class FeedConnection:
    edges: list[FeedEdge] = strawberry.field(description="The posts, newest first.")
    page_info: PageInfo = strawberry.field(description="Where the page lies.")
    updates_cursor: str = strawberry.field(
        description="The moment this page was read, for `feedUpdates(after:)`."
    )

    @classmethod
    def of(cls, feed: FeedPage, viewer_id: int, images: Images, *, after: str | None) -> Self:
        """Show a page of the feed of `viewer_id`."""
        page = feed.page
        cursors = encode_cursors(ListKind.FEED, viewer_id, [post.id for post in page.items])
        return cls(
            edges=[
                FeedEdge(cursor=cursor, node=Post.of(post, images))
                for cursor, post in zip(cursors, page.items, strict=True)
            ],
            page_info=page_info(page, cursors, after=after),
            updates_cursor=moment_cursor(feed.moment, viewer_id),
        )


@strawberry.type
class FeedQuery:
    @strawberry.field(
        description="The newest posts of everyone the viewer follows, newest first; needs an "
        "account. `cursor` and `after` are the same argument under two names (libraries know "
        "`after`; giving both is BAD_USER_INPUT). `first` is 1 to 100 on every connection. A "
        'cursor is a place in its own connection: any other is BAD_USER_INPUT, and so is "". '
        "Null is the default."
    )
    async def feed(
        self,
        info: Info,
        first: First = FEED_FIRST,
        after: After = None,
        cursor: Cursor = None,
    ) -> FeedConnection:
        viewer = await info.context.signed_in()
        after = one_cursor(after, cursor)
        feed = await info.context.house.feeds.page(
            viewer.account_id,
            first=FEED_FIRST if first is None else first,
            before=position(after, ListKind.FEED, viewer.account_id),
            not_before=info.context.not_before,
        )
        return FeedConnection.of(feed, viewer.account_id, info.context.house.images, after=after)
