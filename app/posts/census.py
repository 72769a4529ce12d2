"""The collection `posts`, gone through from end to end, and where the copies of each are."""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from bson.codec_options import CodecOptions
from pymongo import ASCENDING
from pymongo.read_concern import ReadConcern

from app.jobs import ReplicatePhoto
from app.posts.documents import to_post
from app.posts.model import CopiedPost, Copy, PostState
from app.posts.queries import Document, strike_off
from app.sharding import by_id, by_ids

if TYPE_CHECKING:
    from motor.motor_asyncio import AsyncIOMotorDatabase

# Posts that owe their copies, without owing them in so many words, are made to do so while fewer
# than this owe anything: sooner than they can be copied, they would only be sent again and again.
BACKLOG_MAX_POSTS: Final = 200

_UTC: CodecOptions[Document] = CodecOptions(tz_aware=True, tzinfo=UTC)
_OF_READY: Final = {"state": PostState.READY.value}
# Equal to null is what a document lacks: an index may be limited to that, not to what lacks it.
_UNCOPIED: Final[Document] = {**_OF_READY, "copies": None}
_BY_LACK_OF_COPIES: Final = [("state", ASCENDING), ("_id", ASCENDING)]
_OWED: Final = [("owed_due_at", ASCENDING)]


class PostCensus:
    """What posts say of their copies.

    `copies` names the regions where every object of a READY post was last found whole. A post
    without it has to be looked at; one with fewer than it should have was, and has lost something.
    """

    def __init__(self, database: "AsyncIOMotorDatabase[dict[str, Any]]") -> None:
        # Who removes what a post does not have must not have seen a write that is undone later.
        self._posts = database.get_collection(
            "posts", codec_options=_UTC, read_concern=ReadConcern("majority")
        )

    async def prepare(self) -> None:
        """Create the index of posts without copies, which has few entries at any time."""
        await self._posts.create_index(_BY_LACK_OF_COPIES, partialFilterExpression=_UNCOPIED)

    async def estimate(self) -> int:
        """About how many posts there are, in whatever state."""
        return await self._posts.estimated_document_count()

    async def find_many(self, post_ids: Collection[int]) -> dict[int, CopiedPost]:
        """Posts by id in whatever state, in one read; ids of nothing are left out."""
        found = await self._posts.find(by_ids(post_ids)).to_list(None)
        return {document["_id"]: _copied(document) for document in found}

    async def ready_after(self, post_id: int, *, limit: int) -> list[CopiedPost]:
        """READY posts behind one of them (0: the first), in the order of their ids."""
        cursor = self._posts.find({**_OF_READY, "_id": {"$gt": post_id}}).hint("_id_")
        return [
            _copied(document)
            for document in await cursor.sort("_id", ASCENDING).limit(limit).to_list(limit)
        ]

    async def owing_copies(self, post_id: int) -> CopiedPost | None:
        """A READY post that owes its copies; None if it does not, or not any more."""
        owing = {**by_id(post_id), **_OF_READY, "owed": ReplicatePhoto.name}
        document = await self._posts.find_one(owing)
        return _copied(document) if document else None

    async def record(self, post_id: int, copies: Iterable[Copy]) -> bool:
        """Note where a post's objects are whole, and that it owes no more copies.

        False, with nothing noted, if it is not READY any more.
        """
        noted = [{"region": each.region, "verified_at": each.verified_at} for each in copies]
        update = [{"$set": {"copies": {"$literal": noted}}}, *strike_off(ReplicatePhoto)]
        result = await self._posts.update_one({**by_id(post_id), **_OF_READY}, update)
        return result.matched_count > 0

    async def is_ready(self, post_id: int) -> bool:
        """Whether a post is READY now."""
        ready = {**by_id(post_id), **_OF_READY}
        return await self._posts.count_documents(ready, limit=1) > 0

    async def owe(self, post_id: int) -> bool:
        """Have a post owe its copies, at once; False if it is not READY any more."""
        result = await self._posts.update_one({**by_id(post_id), **_OF_READY}, _owing())
        return result.matched_count > 0

    async def owe_missing(self) -> int:
        """Have posts without copies that owe nothing owe them, some at a time; returns how many.

        They are older than copies, or were found damaged by somebody who could not mend them.
        """
        backlog = await self._posts.count_documents(
            {"owed_due_at": {"$exists": True}}, limit=BACKLOG_MAX_POSTS, hint=_OWED
        )
        if backlog >= BACKLOG_MAX_POSTS:
            return 0
        wanted = {**_UNCOPIED, "owed": []}
        cursor = self._posts.find(wanted, {"_id": 1}).hint(_BY_LACK_OF_COPIES)
        found = await cursor.limit(BACKLOG_MAX_POSTS).to_list(BACKLOG_MAX_POSTS)
        if not found:
            return 0
        ids = [document["_id"] for document in found]
        result = await self._posts.update_many({**by_ids(ids), **wanted}, _owing())
        return result.modified_count


def _owing() -> list[Document]:
    owed = {"$setUnion": ["$owed", [ReplicatePhoto.name]]}
    due = {"$ifNull": ["$owed_due_at", datetime.now(UTC)]}
    return [{"$set": {"owed": owed, "owed_due_at": due}}, {"$unset": "copies"}]


def _copied(document: Document) -> CopiedPost:
    return CopiedPost(
        post=to_post(document),
        copies=tuple(
            Copy(region=copy["region"], verified_at=copy["verified_at"])
            for copy in document.get("copies") or ()
        ),
        owed=frozenset(document["owed"]),
    )
