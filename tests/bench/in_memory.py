"""The door before a house that has everything in memory: what GraphQL and HTTP alone cost.

It runs as the API does: `uvicorn --factory tests.bench.in_memory:production`. Whoever asks is the
same viewer, whatever their token, and is shown the same posts.
"""

import gc
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from starlette.applications import Starlette
from starlette.types import ASGIApp

from app.accounts.model import Account, Viewer
from app.feeds.model import FeedPage
from app.ids import created_at
from app.paging import Page
from app.settings import Settings, load_settings
from app.wiring import House, open_house
from schema.asgi import Door, with_layers
from schema.operations.run import Operations
from schema.root import build_schema
from schema.sessions import Sessions
from schema.web.view import View
from tests.bench import seeds

AUTHORS = 20
POSTS = 100


def production() -> ASGIApp:
    """Read the settings and make the application, with the same layers as the API's."""
    settings = load_settings()
    return with_layers(_Door(settings), settings)


class _Door(Door):
    """The door, but for what it opens."""

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        async with open_house(self._settings) as empty:
            house = _furnished(empty, self._settings)
            self._view = View(
                Operations(build_schema(), house), house, Sessions(house.accounts), None
            )
            gc.freeze()
            yield


def _furnished(house: House, settings: Settings) -> House:
    """The house, but for what a page is read from; its clients never connect."""
    memory: Any = _Memory(settings.region)
    return replace(house, accounts=memory, feeds=memory, kept=memory, rates=memory)


class _Memory:
    """Accounts and posts, as the services of the house tell of them."""

    def __init__(self, region: str) -> None:
        viewer_id, *author_ids = seeds.new_ids(1 + AUTHORS)
        self._viewer = Viewer(account_id=viewer_id, session_id="bench")
        self._accounts = {each: _account(each) for each in author_ids}
        posts = [seeds.new_post(each, region) for each in author_ids * (POSTS // AUTHORS)]
        self._posts = tuple(sorted(posts, key=lambda post: post.id, reverse=True))

    async def authenticate(self, _: str) -> Viewer:
        return self._viewer

    async def page(self, _: int, *, first: int, **__: object) -> FeedPage:
        page = Page(items=self._posts[:first], has_next=len(self._posts) > first)
        return FeedPage(page=page, moment=1)

    async def accounts(self, account_ids: Collection[int], **_: object) -> dict[int, Account]:
        return {each: self._accounts[each] for each in account_ids}

    async def spend(self, **_: object) -> None:
        """No rates: they are counted in Redis."""


def _account(account_id: int) -> Account:
    return Account(
        id=account_id,
        username=f"bench_{account_id:x}",
        display_name=f"Bench {account_id % 1000}",
        created_at=created_at(account_id),
        post_count=0,
        follower_count=0,
        following_count=0,
        following_version=0,
    )
