"""The collection `changes`: a log of what concerns feeds, without holes, in one order for all."""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from bson.codec_options import CodecOptions
from pymongo import ASCENDING, ReturnDocument
from pymongo.errors import BulkWriteError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from app.live.model import OF_AUTHORS, OF_EDGES, Change, ChangeKind
from app.transactions import RepeatError

if TYPE_CHECKING:
    from motor.motor_asyncio import AsyncIOMotorDatabase

    from app.transactions import Transaction

COUNTER = "changes"
DUPLICATE_KEY = 11000
AUTHORS_MAX = 1_000
TRIM_MAX_CHANGES = 10_000
_UTC: CodecOptions[dict[str, Any]] = CodecOptions(tz_aware=True, tzinfo=UTC)


class ChangeLog:
    """Changes, each written in the transaction that makes it.

    A change draws its moment as the last thing before its transaction commits, so of two changes
    to the same documents the later one has the later moment. Moments have no holes: one that was
    drawn in vain is filled by whoever waits for it, and should its drawer still come, it finds the
    place taken and repeats its transaction. So whoever has read without a hole up to a moment has
    read all that there will ever be up to it.
    """

    def __init__(self, database: "AsyncIOMotorDatabase[dict[str, Any]]") -> None:
        self._changes = database.get_collection(
            "changes", codec_options=_UTC, read_concern=ReadConcern("majority")
        )
        # Should a new primary draw a moment again, its place is taken, and another is drawn.
        self._counters = database.get_collection("counters", write_concern=WriteConcern(w=1))

    async def prepare(self) -> None:
        """Create the index and the counter; does nothing where they are."""
        await self._changes.create_index(
            [("actor_id", ASCENDING), ("kind", ASCENDING), ("_id", ASCENDING)]
        )
        await self._counters.update_one(
            {"_id": COUNTER}, {"$setOnInsert": {"drawn": 0}}, upsert=True
        )

    async def append(
        self, kind: ChangeKind, *, actor_id: int, subject_id: int, transaction: "Transaction"
    ) -> int:
        """Write a change down; returns its moment.

        Raises:
            RepeatError: the place was filled meanwhile; the transaction is undone.
        """
        return await self.append_all(kind, [(actor_id, subject_id)], transaction)

    async def append_all(
        self,
        kind: ChangeKind,
        actors_and_subjects: Sequence[tuple[int, int]],
        transaction: "Transaction",
    ) -> int:
        """Write some changes of a kind down, one or more; returns the last one's moment.

        Raises:
            RepeatError: a place was filled meanwhile; the transaction is undone.
        """
        last = await self._draw(len(actors_and_subjects))
        first = last - len(actors_and_subjects) + 1
        documents = [
            _document(Change(moment=moment, kind=kind, actor_id=actor_id, subject_id=subject_id))
            for moment, (actor_id, subject_id) in enumerate(actors_and_subjects, first)
        ]
        try:
            await self._changes.insert_many(documents, session=transaction)
        except BulkWriteError as error:
            if any(each["code"] != DUPLICATE_KEY for each in error.details["writeErrors"]):
                raise
            raise RepeatError from None
        return last

    async def last_drawn(self) -> int:
        """The last moment that somebody has drawn; 0 before the first."""
        counter = await self._counters.find_one({"_id": COUNTER})
        return counter["drawn"] if counter else 0

    async def read_after(self, moment: int, *, limit: int) -> list[Change]:
        """Changes behind a moment, in order; there may be holes, as long as nobody fills them."""
        return await self._read({"_id": {"$gt": moment}}, limit)

    async def read_edges(self, follower_id: int, *, after: int) -> list[Change]:
        """Changes of an account's edges behind a moment, in order, also behind holes."""
        query = {
            "actor_id": follower_id,
            "kind": {"$in": [kind.value for kind in OF_EDGES]},
            "_id": {"$gt": after},
        }
        return await self._read(query, 0)

    async def read_authors(
        self, author_ids: Collection[int], *, after: int, until: int, limit: int
    ) -> list[Change]:
        """What the followers of some authors are told of, behind one moment, up to another.

        There may be more than `limit`; the changes that are returned are the first, in order.
        """
        authors = list(author_ids)
        found: list[Change] = []
        for at in range(0, len(authors), AUTHORS_MAX):
            query = {
                "actor_id": {"$in": authors[at : at + AUTHORS_MAX]},
                "kind": {"$in": [kind.value for kind in OF_AUTHORS]},
                "_id": {"$gt": after, "$lte": until},
            }
            found += await self._read(query, limit)
        return sorted(found, key=lambda change: change.moment)[:limit]

    async def holds(self, moment: int) -> bool:
        """Whether the log still has the change of that moment."""
        return await self._changes.find_one({"_id": moment}, {"_id": 1}) is not None

    async def fill(self, moments: Iterable[int]) -> None:
        """Take the places that nobody took; waits for those who are about to."""
        voids = [
            _document(Change(moment=moment, kind=ChangeKind.VOID, actor_id=0, subject_id=0))
            for moment in moments
        ]
        try:
            await self._changes.insert_many(voids, ordered=False)
        except BulkWriteError as error:
            if any(each["code"] != DUPLICATE_KEY for each in error.details["writeErrors"]):
                raise

    async def trim(self, *, before: datetime, kept: int) -> int:
        """Forget changes from before a time, but never the last `kept`; returns how many."""
        oldest = await self._changes.find_one({}, {"at": 1}, sort=[("_id", ASCENDING)])
        if oldest is None or oldest["at"] >= before:
            return 0
        last = await self.last_drawn()
        cursor = (
            self._changes.find({"_id": {"$lte": last - kept}}, {"at": 1})
            .sort("_id", ASCENDING)
            .limit(TRIM_MAX_CHANGES)
        )
        forgotten = 0
        for document in await cursor.to_list(TRIM_MAX_CHANGES):
            if document["at"] >= before:
                break
            forgotten = document["_id"]
        if not forgotten:
            return 0
        return (await self._changes.delete_many({"_id": {"$lte": forgotten}})).deleted_count

    async def _draw(self, count: int) -> int:
        """The last of as many moments as are drawn at once."""
        counter = await self._counters.find_one_and_update(
            {"_id": COUNTER},
            {"$inc": {"drawn": count}},
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
        return int(counter["drawn"])

    async def _read(self, query: dict[str, Any], limit: int) -> list[Change]:
        cursor = self._changes.find(query, {"at": 0}).sort("_id", ASCENDING).limit(limit)
        return [
            Change(
                moment=document["_id"],
                kind=ChangeKind(document["kind"]),
                actor_id=document["actor_id"],
                subject_id=document["subject_id"],
            )
            for document in await cursor.to_list(None)
        ]


def _document(change: Change) -> dict[str, Any]:
    return {
        "_id": change.moment,
        "kind": change.kind.value,
        "actor_id": change.actor_id,
        "subject_id": change.subject_id,
        "at": datetime.now(UTC),
    }
