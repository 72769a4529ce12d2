"""Viewers, each with a graph of their own, and posts that are pushed to them or pulled."""

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial

from app.accounts.model import FollowerCount
from app.accounts.store import AccountStore
from app.clients import open_clients
from app.feeds.store import TimelineStore
from app.follows.model import PullThresholds
from app.follows.pulling import Pulling
from app.follows.pulls import PullStore
from app.live.bus import LiveBus
from app.live.changes import Changes
from app.live.store import ChangeLog
from app.settings import Settings
from app.transactions import Transactions
from app.wiring import Database
from schema.nodes import Kind, global_id
from tests.bench import seeds


@dataclass(frozen=True, kw_only=True)
class Viewer:
    """Somebody, and the posts that MongoDB has for their feed, newest first."""

    id: int
    token: str
    post_ids: tuple[str, ...]
    pulled: frozenset[int] = frozenset()
    """Those among the followees who are pulled."""


@dataclass(frozen=True, kw_only=True)
class Graphs:
    """Makes viewers, each with a graph of their own, and publishes to them."""

    database: Database
    settings: Settings
    timelines: TimelineStore
    transactions: Transactions
    changes: Changes
    pulling: Pulling

    async def viewer(self, pushed: Sequence[int], pulled: Sequence[int] = ()) -> Viewer:
        """A new viewer who follows these."""
        (viewer_id,) = seeds.new_ids(1)
        await seeds.insert_accounts(self.database, [viewer_id])
        edges = [(viewer_id, each) for each in (*pushed, *pulled)]
        await seeds.insert_edges(self.database, edges)
        return Viewer(
            id=viewer_id,
            token=await seeds.sign_in(self.database, self.settings, viewer_id),
            post_ids=(),
            pulled=frozenset(pulled),
        )

    async def seen(self, viewer: Viewer) -> Viewer:
        """The same, with the posts that are theirs to see now."""
        edges = self.database["follows"].find({"follower_id": viewer.id}, {"followee_id": 1})
        followees = [edge["followee_id"] for edge in await edges.to_list(None)]
        posts = (
            self.database["posts"]
            .find({"author_id": {"$in": followees}, "state": "READY"}, {"_id": 1})
            .sort("_id", -1)
        )
        post_ids = [global_id(Kind.POST, post["_id"]) for post in await posts.to_list(None)]
        return replace(viewer, post_ids=tuple(post_ids))

    async def publish(self, author_ids: Sequence[int]) -> None:
        """Write a post of each, and push it to the followers of those that are not pulled."""
        posts = [seeds.new_post(author_id, self.settings.region) for author_id in author_ids]
        await seeds.insert_posts(self.database, posts)
        pulled = {
            account["_id"]
            for account in await self.database["accounts"].find({"is_pulled": True}).to_list(None)
        }
        edges = self.database["follows"].find({"followee_id": {"$in": list(set(author_ids))}})
        followers: defaultdict[int, list[int]] = defaultdict(list)
        for edge in await edges.to_list(None):
            followers[edge["followee_id"]].append(edge["follower_id"])
        for post in posts:
            if followers[post.author_id] and post.author_id not in pulled:
                await self.timelines.push(post.id, followers[post.author_id])

    async def cross(self, account_ids: Sequence[int], *, followers: int, is_pulled: bool) -> None:
        """Have accounts pulled or pushed from now on, as if their followers had become so many."""
        moment = None
        for account_id in account_ids:
            counted = FollowerCount(followers=followers, is_pulled=is_pulled)
            cross = partial(self.pulling.cross, account_id, counted)
            moment = await self.transactions.run(cross)
        if moment is not None:
            await self.changes.wake(moment)


@asynccontextmanager
async def open_graphs(settings: Settings) -> AsyncIterator[Graphs]:
    async with AsyncExitStack() as closing:
        clients = open_clients(settings, None, closing)
        database: Database = clients.mongodb[settings.mongodb_database]
        changes = Changes(
            log=ChangeLog(database),
            bus=LiveBus(clients.bus),
            kept_seconds=settings.live_kept_seconds,
        )
        yield Graphs(
            database=database,
            settings=settings,
            timelines=TimelineStore(
                clients.cache,
                posts_max=settings.timeline_max_posts,
                timeout_seconds=settings.cache_timeout_seconds,
            ),
            transactions=Transactions(clients.mongodb),
            changes=changes,
            pulling=Pulling(
                accounts=AccountStore(database),
                pulls=PullStore(database),
                changes=changes,
                thresholds=PullThresholds(pull_above=0, push_below=1),
            ),
        )
