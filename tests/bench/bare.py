"""The raw limit of feed pages: the same reads and the same bytes, without GraphQL.

It runs as the API does: `uvicorn --factory tests.bench.bare:production`.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.accounts.model import Account
from app.accounts.store import AccountStore, SessionStore
from app.accounts.tokens import AccessTokens
from app.clients import open_clients
from app.feeds.store import TimelineStore
from app.follows.store import FollowStore
from app.ids import ID_MAX
from app.images.model import Image, Variant
from app.live.store import ChangeLog
from app.paging import ListKind, encode_cursor
from app.posts.model import Post, PostState
from app.posts.store import PostStore
from app.settings import Settings, load_settings
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
        self._cdn_url = str(settings.cdn_url).rstrip("/")
        self._tokens = AccessTokens(
            secret=settings.token_secret.get_secret_value(),
            life_seconds=settings.access_token_seconds,
        )

    @asynccontextmanager
    async def lifespan(self, _: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as closing:
            clients = open_clients(self._settings, None, closing)
            database = clients.mongodb[self._settings.mongodb_database]
            self._sessions = SessionStore(database)
            self._accounts = AccountStore(database)
            self._follows = FollowStore(database)
            self._log = ChangeLog(database)
            self._posts = PostStore(database, retry_seconds=self._settings.owed_retry_seconds)
            self._timelines = TimelineStore(
                clients.cache,
                posts_max=self._settings.timeline_max_posts,
                timeout_seconds=self._settings.cache_timeout_seconds,
            )
            yield

    async def answer(self, request: Request) -> Response:
        viewer = self._tokens.read(request.headers["authorization"].removeprefix("Bearer "))
        if not await self._sessions.is_alive(viewer.session_id, viewer.account_id):
            return Response(status_code=401)
        posts = await self._newest(viewer.account_id)
        self._moment = await self._log.last_drawn()
        authors = await self._accounts.find_many({post.author_id for post in posts[:FIRST]})
        page = self._page(viewer.account_id, posts, authors)
        return Response(orjson.dumps({"data": {"feed": page}}), media_type="application/json")

    async def _newest(self, viewer_id: int) -> list[Post]:
        account = await self._accounts.find(viewer_id)
        followees = await self._follows.followees(viewer_id)
        timeline = await self._timelines.read(viewer_id)
        if account is None or timeline is None:
            raise LookupError(f"Viewer {viewer_id:x} has no account or no timeline")
        wanted = timeline.between(ID_MAX)[: FIRST + 1]
        found = await self._posts.find_many(wanted)
        posts = [found[post_id] for post_id in wanted if post_id in found]
        return [p for p in posts if p.state is PostState.READY and p.author_id in followees]

    def _page(
        self, viewer_id: int, posts: list[Post], authors: dict[int, Account]
    ) -> dict[str, Any]:
        shown = posts[:FIRST]
        cursors = [encode_cursor(ListKind.FEED, viewer_id, post.id) for post in shown]
        return {
            "edges": [
                {"cursor": cursor, "node": self._node(post, authors[post.author_id])}
                for cursor, post in zip(cursors, shown, strict=True)
            ],
            "pageInfo": {
                "hasNextPage": len(posts) > FIRST,
                "hasPreviousPage": False,
                "startCursor": cursors[0],
                "endCursor": cursors[-1],
            },
            "updatesCursor": moment_cursor(self._moment, viewer_id),
        }

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
        return f"{self._cdn_url}/{image.region}/{variant.key}"
