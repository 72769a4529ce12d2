"""The raw limit of feed pages: the same reads and the same bytes, without GraphQL.

It runs as the API does: `uvicorn --factory tests.bench.bare:production`. It reads as the API reads,
from the house, and keeps what it has written of a post as long as the house keeps the post.
"""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.accounts.model import Account
from app.feeds.model import FeedPage
from app.images.model import Image, Variant
from app.paging import ListKind, encode_cursor
from app.posts.model import Post
from app.settings import Settings, load_settings
from app.wiring import open_house
from schema.moments import moment_cursor
from schema.nodes import Kind, global_id
from schema.scalars import write_moment
from tests.bench.pages import FIRST


def production() -> Starlette:
    """Read the settings and make the application."""
    pages = _Pages(load_settings())
    return Starlette(routes=[Route("/feed", pages.answer)], lifespan=pages.lifespan)


class _Pages:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @asynccontextmanager
    async def lifespan(self, _: Starlette) -> AsyncIterator[None]:
        async with open_house(self._settings) as house:
            self._house = house
            yield

    async def answer(self, request: Request) -> Response:
        now, house = time.monotonic(), self._house
        token = request.headers["authorization"].removeprefix("Bearer ")
        viewer_id = (await house.accounts.authenticate(token)).account_id
        feed = await house.feeds.page(viewer_id, first=FIRST, before=None, not_before=now)
        author_ids = {post.author_id for post in feed.page.items}
        authors = await house.kept.accounts(author_ids, not_before=now)
        page = self._page(viewer_id, feed, authors)
        return Response(orjson.dumps({"data": {"feed": page}}), media_type="application/json")

    def _page(self, viewer_id: int, feed: FeedPage, authors: dict[int, Account]) -> dict[str, Any]:
        shown = feed.page.items
        cursors = [encode_cursor(ListKind.FEED, viewer_id, post.id) for post in shown]
        return {
            "edges": [
                {"cursor": cursor, "node": self._written(post, authors[post.author_id])}
                for cursor, post in zip(cursors, shown, strict=True)
            ],
            "pageInfo": {
                "hasNextPage": feed.page.has_next,
                "hasPreviousPage": False,
                "startCursor": cursors[0],
                "endCursor": cursors[-1],
            },
            "updatesCursor": moment_cursor(feed.moment, viewer_id),
        }

    def _written(self, post: Post, author: Account) -> orjson.Fragment:
        """A post's JSON, written anew only if it is another post, or by another author."""
        kept = post.memo.get(_Pages)
        if kept is None or kept[0] is not author:
            written = orjson.Fragment(orjson.dumps(self._node(post, author)))
            kept = post.memo[_Pages] = (author, written)
        fragment: orjson.Fragment = kept[1]
        return fragment

    def _node(self, post: Post, author: Account) -> dict[str, Any]:
        return {
            "id": global_id(Kind.POST, post.id),
            "description": post.description,
            "altText": post.alt_text,
            "createdAt": write_moment(post.created_at),
            "status": post.state.value,
            "failure": post.failure,
            "author": {
                "id": global_id(Kind.USER, author.id),
                "username": author.username,
                "displayName": author.display_name,
            },
            "image": self._image(post.image) if post.image else None,
        }

    def _image(self, image: Image) -> dict[str, Any]:
        return {
            "url": self._url(image, image.default),
            "width": image.width_px,
            "height": image.height_px,
            "thumbhash": image.thumbhash,
            "variants": [
                {
                    "url": self._url(image, variant),
                    "width": variant.width_px,
                    "height": variant.height_px,
                    "format": variant.format.value,
                    "byteSize": variant.byte_size,
                    "sha256": variant.sha256,
                }
                for variant in image.variants
            ],
        }

    def _url(self, image: Image, variant: Variant) -> str:
        return self._house.images.url(image, variant)
