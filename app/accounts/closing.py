"""What is left of an account that was deleted: a document without a name, that still counts."""

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pymongo import ReturnDocument

from app.accounts.model import FollowerCount, username_key
from app.sharding import by_id, by_ids

if TYPE_CHECKING:
    from motor.motor_asyncio import AsyncIOMotorDatabase

    from app.transactions import Transaction

Document = dict[str, Any]
KEPT = ("shard", "post_count", "follower_count", "following_count", "is_pulled")
"""Everything else was somebody's, and goes at once; the counts fall to zero."""

_FOLLOWER_COUNT = {"follower_count": 1, "is_pulled": 1}


class ClosedAccounts:
    """Accounts that are gone, and how others count without them.

    The document stays for good, so that an id is never found to be nobody's by what comes late.
    """

    def __init__(self, database: "AsyncIOMotorDatabase[dict[str, Any]]") -> None:
        self._accounts = database.get_collection("accounts")
        self._usernames = database.get_collection("usernames")

    async def close(
        self, account_id: int, *, deleted_at: datetime, transaction: "Transaction"
    ) -> str | None:
        """Take everything personal from an account; None if that was done before.

        Returns the username that it had, which stays claimed.
        """
        left = {"_id": "$_id", **{field: f"${field}" for field in KEPT}, "deleted_at": deleted_at}
        document = await self._accounts.find_one_and_update(
            {**by_id(account_id), "deleted_at": None}, [{"$replaceWith": left}], session=transaction
        )
        return document["username"] if document else None

    async def free(self, account_id: int, username: str, transaction: "Transaction") -> None:
        """Let somebody else have the username."""
        await self._usernames.delete_one(
            {"_id": username_key(username), "account_id": account_id}, session=transaction
        )

    async def count_posts(self, author_id: int, deleted: int, transaction: "Transaction") -> None:
        """Count that some READY posts are deleted."""
        await self._accounts.update_one(
            by_id(author_id), {"$inc": {"post_count": -deleted}}, session=transaction
        )

    async def count_followers(
        self, account_id: int, follower_ids: Collection[int], transaction: "Transaction"
    ) -> dict[int, FollowerCount]:
        """Count that some follow an account no more; returns who is left, by the account."""
        await self._accounts.update_many(
            by_ids(follower_ids), {"$inc": {"following_count": -1}}, session=transaction
        )
        document = await self._accounts.find_one_and_update(
            by_id(account_id),
            {"$inc": {"follower_count": -len(follower_ids)}},
            projection=_FOLLOWER_COUNT,
            return_document=ReturnDocument.AFTER,
            session=transaction,
        )
        return {account_id: _follower_count(document)} if document else {}

    async def count_following(
        self, account_id: int, followee_ids: Collection[int], transaction: "Transaction"
    ) -> dict[int, FollowerCount]:
        """Count that an account follows some no more; returns who is left to each of them."""
        await self._accounts.update_one(
            by_id(account_id),
            {"$inc": {"following_count": -len(followee_ids)}},
            session=transaction,
        )
        await self._accounts.update_many(
            by_ids(followee_ids), {"$inc": {"follower_count": -1}}, session=transaction
        )
        cursor = self._accounts.find(by_ids(followee_ids), _FOLLOWER_COUNT, session=transaction)
        return {each["_id"]: _follower_count(each) for each in await cursor.to_list(None)}


def _follower_count(document: Document) -> FollowerCount:
    return FollowerCount(
        followers=document["follower_count"], is_pulled=document.get("is_pulled", False)
    )
