"""The collections `accounts` and `usernames`."""

from collections.abc import Collection, Mapping
from datetime import UTC
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from bson.codec_options import CodecOptions
from pymongo import ASCENDING, ReturnDocument
from pymongo.errors import DuplicateKeyError

from app.accounts.model import (
    Account,
    AccountGoneError,
    AccountSettings,
    FollowerCount,
    username_key,
)
from app.sharding import by_id, by_ids

if TYPE_CHECKING:
    from motor.motor_asyncio import AsyncIOMotorDatabase

    from app.transactions import Transaction

Document = Mapping[str, Any]
_UTC: CodecOptions[dict[str, Any]] = CodecOptions(tz_aware=True, tzinfo=UTC)
_FOLLOWER_COUNT = {"follower_count": 1, "is_pulled": 1}
_THERE: Document = MappingProxyType({"deleted_at": None})


class UsernameTakenError(Exception):
    """Another account has that username."""


class IdTakenError(Exception):
    """Another process drew the same id in the same millisecond."""


class AccountStore:
    """Accounts, their password hashes, their counts, and the claims to their usernames.

    Accounts are spread over shards, where no index can hold a username unique. So each has a claim,
    a document whose `_id` is what makes it unique.

    Accounts that are gone are not found, and nothing new is counted at them.
    """

    def __init__(self, database: "AsyncIOMotorDatabase[dict[str, Any]]") -> None:
        self._accounts = database.get_collection("accounts", codec_options=_UTC)
        self._usernames = database.get_collection("usernames")

    async def prepare(self) -> None:
        """Create the collections and indexes; does nothing where they are."""
        await self._accounts.create_index([("shard", ASCENDING)])
        await self._usernames.create_index([("_id", ASCENDING)])  # makes the collection

    async def insert(
        self, account: Account, password_hash: str, transaction: "Transaction"
    ) -> None:
        """Add an account and its claim.

        Raises:
            UsernameTakenError: the username is another's, whatever its case.
            IdTakenError: the id is another's; draw a new one.
        """
        claim = {"_id": username_key(account.username), "account_id": account.id}
        try:
            await self._usernames.insert_one(claim, session=transaction)
        except DuplicateKeyError:
            raise UsernameTakenError from None
        document = {
            **by_id(account.id),
            "username": account.username,
            "display_name": account.display_name,
            "password_hash": password_hash,
            "created_at": account.created_at,
            "post_count": account.post_count,
            "follower_count": account.follower_count,
            "following_count": account.following_count,
            "following_version": account.following_version,
            "is_pulled": account.is_pulled,
        }
        try:
            await self._accounts.insert_one(document, session=transaction)
        except DuplicateKeyError:
            raise IdTakenError from None

    async def find(self, account_id: int) -> Account | None:
        """One account by id."""
        document = await self._accounts.find_one({**by_id(account_id), **_THERE})
        return _account(document) if document else None

    async def find_many(self, account_ids: Collection[int]) -> dict[int, Account]:
        """Accounts by id, in one read; ids of nobody are left out."""
        cursor = self._accounts.find({**by_ids(account_ids), **_THERE})
        return {document["_id"]: _account(document) for document in await cursor.to_list(None)}

    async def find_by_username(self, username: str) -> Account | None:
        """One account by its username, whatever its case."""
        document = await self._claimed(username)
        return _account(document) if document else None

    async def password_of(self, username: str) -> tuple[Account, str] | None:
        """An account with its password hash, by its username."""
        document = await self._claimed(username)
        return (_account(document), document["password_hash"]) if document else None

    async def password_hash_of(self, account_id: int) -> str | None:
        """An account's password hash."""
        document = await self._accounts.find_one(
            {**by_id(account_id), **_THERE}, {"password_hash": 1}
        )
        return document["password_hash"] if document else None

    async def settings_of(self, account_id: int) -> AccountSettings | None:
        """What somebody has set for their account."""
        document = await self._accounts.find_one(
            {**by_id(account_id), **_THERE}, {"alt_text_required": 1}
        )
        return _settings(document) if document else None

    async def set_alt_text_required(self, account_id: int, *, is_required: bool) -> bool:
        """Have an account's photos need alternative texts, or not; False if there is none."""
        result = await self._accounts.update_one(
            {**by_id(account_id), **_THERE}, {"$set": {"alt_text_required": is_required}}
        )
        return result.matched_count > 0

    async def count_follow(
        self,
        *,
        follower_id: int,
        followee_id: int,
        following_max: int,
        transaction: "Transaction",
    ) -> FollowerCount | None:
        """Count a new edge at both ends; None, with nothing done, at the follower's limit.

        Returns the count of the followee's followers, this one included.

        Raises:
            AccountGoneError: the followee is; the transaction is undone.
        """
        counted = await self._accounts.update_one(
            {**by_id(follower_id), **_THERE, "following_count": {"$lt": following_max}},
            {"$inc": {"following_count": 1, "following_version": 1}},
            session=transaction,
        )
        if not counted.modified_count:
            return None
        return await self._count(followee_id, "follower_count", 1, transaction)

    async def count_unfollow(
        self, *, follower_id: int, followee_id: int, transaction: "Transaction"
    ) -> FollowerCount:
        """Count a removed edge at both ends; returns the count of the followee's followers left.

        Raises:
            AccountGoneError: the followee is, and its edges are erased; the transaction is undone.
        """
        await self._accounts.update_one(
            by_id(follower_id), {"$inc": {"following_count": -1}}, session=transaction
        )
        return await self._count(followee_id, "follower_count", -1, transaction)

    async def count_post(self, *, author_id: int, change: int, transaction: "Transaction") -> bool:
        """Count a post that became READY (1) or was deleted (-1).

        Returns whether its author is pulled.

        Raises:
            AccountGoneError: the author is, and nothing of theirs is READY; the transaction is
                undone.
        """
        author = await self._count(author_id, "post_count", change, transaction)
        return author.is_pulled

    async def mark_pulled(
        self, account_id: int, *, is_pulled: bool, transaction: "Transaction"
    ) -> None:
        """Note whether an account is pulled."""
        await self._accounts.update_one(
            by_id(account_id), {"$set": {"is_pulled": is_pulled}}, session=transaction
        )

    async def _claimed(self, username: str) -> Document | None:
        claim = await self._usernames.find_one({"_id": username_key(username)})
        if not claim:
            return None
        return await self._accounts.find_one({**by_id(claim["account_id"]), **_THERE})

    async def _count(
        self, account_id: int, count: str, change: int, transaction: "Transaction"
    ) -> FollowerCount:
        document = await self._accounts.find_one_and_update(
            {**by_id(account_id), **_THERE},
            {"$inc": {count: change}},
            projection=_FOLLOWER_COUNT,
            return_document=ReturnDocument.AFTER,
            session=transaction,
        )
        if document is None:
            raise AccountGoneError
        return FollowerCount(
            followers=document["follower_count"], is_pulled=document.get("is_pulled", False)
        )


def _settings(document: Document) -> AccountSettings:
    return AccountSettings(alt_text_required=document.get("alt_text_required", False))


def _account(document: Document) -> Account:
    return Account(
        id=document["_id"],
        username=document["username"],
        display_name=document["display_name"],
        created_at=document["created_at"],
        post_count=document["post_count"],
        follower_count=document["follower_count"],
        following_count=document["following_count"],
        following_version=document["following_version"],
        is_pulled=document.get("is_pulled", False),
    )
