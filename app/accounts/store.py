"""The collections `accounts`, `usernames` and `sessions`."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from bson.codec_options import CodecOptions
from pymongo import ASCENDING, ReturnDocument
from pymongo.errors import DuplicateKeyError

from app.accounts.model import Account, FollowerCount, username_key
from app.sharding import by_id, by_ids

if TYPE_CHECKING:
    from motor.motor_asyncio import AsyncIOMotorDatabase

    from app.transactions import Transaction

Document = Mapping[str, Any]
SessionOfAccount = tuple[str, int]
_UTC: CodecOptions[dict[str, Any]] = CodecOptions(tz_aware=True, tzinfo=UTC)
_FOLLOWER_COUNT = {"follower_count": 1, "is_pulled": 1}


class UsernameTakenError(Exception):
    """Another account has that username."""


class IdTakenError(Exception):
    """Another process drew the same id in the same millisecond."""


class AccountStore:
    """Accounts, their password hashes, their counts, and the claims to their usernames.

    Accounts are spread over shards, where no index can hold a username unique. So each has a claim,
    a document whose `_id` is what makes it unique.
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
        document = await self._accounts.find_one(by_id(account_id))
        return _account(document) if document else None

    async def find_many(self, account_ids: Collection[int]) -> dict[int, Account]:
        """Accounts by id, in one read; ids of nobody are left out."""
        cursor = self._accounts.find(by_ids(account_ids))
        return {document["_id"]: _account(document) for document in await cursor.to_list(None)}

    async def find_by_username(self, username: str) -> Account | None:
        """One account by its username, whatever its case."""
        document = await self._claimed(username)
        return _account(document) if document else None

    async def password_of(self, username: str) -> tuple[Account, str] | None:
        """An account with its password hash, by its username."""
        document = await self._claimed(username)
        return (_account(document), document["password_hash"]) if document else None

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
        """
        counted = await self._accounts.update_one(
            {**by_id(follower_id), "following_count": {"$lt": following_max}},
            {"$inc": {"following_count": 1, "following_version": 1}},
            session=transaction,
        )
        if not counted.modified_count:
            return None
        return await self._count(followee_id, "follower_count", 1, transaction)

    async def count_unfollow(
        self, *, follower_id: int, followee_id: int, transaction: "Transaction"
    ) -> FollowerCount:
        """Count a removed edge at both ends; returns the count of the followee's followers left."""
        await self._accounts.update_one(
            by_id(follower_id), {"$inc": {"following_count": -1}}, session=transaction
        )
        return await self._count(followee_id, "follower_count", -1, transaction)

    async def count_post(self, *, author_id: int, change: int, transaction: "Transaction") -> bool:
        """Count a post that became READY (1) or was deleted (-1).

        Returns whether its author is pulled.
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
        return await self._accounts.find_one(by_id(claim["account_id"])) if claim else None

    async def _count(
        self, account_id: int, count: str, change: int, transaction: "Transaction"
    ) -> FollowerCount:
        document = await self._accounts.find_one_and_update(
            by_id(account_id),
            {"$inc": {count: change}},
            projection=_FOLLOWER_COUNT,
            return_document=ReturnDocument.AFTER,
            session=transaction,
        )
        if document is None:
            raise LookupError(f"There is no account {account_id} to count at")
        return FollowerCount(
            followers=document["follower_count"], is_pulled=document.get("is_pulled", False)
        )


class SessionStore:
    """Sessions, each with the hash of the one refresh token that is good now.

    A session is a family of refresh tokens. It is over when it is signed out, when an old token of
    it is used, or when it was not refreshed in time; MongoDB then removes it.
    """

    def __init__(self, database: "AsyncIOMotorDatabase[dict[str, Any]]") -> None:
        self._sessions = database.get_collection("sessions", codec_options=_UTC)

    async def prepare(self) -> None:
        """Create the indexes; does nothing where they are."""
        await self._sessions.create_index([("expires_at", ASCENDING)], expireAfterSeconds=0)

    async def insert(
        self, *, session_id: str, account_id: int, token_hash: str, expires_at: datetime
    ) -> None:
        """Begin a session."""
        await self._sessions.insert_one(
            {
                "_id": session_id,
                "account_id": account_id,
                "token_hash": token_hash,
                "expires_at": expires_at,
            }
        )

    async def rotate(
        self, *, session_id: str, old_hash: str, new_hash: str, expires_at: datetime
    ) -> int | None:
        """Trade the good token for a new one; returns the account's id, None if not good."""
        document = await self._sessions.find_one_and_update(
            {"_id": session_id, "token_hash": old_hash, "expires_at": {"$gt": datetime.now(UTC)}},
            {"$set": {"token_hash": new_hash, "expires_at": expires_at}},
        )
        return document["account_id"] if document else None

    async def end(self, session_id: str) -> None:
        """End a session; its tokens are good no more."""
        await self._sessions.delete_one({"_id": session_id})

    async def are_alive(self, sessions: Collection[SessionOfAccount]) -> set[SessionOfAccount]:
        """Those of some sessions that go on and belong to the account they are said to."""
        cursor = self._sessions.find(
            {
                "_id": {"$in": [session_id for session_id, _ in sessions]},
                "expires_at": {"$gt": datetime.now(UTC)},
            },
            {"account_id": 1},
        )
        alive = {(each["_id"], each["account_id"]) for each in await cursor.to_list(None)}
        return alive.intersection(sessions)


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
