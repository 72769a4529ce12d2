"""The collection `sessions`."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from bson.codec_options import CodecOptions
from pymongo import ASCENDING

if TYPE_CHECKING:
    from motor.motor_asyncio import AsyncIOMotorDatabase

    from app.transactions import Transaction

SessionOfAccount = tuple[str, int]
_UTC: CodecOptions[dict[str, Any]] = CodecOptions(tz_aware=True, tzinfo=UTC)


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
        await self._sessions.create_index([("account_id", ASCENDING)])

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

    async def end_all_of(self, account_id: int, transaction: "Transaction | None" = None) -> None:
        """End every session of an account, wherever it is."""
        await self._sessions.delete_many({"account_id": account_id}, session=transaction)

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
