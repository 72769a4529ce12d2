"""The collection `follows`: one document an edge."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from pymongo import ASCENDING, DESCENDING
from pymongo.errors import DuplicateKeyError

from app.follows.model import Edge

if TYPE_CHECKING:
    from motor.motor_asyncio import AsyncIOMotorDatabase

    from app.transactions import Transaction

# The driver awaits each batch, and its first has 101 documents: reading in one go takes a third.
BATCH_EDGES = 10_000
_COVERED = {"_id": 1, "follower_id": 1, "followee_id": 1}


class IdTakenError(Exception):
    """Another process drew the same id in the same millisecond; the transaction is undone."""


class FollowStore:
    """Edges, unique by (follower, followee), read from either end from an index alone."""

    def __init__(self, database: "AsyncIOMotorDatabase[dict[str, Any]]") -> None:
        self._follows = database.get_collection("follows")

    async def prepare(self) -> None:
        """Create the indexes; does nothing where they are."""
        await self._follows.create_index(
            [("follower_id", ASCENDING), ("followee_id", ASCENDING)], unique=True
        )
        for end, other in (("followee_id", "follower_id"), ("follower_id", "followee_id")):
            await self._follows.create_index(
                [(end, ASCENDING), ("_id", DESCENDING), (other, ASCENDING)]
            )

    async def insert(self, edge: Edge, transaction: "Transaction") -> bool:
        """Add an edge; False if there is one already.

        Raises:
            IdTakenError: the id is another's; draw a new one.
        """
        pair = {"follower_id": edge.follower_id, "followee_id": edge.followee_id}
        try:
            result = await self._follows.update_one(
                pair, {"$setOnInsert": {"_id": edge.id}}, upsert=True, session=transaction
            )
        except DuplicateKeyError:
            raise IdTakenError from None
        return result.upserted_id is not None

    async def remove(
        self, *, follower_id: int, followee_id: int, transaction: "Transaction"
    ) -> bool:
        """Take an edge away; False if there is none."""
        result = await self._follows.delete_one(
            {"follower_id": follower_id, "followee_id": followee_id}, session=transaction
        )
        return result.deleted_count > 0

    async def followees(self, follower_id: int) -> frozenset[int]:
        """Everyone an account follows."""
        cursor = self._follows.find(
            {"follower_id": follower_id}, {"_id": 0, "followee_id": 1}, batch_size=BATCH_EDGES
        )
        return frozenset([document["followee_id"] for document in await cursor.to_list(None)])

    async def followed_among(self, follower_id: int, account_ids: Collection[int]) -> set[int]:
        """Those of some accounts that `follower_id` follows."""
        cursor = self._follows.find(
            {"follower_id": follower_id, "followee_id": {"$in": list(account_ids)}},
            {"_id": 0, "followee_id": 1},
        )
        return {document["followee_id"] for document in await cursor.to_list(None)}

    async def followers_after(self, followee_id: int, *, after: int, limit: int) -> list[Edge]:
        """Edges to an account, oldest first, from the one behind edge `after` on (0: the first)."""
        cursor = (
            self._follows.find({"followee_id": followee_id, "_id": {"$gt": after}}, _COVERED)
            .sort("_id", ASCENDING)
            .limit(limit)
            .batch_size(limit)
        )
        return [_edge(document) for document in await cursor.to_list(limit)]

    async def followers_before(self, followee_id: int, *, before: int, limit: int) -> list[Edge]:
        """Edges to an account, newest first, older than edge `before`."""
        return await self._newest({"followee_id": followee_id}, before, limit)

    async def following_before(self, follower_id: int, *, before: int, limit: int) -> list[Edge]:
        """Edges from an account, newest first, older than edge `before`."""
        return await self._newest({"follower_id": follower_id}, before, limit)

    async def _newest(self, end: dict[str, int], before: int, limit: int) -> list[Edge]:
        cursor = (
            self._follows.find({**end, "_id": {"$lt": before}}, _COVERED)
            .sort("_id", DESCENDING)
            .limit(limit)
        )
        return [_edge(document) for document in await cursor.to_list(limit)]


def _edge(document: dict[str, Any]) -> Edge:
    return Edge(
        id=document["_id"],
        follower_id=document["follower_id"],
        followee_id=document["followee_id"],
    )
