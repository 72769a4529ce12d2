"""The viewer's feed as it changes."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Any

import strawberry

from app.live.model import AuthorAdded, AuthorRemoved, Gap, PostAdded, PostRemoved, Update
from app.once import Once
from schema.accounts import User
from schema.context import Info
from schema.moments import Shared, moment_cursor, moment_of
from schema.nodes import Kind, global_id
from schema.posts import Post

MOMENT = "The moment after this update."
Moment = Annotated[
    str | None,
    strawberry.argument(description="The moment to begin behind; without one, it is now."),
]


@strawberry.type(description="A post came into the feed.")
class FeedPostAdded(Shared):
    shown: strawberry.Private[Once[object, Any]]
    cursor: str = strawberry.field(description=MOMENT)
    post: Post = strawberry.field(description="The post.")


@strawberry.type(description="A post left the feed.")
class FeedPostRemoved:
    cursor: str = strawberry.field(description=MOMENT)
    post_id: strawberry.ID = strawberry.field(description="The id it had.")


@strawberry.type(
    description="The viewer follows this account now, perhaps from another device: its earlier "
    "posts are in the feed."
)
class FeedAuthorAdded:
    cursor: str = strawberry.field(description=MOMENT)
    author: User = strawberry.field(description="The account.")


@strawberry.type(
    description="The viewer follows this account no more, or it is gone: none of its posts is in "
    "the feed."
)
class FeedAuthorRemoved:
    cursor: str = strawberry.field(description=MOMENT)
    author_id: strawberry.ID = strawberry.field(description="The account's id.")


@strawberry.type(
    description="The server can no longer say what happened since `after`: read the first page "
    "again, go on from here."
)
class FeedGap:
    cursor: str = strawberry.field(description=MOMENT)


FeedUpdate = Annotated[
    FeedPostAdded | FeedPostRemoved | FeedAuthorAdded | FeedAuthorRemoved | FeedGap,
    strawberry.union(name="FeedUpdate", description="`cursor` is the moment after this update."),
]


@strawberry.type
class LiveSubscription:
    @strawberry.subscription(
        description="The viewer's feed as it changes; needs an account. `after` is a moment: the "
        "`cursor` of an earlier update, or `updatesCursor` of a page of `feed`. Everything that "
        "happened since is delivered first: no gap, nothing twice."
    )
    async def feed_updates(
        self, info: Info, after: Moment = None
    ) -> AsyncGenerator[FeedUpdate, None]:
        viewer = await info.context.signed_in()
        heard = info.context.house.live.updates(
            viewer.account_id,
            after=None if after is None else moment_of(after, viewer.account_id),
        )
        async with aclosing(heard) as updates:
            async for update in updates:
                cursor = moment_cursor(update.moment, viewer.account_id)
                if (shown := await _show(info, update, cursor)) is not None:
                    yield shown


async def _show(info: Info, update: Update, cursor: str) -> FeedUpdate | None:
    match update:
        case PostAdded(post=post, shown=shown):
            shared = Post.of(post, info.context.house.images)
            return FeedPostAdded(cursor=cursor, post=shared, shown=shown)
        case PostRemoved(post_id=post_id):
            return FeedPostRemoved(cursor=cursor, post_id=global_id(Kind.POST, post_id))
        case AuthorAdded(author_id=author_id):
            account = await info.context.house.accounts.find(author_id)
            return FeedAuthorAdded(cursor=cursor, author=User.of(account)) if account else None
        case AuthorRemoved(author_id=author_id):
            return FeedAuthorRemoved(cursor=cursor, author_id=global_id(Kind.USER, author_id))
        case Gap():
            return FeedGap(cursor=cursor)
