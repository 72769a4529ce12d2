"""A house of a few people and posts in memory, for tests and benches of the GraphQL door alone.

Faults break its data in ways that no store would let by, to see what the door makes of them.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

from app.accounts.model import Account, AccountSettings, Viewer
from app.feeds.model import FeedPage
from app.follows.model import Edge
from app.images.model import Image, ImageFormat, Variant
from app.paging import Page, page_size
from app.posts.model import Post, PostState
from app.wiring import House
from schema.context import Context

VIEWER_ID = 1001
AUTHOR_IDS = (1001, 1002, 1003)
POST_IDS = (2001, 2002, 2003, 2004)
FAULTS = (
    *("wide", "no_author", "null_description", "number_alt_text", "text_date"),
    *("flag_count", "nameless", "no_thumbhash", "failing_follows"),
)
MOMENT = datetime(2026, 11, 22, 17, 0, 0, 123_456, tzinfo=UTC)


class World:
    """The accounts and posts there are; the same objects every time."""

    def __init__(self, faults: Collection[str] = ()) -> None:
        self._faults = frozenset(faults)
        self.accounts = {each: self._account(each) for each in AUTHOR_IDS}
        if "no_author" in self._faults:
            del self.accounts[AUTHOR_IDS[-1]]
        self.posts = {each: self._post(each) for each in POST_IDS}

    def context(self) -> Context:
        """An operation of somebody who is signed in."""
        context = Context(self.house())
        context.go_on_as(Viewer(account_id=VIEWER_ID, session_id="s"))
        return context

    def house(self) -> House:
        """What the door's resolvers ask."""
        rooms = SimpleNamespace(
            accounts=SimpleNamespace(
                find_many=self._find_accounts,
                find_by_username=self._find_by_username,
                settings_of=self._settings_of,
            ),
            kept=SimpleNamespace(accounts=self._find_accounts, followed_among=self._followed_among),
            follows=SimpleNamespace(
                followed_among=self._followed_among,
                followers=self._edges,
                following=self._edges,
            ),
            posts=SimpleNamespace(find_visible=self._find_posts, by_author=self._posts_by),
            feeds=SimpleNamespace(page=self._feed),
            images=SimpleNamespace(url=_url),
        )
        return cast("House", rooms)

    async def _find_accounts(self, ids: Collection[int], **_: object) -> dict[int, Account]:
        return {each: self.accounts[each] for each in ids if each in self.accounts}

    async def _find_by_username(self, username: str) -> Account | None:
        return self.accounts[VIEWER_ID] if len(username) % 2 else None

    async def _settings_of(self, _: int) -> AccountSettings:
        return AccountSettings(alt_text_required=True)

    async def _followed_among(self, _: int, ids: Collection[int], **__: object) -> set[int]:
        if "failing_follows" in self._faults:
            raise LookupError("The edges cannot be read")
        return {each for each in ids if each % 2}

    async def _edges(self, account_id: int, *, first: int, before: object) -> Page[Edge]:
        edges = (Edge(id=n, follower_id=n, followee_id=n) for n in AUTHOR_IDS)
        return Page(items=tuple(edges)[: page_size(first)], has_next=False)

    async def _find_posts(self, ids: Collection[int], _: int | None) -> dict[int, Post]:
        return {each: self.posts[each] for each in ids if each in self.posts}

    async def _posts_by(self, _: int, __: int | None, *, first: int, before: object) -> Page[Post]:
        return self._page(page_size(first))

    async def _feed(self, _: int, *, first: int, **__: object) -> FeedPage:
        return FeedPage(page=self._page(page_size(first)), moment=7)

    def _page(self, first: int) -> Page[Post]:
        posts = tuple(self.posts.values())
        return Page(items=posts[:first], has_next=len(posts) > first)

    def _with(self, value: Any, broken: Mapping[str, tuple[str, object]]) -> Any:
        """The same with the fields of its faults broken."""
        fields = {name: to for fault, (name, to) in broken.items() if fault in self._faults}
        return replace(value, **fields)

    def _account(self, account_id: int) -> Account:
        account = Account(
            id=account_id,
            username=f"user_{account_id}",
            display_name='Ada "the first"\n',
            created_at=MOMENT,
            post_count=4,
            follower_count=0,
            following_count=2_147_483_647,
            following_version=1,
        )
        broken = {"wide": ("post_count", 2**31), "flag_count": ("follower_count", True)}
        return cast("Account", self._with(account, broken))

    def _post(self, post_id: int) -> Post:
        state = PostState.PROCESSING if post_id == POST_IDS[1] else PostState.READY
        post = Post(
            id=post_id,
            author_id=AUTHOR_IDS[post_id % len(AUTHOR_IDS)],
            region="eu",
            description=f"Nº {post_id} ☃",
            alt_text=None if post_id % 2 else "A snowman",
            created_at=MOMENT,
            original_sha256="f" * 64,
            state=state,
            image=self._image(post_id) if state is PostState.READY else None,
        )
        if post_id != POST_IDS[2]:
            return post
        broken: dict[str, tuple[str, object]] = {
            "null_description": ("description", None),
            "number_alt_text": ("alt_text", 5),
            "text_date": ("created_at", "yesterday"),
        }
        return cast("Post", self._with(post, broken))

    def _image(self, post_id: int) -> Image:
        variants = (self._variant(320, ImageFormat.WEBP), self._variant(320, ImageFormat.JPEG))
        image = Image(region="eu", thumbhash="1QcSHQ", variants=variants)
        return cast("Image", self._with(image, {"no_thumbhash": ("thumbhash", None)}))

    def _variant(self, width_px: int, kind: ImageFormat) -> Variant:
        variant = Variant(
            key=f"renditions/1/{width_px}.{kind.extension}",
            width_px=width_px,
            height_px=200,
            format=kind,
            byte_size=4_321,
            sha256="0123456789abcdef" * 4,
        )
        return cast("Variant", self._with(variant, {"nameless": ("sha256", None)}))


def _url(image: Image, variant: Variant) -> str:
    return f"https://cdn.example/{image.region}/{variant.key}"
