"""Accounts, as others see them."""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from typing import Any, Self

import strawberry

from app.accounts.model import Account
from app.follows.model import Edge
from app.paging import ListKind, Page, encode_cursors
from schema.context import Context, Info
from schema.fields import BATCHED, Batched
from schema.nodes import Kind, Node, global_id
from schema.pages import After, First, PageInfo, page_info, position
from schema.posts import PostConnection

POSTS_FIRST = 24
USERS_FIRST = 50


async def _load_viewer_follows(context: Context, account_ids: set[int]) -> Mapping[int, bool]:
    return await context.followed_among(account_ids)


@strawberry.type(description="What an account has set for itself; see `updateSettings`.")
class AccountSettings:
    alt_text_required: bool = strawberry.field(
        description="Whether `uploadPhoto` refuses photos without an `altText`."
    )


@strawberry.type(description="Somebody who posts and follows.")
class User(Node):
    account_id: strawberry.Private[int]
    memo: strawberry.Private[dict[Any, Any]] = field(
        default_factory=dict, compare=False, repr=False
    )
    username: str = strawberry.field(description="Unique whatever its case, shown as typed.")
    display_name: str = strawberry.field(description="The name to show.")
    created_at: datetime = strawberry.field(description="When the account was opened.")
    post_count: int = strawberry.field(description="How many READY posts there are.")
    follower_count: int = strawberry.field(description="How many accounts follow this one.")
    following_count: int = strawberry.field(description="How many accounts this one follows.")

    @strawberry.field(
        description="Whether the viewer follows this account; false when nobody is signed in.",
        metadata={BATCHED: Batched(key="account_id", load=_load_viewer_follows)},
    )
    async def viewer_follows(self, info: Info) -> bool:
        return await info.context.viewer_follows.load(self.account_id)

    @strawberry.field(
        description="This account's posts, newest first. `first` is 1 to 100; its author sees "
        "those that are not READY, too."
    )
    async def posts(
        self, info: Info, first: First = POSTS_FIRST, after: After = None
    ) -> PostConnection:
        page = await info.context.house.posts.by_author(
            self.account_id,
            await info.context.viewer_id(),
            first=POSTS_FIRST if first is None else first,
            before=position(after, ListKind.POSTS, self.account_id),
        )
        return PostConnection.of(page, self.account_id, info.context.house.images, after=after)

    @strawberry.field(description="Who follows this account, newest first. `first` is 1 to 100.")
    async def followers(
        self, info: Info, first: First = USERS_FIRST, after: After = None
    ) -> "UserConnection":
        page = await info.context.house.follows.followers(
            self.account_id,
            first=USERS_FIRST if first is None else first,
            before=position(after, ListKind.FOLLOWERS, self.account_id),
        )
        return await _connection(info, page, ListKind.FOLLOWERS, self.account_id, after)

    @strawberry.field(description="Whom this account follows, newest first. `first` is 1 to 100.")
    async def following(
        self, info: Info, first: First = USERS_FIRST, after: After = None
    ) -> "UserConnection":
        page = await info.context.house.follows.following(
            self.account_id,
            first=USERS_FIRST if first is None else first,
            before=position(after, ListKind.FOLLOWING, self.account_id),
        )
        return await _connection(info, page, ListKind.FOLLOWING, self.account_id, after)

    @strawberry.field(
        description="What the account has set; null for everybody but the viewer's own."
    )
    async def settings(self, info: Info) -> AccountSettings | None:
        if await info.context.viewer_id() != self.account_id:
            return None
        settings = await info.context.house.accounts.settings_of(self.account_id)
        return AccountSettings(alt_text_required=settings.alt_text_required) if settings else None

    @classmethod
    def of(cls, account: Account) -> Self:
        """Show an account of the house: the same account the same way, while it is kept."""
        shown: Self | None = account.memo.get(cls)
        if shown is None:
            shown = account.memo[cls] = cls._made_of(account)
        return shown

    @classmethod
    def _made_of(cls, account: Account) -> Self:
        return cls(
            id=global_id(Kind.USER, account.id),
            account_id=account.id,
            username=account.username,
            display_name=account.display_name,
            created_at=account.created_at,
            post_count=account.post_count,
            follower_count=account.follower_count,
            following_count=account.following_count,
        )


@strawberry.type(description="An account in a list of accounts.")
class UserEdge:
    cursor: str = strawberry.field(description="The place behind this account.")
    node: User = strawberry.field(description="The account.")


@strawberry.type(description="A page of accounts.")
class UserConnection:
    edges: list[UserEdge] = strawberry.field(description="The accounts, newest edge first.")
    page_info: PageInfo = strawberry.field(description="Where the page lies.")


async def _connection(
    info: Info, page: Page[Edge], kind: ListKind, owner_id: int, after: str | None
) -> UserConnection:
    others = [
        edge.follower_id if kind is ListKind.FOLLOWERS else edge.followee_id for edge in page.items
    ]
    accounts = await info.context.house.accounts.find_many(others)
    cursors = encode_cursors(kind, owner_id, [edge.id for edge in page.items])
    return UserConnection(
        edges=[
            UserEdge(cursor=cursor, node=User.of(accounts[other]))
            for cursor, other in zip(cursors, others, strict=True)
            if other in accounts
        ],
        page_info=page_info(page, cursors, after=after),
    )
