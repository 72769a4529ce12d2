"""The collection `pulls`: accounts that are or were pulled."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from pymongo import ASCENDING

from app.follows.model import Pull

if TYPE_CHECKING:
    from motor.motor_asyncio import AsyncIOMotorDatabase

    from app.transactions import Snapshot, Transaction


class PullStore:
    """For each account that ever was pulled, whether it is now; few enough to be read at once."""

    def __init__(self, database: "AsyncIOMotorDatabase[dict[str, Any]]") -> None:
        self._pulls = database.get_collection("pulls")

    async def prepare(self) -> None:
        """Create the collection; does nothing where it is."""
        await self._pulls.create_index([("_id", ASCENDING)])

    async def write(self, pull: Pull, transaction: "Transaction") -> None:
        """Note an account's crossing; it replaces the one before."""
        await self._pulls.update_one(
            {"_id": pull.account_id},
            {"$set": {"is_pulled": pull.is_pulled, "since": pull.since}},
            upsert=True,
            session=transaction,
        )

    async def listed_among(
        self, account_ids: Collection[int], session: "Snapshot | Transaction"
    ) -> set[int]:
        """Those of some accounts that are listed as pulled."""
        query = {"_id": {"$in": list(account_ids)}, "is_pulled": True}
        found = await self._pulls.find(query, {"_id": 1}, session=session).to_list(None)
        return {document["_id"] for document in found}

    async def all(self) -> dict[int, Pull]:
        """The last crossing of every account that has made one, by account."""
        return {
            document["_id"]: Pull(
                account_id=document["_id"],
                is_pulled=document["is_pulled"],
                since=document["since"],
            )
            for document in await self._pulls.find().to_list(None)
        }
