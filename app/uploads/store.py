"""The collection `uploads`."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from bson.codec_options import CodecOptions
from pymongo import ASCENDING
from pymongo.errors import DuplicateKeyError

from app.ids import shard_of
from app.sharding import by_id, by_ids
from app.uploads.documents import to_document, to_pieces, to_upload
from app.uploads.model import Piece, Upload, UploadKind, UploadState

if TYPE_CHECKING:
    from motor.motor_asyncio import AsyncIOMotorDatabase

    from app.transactions import Transaction

Document = dict[str, Any]
_UTC: CodecOptions[Document] = CodecOptions(tz_aware=True, tzinfo=UTC)

# A form that was begun before its end may arrive long after, and a post be asked for again.
REMEMBERED = timedelta(days=1)
SWEEP_RETRY = timedelta(minutes=1)


class IdTakenError(Exception):
    """Another process drew the same id in the same millisecond."""


class TooManyOpenError(Exception):
    """The account has as many open uploads as it may have."""


class UploadStore:
    """Uploads, until they have been cleared away.

    `sweep_at` is when the objects of an upload are removed, whatever became of it: once it is over,
    and again when nothing can arrive any more; then the upload is forgotten. While it is open it
    has a `slot`, a number that no other of its account has: so there are never more than slots.
    """

    def __init__(self, database: "AsyncIOMotorDatabase[dict[str, Any]]") -> None:
        self._uploads = database.get_collection("uploads", codec_options=_UTC)

    async def prepare(self) -> None:
        """Create the indexes; does nothing where they are."""
        of_account = [("shard", ASCENDING), ("account_id", ASCENDING)]
        await self._uploads.create_index(of_account)
        await self._uploads.create_index(
            [*of_account, ("slot", ASCENDING)],
            unique=True,
            partialFilterExpression={"slot": {"$exists": True}},
        )
        await self._uploads.create_index([("sweep_at", ASCENDING)])

    async def insert(self, upload: Upload, *, open_max: int) -> None:
        """Add an upload.

        Raises:
            IdTakenError: the id is another's; draw a new one.
            TooManyOpenError: the account has `open_max` that are open.
        """
        document = {**to_document(upload), "sweep_at": upload.expires_at}
        slots = await self._free_slots(upload.account_id, open_max)
        for slot in random.sample(slots, len(slots)):  # so that two at once seldom try the same
            try:
                await self._uploads.insert_one({**document, "slot": slot})
            except DuplicateKeyError as error:
                if "slot" not in ((error.details or {}).get("keyPattern") or {}):
                    raise IdTakenError from None
            else:
                return
        raise TooManyOpenError

    async def find(self, upload_id: int, account_id: int) -> Upload | None:
        """An upload of that account, in whatever state."""
        document = await self._uploads.find_one({**by_id(upload_id), "account_id": account_id})
        return to_upload(document) if document else None

    async def advance(
        self,
        upload_id: int,
        *,
        from_offset: int,
        to_offset: int,
        pieces: Sequence[Piece],
        expires_at: datetime,
    ) -> bool:
        """Note that bytes came: `pieces` are all there are now.

        False, with nothing noted, unless it is open and at `from_offset`.
        """
        result = await self._uploads.update_one(
            {**by_id(upload_id), **_open(), "offset": from_offset},
            {
                "$set": {
                    "offset": to_offset,
                    "pieces": to_pieces(pieces),
                    "expires_at": expires_at,
                    "sweep_at": expires_at,
                }
            },
        )
        return result.matched_count > 0

    async def use(
        self,
        upload_id: int,
        account_id: int,
        *,
        post_id: int,
        sha256: str,
        transaction: "Transaction | None",
    ) -> bool:
        """Note what post was made of it; False, with nothing noted, unless open and finished."""
        finished = [
            {"kind": UploadKind.FORM.value},
            {"$expr": {"$eq": ["$offset", "$byte_size"]}},
        ]
        result = await self._uploads.update_one(
            {**by_id(upload_id), "account_id": account_id, **_open(), "$or": finished},
            {
                "$set": {"state": UploadState.USED.value, "post_id": post_id, "sha256": sha256},
                "$unset": {"slot": True},
            },
            session=transaction,
        )
        return result.matched_count > 0

    async def end(self, upload_id: int, account_id: int) -> bool:
        """Have an upload expire now; False if it was not open."""
        result = await self._uploads.update_one(
            {**by_id(upload_id), "account_id": account_id, **_open()}, _ending()
        )
        return result.matched_count > 0

    async def end_all_of(self, account_id: int) -> None:
        """Have all uploads of an account expire now."""
        await self._uploads.update_many(_of_account(account_id), _ending())

    async def take_expired(self, limit: int) -> list[Upload]:
        """Uploads whose objects are to be removed, on every shard; taken again in a minute.

        Unless `settle` says that it is done.
        """
        due = {"sweep_at": {"$lte": datetime.now(UTC)}}
        cursor = self._uploads.find(due).sort("sweep_at", ASCENDING).limit(limit)
        expired = [to_upload(document) for document in await cursor.to_list(limit)]
        await self._uploads.update_many(
            {**by_ids([upload.id for upload in expired]), **due},
            {"$set": {"sweep_at": datetime.now(UTC) + SWEEP_RETRY}},
        )
        return expired

    async def settle(self, upload: Upload) -> None:
        """Note that the objects of a taken upload are gone: forget it, or look once more later."""
        last_at = upload.expires_at + REMEMBERED
        if last_at <= datetime.now(UTC):
            await self.remove(upload.id)
            return
        await self._uploads.update_one(
            {**by_id(upload.id), "expires_at": upload.expires_at}, {"$set": {"sweep_at": last_at}}
        )

    async def remove(self, upload_id: int) -> None:
        """Forget an upload; its objects have to be gone."""
        await self._uploads.delete_one(by_id(upload_id))

    async def _free_slots(self, account_id: int, open_max: int) -> list[int]:
        with_slot = {**_of_account(account_id), "slot": {"$exists": True}}
        over = {**with_slot, "expires_at": {"$lte": datetime.now(UTC)}}
        await self._uploads.update_many(over, {"$unset": {"slot": True}})
        taken = {document["slot"] async for document in self._uploads.find(with_slot, {"slot": 1})}
        return [slot for slot in range(open_max) if slot not in taken]


def _of_account(account_id: int) -> Document:
    return {"shard": shard_of(account_id), "account_id": account_id}


def _open() -> Document:
    return {"state": UploadState.OPEN.value, "expires_at": {"$gt": datetime.now(UTC)}}


def _ending() -> Document:
    now = datetime.now(UTC)
    return {"$set": {"expires_at": now, "sweep_at": now}, "$unset": {"slot": True}}
