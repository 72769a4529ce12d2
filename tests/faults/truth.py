"""What the stores hold, looked at behind the API's back, and followers by the thousand."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from bson.codec_options import CodecOptions
from pymongo import AsyncMongoClient, ReturnDocument
from redis.asyncio import Redis

from app.feeds.model import build_timeline, pack_header, unpack_timeline
from app.ids import IdSource, random_shard, shard_of
from app.jobs import Job
from app.live.bus import CHANNEL
from app.live.model import ChangeKind
from app.live.store import COUNTER
from app.settings import Settings
from app.sharding import by_id
from schema.nodes import Kind, global_id, read_global_id
from tests.bench.timelines import key
from tests.client import Person, until

if TYPE_CHECKING:
    from pymongo.asynchronous.database import AsyncDatabase

RECOVERY_MAX_SECONDS = 60.0
BATCH = 10_000

Document = dict[str, Any]


def number_of(node_id: str) -> int:
    """The integer behind a global id."""
    found = read_global_id(node_id)
    assert found is not None
    return found[1]


class Truth:
    """MongoDB and both Redis of a stack, as they are."""

    def __init__(self, database: "AsyncDatabase[Document]", broker: Redis, cache: Redis) -> None:
        self.database = database
        self.broker = broker
        self.cache = cache
        self._ids = IdSource()

    async def posts_of(self, author: Person) -> list[Document]:
        """Every post of an author, in whatever state."""
        return await self.database.posts.find({"author_id": number_of(author.id)}).to_list()

    async def is_owed(self, post_ids: list[str], job: type[Job] | None = None) -> bool:
        """Whether any of these posts still owes a job, or that one."""
        found = await self.database.posts.count_documents(
            {
                "_id": {"$in": [number_of(i) for i in post_ids]},
                "owed": job.name if job else {"$ne": []},
            }
        )
        return found > 0

    async def until_nothing_is_owed(
        self, post_ids: list[str], seconds: float = RECOVERY_MAX_SECONDS
    ) -> None:
        """Wait until every effect of these posts is stored."""

        async def settled() -> bool:
            return not await self.is_owed(post_ids)

        await until(settled, seconds=seconds)

    async def make_due(self, post_ids: list[str]) -> None:
        """Have the next sweep send again what these posts owe, and not only the one after it."""
        await self.database.posts.update_many(
            {"_id": {"$in": [number_of(i) for i in post_ids]}, "owed_due_at": {"$exists": True}},
            {"$set": {"owed_due_at": datetime.now(UTC)}},
        )

    async def assert_counted(self, person: Person) -> None:
        """The counts of an account are those of its posts and edges."""
        number = number_of(person.id)
        account = await self.database.accounts.find_one({"_id": number})
        assert account is not None
        follows, posts = self.database.follows, self.database.posts
        assert {
            "post_count": await posts.count_documents({"author_id": number, "state": "READY"}),
            "follower_count": await follows.count_documents({"followee_id": number}),
            "following_count": await follows.count_documents({"follower_id": number}),
        }.items() <= account.items()

    async def add_followers(self, followee: Person, count: int) -> list[int]:
        """Give somebody followers whom nobody has signed up; returns their ids.

        They are not counted yet: counted, so many would make the account a pulled one as soon as
        the next person follows it.
        """
        number = number_of(followee.id)
        follower_ids = [self._ids.next(random_shard()) for _ in range(count)]
        for start in range(0, count, BATCH):
            edges: list[Document] = [
                {
                    **by_id(self._ids.next(shard_of(follower_id))),
                    "follower_id": follower_id,
                    "followee_id": number,
                }
                for follower_id in follower_ids[start : start + BATCH]
            ]
            await self.database.follows.insert_many(edges, ordered=False)
        return follower_ids

    async def count_followers(self, followee: Person) -> None:
        """Count whoever was added."""
        number = number_of(followee.id)
        edges = await self.database.follows.count_documents({"followee_id": number})
        await self.database.accounts.update_one(
            {"_id": number}, {"$set": {"follower_count": edges}}
        )

    async def warm(self, viewer_ids: Sequence[int]) -> None:
        """Put an empty timeline for each of these viewers, into which posts are pushed."""
        empty = pack_header(
            build_timeline(following_version=1, built_at=0, pulled_ids=(), newest=[], most=1)
        )
        for start in range(0, len(viewer_ids), BATCH):
            entries = {key(viewer_id): empty for viewer_id in viewer_ids[start : start + BATCH]}
            await self.cache.mset(entries)

    async def holding(self, post_id: str, viewer_ids: Sequence[int]) -> int:
        """How many of these viewers' timelines hold a post."""
        number = number_of(post_id)
        entries = await self.cache.mget([key(viewer_id) for viewer_id in viewer_ids])
        timelines = [unpack_timeline(entry) for entry in entries if isinstance(entry, bytes)]
        return sum(number in timeline.post_ids for timeline in timelines if timeline)

    async def feed_of(self, viewer: Person) -> list[str]:
        """What a viewer's whole feed has to be: READY posts of all they follow, newest first."""
        edges = await self.database.follows.find({"follower_id": number_of(viewer.id)}).to_list()
        query = {"author_id": {"$in": [edge["followee_id"] for edge in edges]}, "state": "READY"}
        posts = await self.database.posts.find(query, {"_id": 1}).sort("_id", -1).to_list()
        return [global_id(Kind.POST, post["_id"]) for post in posts]

    async def times_published(self, post_ids: Iterable[str]) -> list[int]:
        """How often the log says of each of these posts that it became READY."""
        changes = self.database.changes
        return [
            await changes.count_documents(
                {"kind": ChangeKind.POST_PUBLISHED.value, "subject_id": number_of(post_id)}
            )
            for post_id in post_ids
        ]

    async def append_changes(
        self, kind: ChangeKind, *, actor_id: int, subject_ids: Sequence[int]
    ) -> range:
        """Write many changes into the log, faster than anybody makes them; returns the moments."""
        counter = await self.database.counters.find_one_and_update(
            {"_id": COUNTER},
            {"$inc": {"drawn": len(subject_ids)}},
            return_document=ReturnDocument.AFTER,
        )
        assert counter is not None
        moments = range(counter["drawn"] - len(subject_ids) + 1, counter["drawn"] + 1)
        entry = {"kind": kind.value, "actor_id": actor_id, "at": datetime.now(UTC)}
        await self.database.changes.insert_many(
            [
                {"_id": moment, "subject_id": subject_id, **entry}
                for moment, subject_id in zip(moments, subject_ids, strict=True)
            ],
            ordered=False,
        )
        await self.cache.publish(CHANNEL, str(moments[-1]))
        return moments


@asynccontextmanager
async def open_truth(settings: Settings) -> AsyncIterator[Truth]:
    """Connect to the stores of a stack."""
    codec: CodecOptions[Document] = CodecOptions(tz_aware=True)
    async with (
        AsyncMongoClient[Document](settings.mongodb_url.get_secret_value()) as mongodb,
        Redis.from_url(settings.broker_url.get_secret_value()) as broker,
        Redis.from_url(settings.cache_url.get_secret_value()) as cache,
    ):
        database = mongodb.get_database(settings.mongodb_database, codec_options=codec)
        yield Truth(database, broker, cache)
