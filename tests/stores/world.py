"""A small world on real stores: people who follow and post, jobs that wait, and what is true."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Final

from app.accounts.store import AccountStore
from app.clients import Clients
from app.feeds.fan_out import FanOuts
from app.feeds.reader import FeedReader
from app.feeds.store import TimelineStore, _key
from app.follows.service import Follows
from app.follows.store import FollowStore
from app.ids import IdSource
from app.jobs import FanOut, Job
from app.posts.model import Post, PostState
from app.posts.outbox import Outbox
from app.posts.service import Posts
from app.posts.store import PostStore
from app.transactions import Transaction, Transactions
from tests.stores.conftest import Database
from tests.stores.samples import CACHE_TIMEOUT_SECONDS, IMAGE, a_post, some_people

TIMELINE_MAX_POSTS: Final = 5
CHUNK_FOLLOWERS: Final = 2
PEOPLE: Final = 6


class Silent:
    """Announces nothing."""

    async def followed(self, follower_id: int, followee_id: int) -> None: ...

    async def unfollowed(self, follower_id: int, followee_id: int) -> None: ...


class Pile:
    """A queue whose jobs are taken in any order, some of them twice."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self.jobs: list[Job] = []

    async def send(self, job: Job) -> None:
        self.jobs.append(job)

    def take(self, *, stays: float = 0.0) -> Job | None:
        """One of the jobs; it stays there with that probability."""
        if not self.jobs:
            return None
        at = self._dice.randrange(len(self.jobs))
        return self.jobs[at] if self._dice.random() < stays else self.jobs.pop(at)


class World:
    """The house's own services for follows, posts, fan-outs and feeds, and one step at a time."""

    def __init__(
        self, clients: Clients, database: Database, ids: IdSource, dice: random.Random
    ) -> None:
        self._dice = dice
        self._ids = ids
        self._cache = clients.cache
        self._accounts = AccountStore(database)
        self._follow_store = FollowStore(database)
        self._post_store = PostStore(database, retry_seconds=60)
        self._transactions = Transactions(clients.mongodb)
        self.pile = Pile(dice)
        outbox = Outbox(posts=self._post_store, jobs=self.pile)
        timelines = TimelineStore(
            clients.cache, posts_max=TIMELINE_MAX_POSTS, timeout_seconds=CACHE_TIMEOUT_SECONDS
        )
        self._follows = Follows(
            follows=self._follow_store,
            accounts=self._accounts,
            announcer=Silent(),
            transactions=self._transactions,
            ids=ids,
            following_max=100,
        )
        self._posts = Posts(
            posts=self._post_store,
            counts=self._accounts,
            outbox=outbox,
            transactions=self._transactions,
        )
        self.reader = FeedReader(
            accounts=self._accounts,
            follows=self._follows,
            posts=self._posts,
            timelines=timelines,
            timeline_max_posts=TIMELINE_MAX_POSTS,
        )
        self._fan_outs = FanOuts(
            follows=self._follows,
            posts=self._posts,
            timelines=timelines,
            outbox=outbox,
            chunk_followers=CHUNK_FOLLOWERS,
        )
        self.people: list[int] = []
        self._processing: list[Post] = []

    async def begin(self) -> None:
        """Make indexes and people."""
        for store in (self._accounts, self._follow_store, self._post_store):
            await store.prepare()
        self.people = await some_people(self._accounts, self._transactions, self._ids, PEOPLE)

    def step(self) -> Callable[[], Awaitable[None]]:
        """Something that may happen next."""
        steps = {
            self._publish: 20,
            self._process: 16,
            self._follow: 10,
            self._unfollow: 5,
            self._delete: 4,
            self._answer: 30,
            self._lose: 3,
            self._read: 20,
        }
        return self._dice.choices(list(steps), list(steps.values()))[0]

    async def come_to_rest(self) -> None:
        """Process every post and answer every job."""
        while self._processing:
            await self._process()
        while job := self.pile.take():
            await self._run(job)

    async def walk(self, viewer: int, first: int) -> list[int]:
        """A feed to its end; each page but the last must be full."""
        walked: list[int] = []
        before = None
        while True:
            page = await self.reader.page(viewer, first=first, before=before)
            walked += [post.id for post in page.items]
            if not page.has_next:
                return walked
            assert len(page.items) == first
            before = walked[-1]

    async def truth(self, database: Database, viewer: int) -> list[int]:
        """What a feed must be, from the documents alone."""
        edges = database["follows"].find({"follower_id": viewer})
        followees = {edge["followee_id"] async for edge in edges}
        posts = [post async for post in database["posts"].find({"state": "READY"})]
        return sorted((p["_id"] for p in posts if p["author_id"] in followees), reverse=True)

    async def _publish(self) -> None:
        post = a_post(self._ids, self._dice.choice(self.people))
        await self._post_store.insert(post, None)
        self._processing.append(post)

    async def _process(self) -> None:
        """Make any of the posts that wait READY: they do not get there in order."""
        if self._processing:
            post = self._processing.pop(self._dice.randrange(len(self._processing)))

            async def become_ready(transaction: Transaction) -> bool:
                return await self._post_store.become_ready(post.id, IMAGE, transaction)

            if await self._transactions.run(become_ready):
                await self.pile.send(FanOut(post_id=post.id))

    async def _follow(self) -> None:
        await self._follows.follow(*self._dice.sample(self.people, 2))

    async def _unfollow(self) -> None:
        await self._follows.unfollow(*self._dice.sample(self.people, 2))

    async def _delete(self) -> None:
        author = self._dice.choice(self.people)
        page = await self._posts.by_author(author, author, first=100, before=None)
        if page.items:
            await self._posts.delete(author, self._dice.choice(page.items).id)

    async def _answer(self) -> None:
        if job := self.pile.take(stays=0.3):
            await self._run(job)

    async def _run(self, job: Job) -> None:
        if isinstance(job, FanOut):
            await self._fan_outs.push_chunk(job.post_id, job.after)

    async def _lose(self) -> None:
        """A timeline is evicted."""
        await self._cache.delete(_key(self._dice.choice(self.people)))

    async def _read(self) -> None:
        """Read a page, which may build a timeline; whatever the moment, it must be in order."""
        viewer = self._dice.choice(self.people)
        page = await self.reader.page(viewer, first=self._dice.randint(1, 7), before=None)
        shown = [post.id for post in page.items]
        assert shown == sorted(set(shown), reverse=True)
        assert all(post.state is PostState.READY for post in page.items)
        assert viewer not in {post.author_id for post in page.items}


async def live(world: World, steps: int, *, at_once: int) -> None:
    """Let things happen, some of them at once."""
    for _ in range(0, steps, at_once):
        await asyncio.gather(*(world.step()() for _ in range(at_once)))
