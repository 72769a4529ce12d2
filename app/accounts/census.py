"""The collection `accounts`, gone through from end to end, to be compared with what it counts."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from pymongo import ASCENDING, ReturnDocument

from app.accounts.model import Counts, FollowerCount, Standing
from app.sharding import by_id

if TYPE_CHECKING:
    from motor.motor_asyncio import AsyncIOMotorDatabase

    from app.transactions import Snapshot, Transaction

_FIELDS = (
    "post_count",
    "follower_count",
    "following_count",
    "following_version",
    "is_pulled",
    "mends",
)


class Census:
    """What accounts say of themselves, and how that is mended; those that are gone say nothing.

    A count is mended by the difference to what there was at the same moment, so it is right
    whatever has been counted since. Two who have seen the same difference must not both add it:
    the account's `mends` is the ticket that only the first can use.
    """

    def __init__(self, database: "AsyncIOMotorDatabase[dict[str, Any]]") -> None:
        self._accounts = database.get_collection("accounts")

    async def estimate(self) -> int:
        """About how many accounts there are."""
        return await self._accounts.estimated_document_count()

    async def after(self, account_id: int, *, limit: int, snapshot: "Snapshot") -> list[Standing]:
        """The accounts behind one of them (0: the first), in the order of their ids."""
        cursor = (
            self._accounts.find(
                {"_id": {"$gt": account_id}, "deleted_at": None}, _FIELDS, session=snapshot
            )
            .sort("_id", ASCENDING)
            .limit(limit)
        )
        return [_standing(document) for document in await cursor.to_list(limit)]

    async def mend(
        self, standing: Standing, drift: Counts, transaction: "Transaction"
    ) -> FollowerCount | None:
        """Add to each count what it lacks; None, with nothing done, if it was mended meanwhile.

        Returns how many follow the account now. Whatever else counts at it has to wait.
        """
        document = await self._accounts.find_one_and_update(
            {**by_id(standing.account_id), "mends": standing.mends or None, "deleted_at": None},
            {"$inc": {**asdict(drift), "mends": 1}},
            projection=_FIELDS,
            return_document=ReturnDocument.AFTER,
            session=transaction,
        )
        if not document:
            return None
        mended = _standing(document)
        return FollowerCount(followers=mended.counts.follower_count, is_pulled=mended.is_pulled)


def _standing(document: dict[str, Any]) -> Standing:
    return Standing(
        account_id=document["_id"],
        counts=Counts(
            post_count=document["post_count"],
            follower_count=document["follower_count"],
            following_count=document["following_count"],
        ),
        following_version=document["following_version"],
        is_pulled=document.get("is_pulled", False),
        mends=document.get("mends", 0),
    )
