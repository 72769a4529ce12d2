"""What the stores hold, looked at behind the API's back, and followers by the thousand."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from bson.codec_options import CodecOptions
from pymongo import AsyncMongoClient
from redis.asyncio import Redis

from app.ids import IdSource, random_shard, shard_of
from app.settings import Settings
from app.sharding import by_id
from schema.nodes import read_global_id
from tests.client import Person, until

if TYPE_CHECKING:
    from pymongo.asynchronous.database import AsyncDatabase

RECOVERY_MAX_SECONDS = 60.0
BATCH = 1_000

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

    async def is_owed(self, post_ids: list[str]) -> bool:
        """Whether any of these posts still owes a job."""
        found = await self.database.posts.count_documents(
            {"_id": {"$in": [number_of(i) for i in post_ids]}, "owed": {"$ne": []}}
        )
        return found > 0

    async def until_nothing_is_owed(
        self, post_ids: list[str], seconds: float = RECOVERY_MAX_SECONDS
    ) -> None:
        """Wait until every effect of these posts is stored."""

        async def settled() -> bool:
            return not await self.is_owed(post_ids)

        await until(settled, seconds=seconds)

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

    async def add_followers(self, followee: Person, count: int) -> None:
        """Give somebody followers whom nobody has signed up, each with an edge that counts."""
        number = number_of(followee.id)
        for start in range(0, count, BATCH):
            accounts = [self._account() for _ in range(min(BATCH, count - start))]
            edges = [
                {
                    **by_id(self._ids.next(shard_of(account["_id"]))),
                    "follower_id": account["_id"],
                    "followee_id": number,
                }
                for account in accounts
            ]
            await self.database.accounts.insert_many(accounts, ordered=False)
            await self.database.follows.insert_many(edges, ordered=False)
        await self.database.accounts.update_one(
            {"_id": number}, {"$inc": {"follower_count": count}}
        )

    def _account(self) -> Document:
        number = self._ids.next(random_shard())
        name = f"f_{secrets.token_hex(8)}"
        return {
            **by_id(number),
            "username": name,
            "display_name": name,
            "password_hash": "",
            "post_count": 0,
            "follower_count": 0,
            "following_count": 1,
            "following_version": 1,
        }


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
