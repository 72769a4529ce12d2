"""What posts still owe, as MongoDB holds it, and when that is due."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from bson.codec_options import CodecOptions
from pymongo.write_concern import WriteConcern

from app.ids import shard_of
from app.jobs import JOBS_ENDED_SECONDS, ErasePhoto, FanOut, Job, RenderPhoto, ReplicatePhoto
from app.posts.documents import to_fan_out_state, to_owed_jobs
from app.posts.model import FanOutState, OwedJobs, Post, PostState, owed_by
from app.posts.queries import BY_AUTHOR, Document, owing_fan_out, strike_off
from app.sharding import by_id, by_ids

if TYPE_CHECKING:
    from motor.motor_asyncio import AsyncIOMotorDatabase

# Who waits in the slow lane may wait long: sent again and again, the queue would fill with it.
SLOW_RETRIES = 8
# While a region is away, all that is published owes its copies; fan-outs must not wait behind it.
COPIES_RETRIES = 4

_UTC: CodecOptions[Document] = CodecOptions(tz_aware=True, tzinfo=UTC)


class OwedJobStore:
    """The jobs that posts owe, in the posts' own documents.

    `owed` names the jobs a post still owes. While there are any, `owed_due_at` is when they are
    sent again: `retry` after they were last sent or last got further.
    """

    def __init__(
        self, database: "AsyncIOMotorDatabase[dict[str, Any]]", *, retry_seconds: float
    ) -> None:
        self._posts = database.get_collection("posts", codec_options=_UTC)
        # A checkpoint that is lost costs one more chunk, and nothing else.
        self._checkpoints = self._posts.with_options(write_concern=WriteConcern(w=1))
        self._retry = timedelta(seconds=retry_seconds)

    async def reach(self, post_id: int, edge_id: int) -> bool:
        """Note how far the fan-out got, and that it goes on.

        False, with nothing noted, if it is not owed any more or has been as far before.
        """
        result = await self._checkpoints.update_one(
            {**by_id(post_id), "owed": FanOut.name, "fan_out_after": {"$not": {"$gte": edge_id}}},
            {"$set": {"fan_out_after": edge_id, "owed_due_at": self._due()}},
        )
        return result.matched_count > 0

    async def fan_out_state(self, post_id: int) -> FanOutState | None:
        """How far the fan-out of a post is; None if it is not owed, or not any more."""
        document = await self._posts.find_one(
            {**by_id(post_id), "owed": FanOut.name}, {"author_id": 1, "fan_out_after": 1}
        )
        return to_fan_out_state(document) if document else None

    async def has_waiting_before(self, post: Post, most: int) -> bool:
        """Whether its author has that many older posts that are still PROCESSING."""
        older = {
            "shard": shard_of(post.author_id),
            "author_id": post.author_id,
            "state": PostState.PROCESSING.value,
            "_id": {"$lt": post.id},
        }
        return await self._posts.count_documents(older, limit=most, hint=BY_AUTHOR) >= most

    async def slow_down(self, post_id: int) -> bool:
        """Note that a post is rendered in the slow lane; False if it is not PROCESSING any more."""
        result = await self._posts.update_one(
            {**by_id(post_id), "state": PostState.PROCESSING.value},
            {"$set": {"is_slow": True, "owed_due_at": self._due(SLOW_RETRIES)}},
        )
        return result.matched_count > 0

    async def settle(self, post_id: int, job: type[Job]) -> None:
        """Strike off a job whose effect is in the stores."""
        await self._posts.update_one({**by_id(post_id), "owed": job.name}, strike_off(job))

    async def settle_erasure(self, post_id: int, *, begun_at: datetime) -> None:
        """Note that a run that began then has erased all there was of a DELETED post.

        It is struck off if every job had ended that began before the post was deleted. Else one of
        them may put something yet, and the erasure is due once more when that cannot be any more.
        """
        ended_at = {"$add": ["$deleted_at", JOBS_ENDED_SECONDS * 1_000]}
        left = {"$setDifference": ["$owed", [ErasePhoto.name]]}
        owed = {"$cond": [{"$lte": [ended_at, begun_at]}, left, "$owed"]}
        due = {"$cond": [{"$eq": ["$owed", []]}, "$$REMOVE", ended_at]}
        await self._posts.update_one(
            {**by_id(post_id), "owed": ErasePhoto.name},
            [{"$set": {"owed": owed}}, {"$set": {"owed_due_at": due}}],
        )

    async def owing_fan_out(self, post_ids: Collection[int] | None) -> dict[int, int]:
        """Authors of READY posts that still owe their fan-out, among these or (None) all."""
        cursor = self._posts.find(owing_fan_out(post_ids), {"author_id": 1})
        return {document["_id"]: document["author_id"] for document in await cursor.to_list(None)}

    async def take_overdue(self, limit: int) -> list[OwedJobs]:
        """What is due to be sent again, on every shard; due once more after another `retry`."""
        now = datetime.now(UTC)
        cursor = self._posts.find(
            {"owed_due_at": {"$lte": now}}, {"owed": 1, "fan_out_after": 1, "is_slow": 1}
        ).limit(limit)
        overdue = [to_owed_jobs(document) for document in await cursor.to_list(limit)]
        waits = {"$and": ["$is_slow", {"$in": [RenderPhoto.name, "$owed"]}]}
        copies = {"$eq": ["$owed", [ReplicatePhoto.name]]}
        due = {
            "$switch": {
                "branches": [
                    {"case": waits, "then": self._due(SLOW_RETRIES)},
                    {"case": copies, "then": self._due(COPIES_RETRIES)},
                ],
                "default": self._due(),
            }
        }
        await self._posts.update_many(
            {**by_ids([owed.post_id for owed in overdue]), "owed_due_at": {"$lte": now}},
            [{"$set": {"owed_due_at": due}}],
        )
        return overdue

    def _owing(self, state: PostState) -> dict[str, Any]:
        return {"owed": list(owed_by(state)), "owed_due_at": self._due()}

    def _due(self, retries: int = 1) -> datetime:
        return datetime.now(UTC) + retries * self._retry
