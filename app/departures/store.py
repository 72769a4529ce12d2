"""The collection `departures`: accounts that are deleted, until nothing of them can be left."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from bson.codec_options import CodecOptions
from pymongo import ASCENDING

from app.departures.model import Departure

if TYPE_CHECKING:
    from motor.motor_asyncio import AsyncIOMotorDatabase

    from app.transactions import Transaction

Document = dict[str, Any]
_UTC: CodecOptions[Document] = CodecOptions(tz_aware=True, tzinfo=UTC)


class DepartureStore:
    """Accounts whose erasure is owed, and when that is due: few enough to be read at once.

    `due_at` is when the job is sent again: `retry` after it was last sent or begun.
    """

    def __init__(
        self, database: "AsyncIOMotorDatabase[dict[str, Any]]", *, retry_seconds: float
    ) -> None:
        self._departures = database.get_collection("departures", codec_options=_UTC)
        self._retry = timedelta(seconds=retry_seconds)

    async def prepare(self) -> None:
        """Create the index; does nothing where it is."""
        await self._departures.create_index([("due_at", ASCENDING)])

    async def insert(self, departure: Departure, transaction: "Transaction") -> None:
        """Note that an account is gone, and owes to be erased."""
        await self._departures.insert_one(
            {
                "_id": departure.account_id,
                "username": departure.username,
                "moment": departure.moment,
                "deleted_at": departure.deleted_at,
                "is_erased": departure.is_erased,
                "due_at": self._due(),
            },
            session=transaction,
        )

    async def begin(self, account_id: int, *, seconds: float) -> Departure | None:
        """An account that is to be erased, which takes as long as that; None if none is left."""
        due_at = {"$cond": ["$is_erased", "$due_at", self._due(seconds)]}
        document = await self._departures.find_one_and_update(
            {"_id": account_id}, [{"$set": {"due_at": due_at}}]
        )
        return _departure(document) if document else None

    async def become_erased(
        self, account_id: int, *, due_at: datetime, transaction: "Transaction"
    ) -> bool:
        """Note that nothing is left, and when to look again; False if that was noted before."""
        result = await self._departures.update_one(
            {"_id": account_id, "is_erased": False},
            {"$set": {"is_erased": True, "username": "", "due_at": due_at}},
            session=transaction,
        )
        return result.modified_count > 0

    async def remove(self, account_id: int) -> None:
        """Note that nothing will ever be left."""
        await self._departures.delete_one({"_id": account_id})

    async def under_way(self) -> dict[int, int]:
        """Accounts of which something may be left, and the moments since when they are gone."""
        cursor = self._departures.find({"is_erased": False}, {"moment": 1})
        return {document["_id"]: document["moment"] for document in await cursor.to_list(None)}

    async def take_overdue(self, limit: int) -> list[int]:
        """Accounts whose erasure is due to be sent again; due once more after another `retry`."""
        now = datetime.now(UTC)
        due = {"due_at": {"$lte": now}}
        cursor = self._departures.find(due, {"_id": 1}).sort("due_at", ASCENDING).limit(limit)
        overdue = [document["_id"] for document in await cursor.to_list(limit)]
        await self._departures.update_many(
            {"_id": {"$in": overdue}, **due}, {"$set": {"due_at": self._due()}}
        )
        return overdue

    def _due(self, seconds: float = 0) -> datetime:
        return datetime.now(UTC) + self._retry + timedelta(seconds=seconds)


def _departure(document: Document) -> Departure:
    return Departure(
        account_id=document["_id"],
        username=document["username"],
        moment=document["moment"],
        deleted_at=document["deleted_at"],
        is_erased=document["is_erased"],
    )
