"""An author, a worker and two regions: posts in MongoDB, objects in memory."""

import io
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from hashlib import sha256
from typing import Any

from app.clients import Clients
from app.ids import IdSource, random_shard
from app.images.model import Image, original_key
from app.images.regions import Regions
from app.images.service import Images
from app.jobs import JOBS_ENDED_SECONDS, Job
from app.live.bus import LiveBus
from app.live.changes import Changes
from app.live.store import ChangeLog
from app.posts.model import Post
from app.posts.outbox import Outbox
from app.posts.rendering import Rendering
from app.posts.store import PostStore
from app.transactions import Transaction, Transactions
from tests.clock import Clock
from tests.memory_objects import MemoryObjects
from tests.photographs import LIMITS, jpeg
from tests.stamp import Stamp
from tests.stores.conftest import Database
from tests.stores.samples import a_post

PHOTO = jpeg((64, 48))
SHA256 = sha256(PHOTO).hexdigest()


Meanwhile = Callable[[], Awaitable[None]]


class Queue:
    """Takes jobs, and answers none."""

    async def send(self, job: Job) -> None:
        """Nobody works here."""


class Surroundings:
    """Counts nothing, and has no edges; something may happen while they would be warmed."""

    def __init__(self) -> None:
        self.warmed: list[Image] = []
        self.meanwhile: Meanwhile | None = None

    async def count_post(self, *, author_id: int, change: int, transaction: Transaction) -> bool:
        return False

    async def warm(self, image: Image) -> None:
        self.warmed.append(image)
        if self.meanwhile:
            await self.meanwhile()


class Objects(MemoryObjects):
    """Does something before it copies for the second time."""

    def __init__(self) -> None:
        super().__init__()
        self.copies = 0
        self.meanwhile: Callable[[], object] = int

    def copy(self, region: str, source: str, target: str) -> None:
        self.copies += 1
        if self.copies == 2:
            self.meanwhile()
        super().copy(region, source, target)


class Scene:
    """An author, a worker, and two regions."""

    def __init__(
        self, clients: Clients, database: Database, posts: PostStore, log: ChangeLog, ids: IdSource
    ) -> None:
        self.database, self.posts, self._ids = database, posts, ids
        self.author = ids.next(random_shard())
        self.objects, self.stamp, self.clock = Objects(), Stamp(), Clock()
        self.surroundings = Surroundings()
        self._transactions = Transactions(clients.mongodb)
        self._images = Images(
            objects=self.objects,
            renderer=self.stamp,
            limits=LIMITS,
            region="eu",
            cdn_url="http://cdn.test",
            regions=Regions(
                objects=self.objects,
                partners={"eu": "us", "us": "eu"},
                seconds_now=self.clock,
            ),
        )
        self.rendering = Rendering(
            posts=posts,
            images=self._images,
            edges=self.surroundings,
            counts=self.surroundings,
            changes=Changes(log=log, bus=LiveBus(clients.bus), kept_seconds=60),
            outbox=Outbox(posts=posts, jobs=Queue()),
            transactions=self._transactions,
            quick_max=5,
        )

    async def upload(self, author_id: int | None = None) -> Post:
        """Upload the photo."""
        post = replace(a_post(self._ids, author_id or self.author), original_sha256=SHA256)
        file = io.BytesIO(PHOTO)
        await self._images.keep_original(post.id, file, await self._images.inspect(file))
        await self.posts.insert(post, None)
        return post

    async def publish(self, author_id: int | None = None) -> Post:
        """Upload the photo, and have it rendered."""
        post = await self.upload(author_id)
        await self.rendering.render(post.id)
        found = await self.posts.find(post.id)
        assert found is not None
        return found

    async def delete(self, post: Post) -> None:
        await self._transactions.run(partial(self.posts.become_deleted, post.id))

    async def document(self, post: Post) -> dict[str, Any]:
        document = await self.database["posts"].find_one({"_id": post.id})
        assert document is not None
        return document

    async def end_jobs(self) -> None:
        """As if all jobs had ended that were there when posts were deleted."""
        earlier = {"$subtract": ["$deleted_at", JOBS_ENDED_SECONDS * 1_000]}
        due = {"$cond": [{"$gt": ["$owed_due_at", None]}, "$deleted_at", "$$REMOVE"]}
        await self.database["posts"].update_many(
            {"deleted_at": {"$exists": True}},
            [{"$set": {"owed_due_at": due}}, {"$set": {"deleted_at": earlier}}],
        )

    def keys_of(self, post: Post) -> set[str]:
        """Keys of all that is there of a post."""
        return {key for _, key in self.objects.objects if f"/{post.id:016x}/" in key}

    def put_late(self, post: Post) -> None:
        """Put what a job puts that is in the middle of it."""
        for region in ("eu", "us"):
            self.objects.objects[region, original_key(post.id, SHA256)] = PHOTO
