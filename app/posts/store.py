"""The collection `posts`: each document is a post and its own outbox."""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from pymongo import ASCENDING, DESCENDING
from pymongo.errors import DuplicateKeyError

from app.ids import ID_MAX, shard_of
from app.images.model import Image
from app.jobs import FanOut
from app.posts.documents import (
    image_document,
    to_document,
    to_post,
)
from app.posts.model import UNDELETED, IdempotencyKey, Post, PostState, owed_by
from app.posts.owed import OwedJobStore
from app.posts.queries import (
    BY_AUTHOR,
    BY_ORIGINAL,
    Document,
    count_ready,
    newest_of_all,
    strike_off,
    written_by,
)
from app.sharding import by_id, by_ids

if TYPE_CHECKING:
    from app.transactions import Snapshot, Transaction


# Pages are made of posts by the dozen, and never say where their copies are.
_SHOWN: Final[Mapping[str, int]] = MappingProxyType({"copies": 0})


class IdTakenError(Exception):
    """Another process drew the same id in the same millisecond."""


class KeyTakenError(Exception):
    """The author has used that idempotency key."""


class PostStore(OwedJobStore):
    """Posts, and with them what they owe."""

    async def prepare(self) -> None:
        """Create the indexes; does nothing where they are."""
        await self._posts.create_index(BY_AUTHOR)
        await self._posts.create_index(
            [("shard", ASCENDING), ("author_id", ASCENDING), ("idempotency_key", ASCENDING)],
            unique=True,
            partialFilterExpression={"idempotency_key": {"$exists": True}},
        )
        await self._posts.create_index(
            BY_ORIGINAL, partialFilterExpression={"state": PostState.READY.value}
        )
        await self._posts.create_index([("owed_due_at", ASCENDING)], sparse=True)
        await self._posts.create_index([("shard", ASCENDING)])

    async def insert(
        self,
        post: Post,
        idempotency: IdempotencyKey | None,
        transaction: "Transaction | None" = None,
    ) -> None:
        """Add a post with what its state owes.

        Raises:
            IdTakenError: the id is another's; draw a new one.
            KeyTakenError: the author has a post with that idempotency key.
        """
        document = {**to_document(post), **self._owing(post.state)}
        if idempotency:
            document["idempotency_key"] = idempotency.key
            document["fingerprint"] = idempotency.fingerprint
        try:
            await self._posts.insert_one(document, session=transaction)
        except DuplicateKeyError as error:
            by_key = "idempotency_key" in ((error.details or {}).get("keyPattern") or {})
            raise (KeyTakenError if by_key else IdTakenError) from None

    async def find_by_key(self, author_id: int, key: str) -> tuple[Post, str] | None:
        """The author's post with an idempotency key, and its fingerprint."""
        document = await self._posts.find_one(
            {"shard": shard_of(author_id), "author_id": author_id, "idempotency_key": key}
        )
        return (to_post(document), document["fingerprint"]) if document else None

    async def find(self, post_id: int) -> Post | None:
        """One post by id, in whatever state."""
        document = await self._posts.find_one(by_id(post_id))
        return to_post(document) if document else None

    async def find_twin(self, post: Post) -> Post | None:
        """A READY post of the same author with the same original; None if there is no other."""
        document = await self._posts.find_one(
            {
                "shard": shard_of(post.author_id),
                "author_id": post.author_id,
                "original_sha256": post.original_sha256,
                "state": PostState.READY.value,
                "_id": {"$ne": post.id},
            },
            hint=BY_ORIGINAL,
        )
        return to_post(document) if document else None

    async def find_many(self, post_ids: Collection[int]) -> dict[int, Post]:
        """Posts by id in whatever state, in one read; ids of nothing are left out."""
        cursor = self._posts.find(by_ids(post_ids), _SHOWN)
        return {document["_id"]: to_post(document) for document in await cursor.to_list(None)}

    async def newest_of(
        self,
        author_ids: Collection[int],
        states: Collection[PostState],
        *,
        before: int,
        limit: int,
        as_of: int | None = None,
    ) -> list[Post]:
        """Posts of some authors in some states, newest first, older than `before`.

        With `as_of`, only those that were published up to that moment.
        """
        wanted = written_by(author_ids, states, before=before, as_of=as_of)
        newest = await self._newest(wanted, _SHOWN, limit)
        return [to_post(document) for document in newest]

    async def newest_ready_ids(
        self, author_ids: Collection[int], *, before: int, limit: int, as_of: int | None = None
    ) -> list[int]:
        """Ids of READY posts of some authors, newest first; without `as_of`, from the index alone.

        With `as_of`, only of those that were published up to that moment.
        """
        wanted = written_by(author_ids, [PostState.READY], before=before, as_of=as_of)
        newest = await self._newest(wanted, {"_id": 1}, limit)
        return [document["_id"] for document in newest]

    async def count_ready(
        self, author_ids: Collection[int], snapshot: "Snapshot"
    ) -> dict[int, int]:
        """How many READY posts each of some authors has; who has none is left out."""
        counts = self._posts.aggregate(
            count_ready(author_ids), hint=dict(BY_AUTHOR), session=snapshot
        )
        return {group["_id"]: group["posts"] for group in await counts.to_list(None)}

    async def become_ready(self, post_id: int, image: Image, transaction: "Transaction") -> bool:
        """PROCESSING to READY; False if it is not PROCESSING any more."""
        return await self._leave_processing(
            post_id, PostState.READY, {"image": image_document(image)}, transaction
        )

    async def become_failed(self, post_id: int, failure: str) -> bool:
        """PROCESSING to FAILED; False if it is not PROCESSING any more."""
        return await self._leave_processing(post_id, PostState.FAILED, {"failure": failure}, None)

    async def set_published(
        self, post_id: int, *, moment: int, owes_fan_out: bool, transaction: "Transaction"
    ) -> None:
        """Give a post that became READY its moment; strikes off a fan-out that it does not owe."""
        changes = [] if owes_fan_out else strike_off(FanOut)
        await self._posts.update_one(
            by_id(post_id), [{"$set": {"moment": moment}}, *changes], session=transaction
        )

    async def become_deleted(self, post_id: int, transaction: "Transaction") -> PostState | None:
        """Any state to DELETED; returns the state it was in, None if it was deleted before."""
        document = await self._posts.find_one_and_update(
            {**by_id(post_id), "state": {"$ne": PostState.DELETED.value}},
            {"$set": self._becoming_deleted()},
            projection={"state": 1},
            session=transaction,
        )
        return PostState(document["state"]) if document else None

    async def delete_some_of(
        self, author_id: int, *, limit: int, transaction: "Transaction"
    ) -> dict[int, PostState]:
        """Delete some posts of an author in any state; returns them, in the states they were in.

        Their idempotency keys go with them: nobody can ask for these any more.
        """
        (wanted,) = written_by([author_id], UNDELETED, before=ID_MAX)
        cursor = self._posts.find(wanted, {"state": 1}, session=transaction).hint(BY_AUTHOR)
        found = await cursor.limit(limit).to_list(limit)
        if found:
            await self._posts.update_many(
                by_ids([document["_id"] for document in found]),
                {
                    "$set": self._becoming_deleted(),
                    "$unset": {"idempotency_key": True, "fingerprint": True},
                },
                session=transaction,
            )
        return {document["_id"]: PostState(document["state"]) for document in found}

    async def _newest(
        self, filters: Iterable[Document], fields: Mapping[str, int], limit: int
    ) -> list[Document]:
        async def ask(wanted: Document, most: int) -> list[Document]:
            cursor = self._posts.find(wanted, fields).hint(BY_AUTHOR).sort("_id", DESCENDING)
            return await cursor.limit(most).batch_size(most).to_list(most)

        return await newest_of_all(ask, list(filters), limit)

    async def _leave_processing(
        self,
        post_id: int,
        state: PostState,
        fields: dict[str, Any],
        transaction: "Transaction | None",
    ) -> bool:
        update: dict[str, Any] = {"$set": {**self._entering(state), **fields}}
        if not owed_by(state):
            update["$unset"] = {"owed_due_at": True}
            del update["$set"]["owed_due_at"]
        result = await self._posts.update_one(
            {**by_id(post_id), "state": PostState.PROCESSING.value}, update, session=transaction
        )
        return result.modified_count > 0

    def _becoming_deleted(self) -> dict[str, Any]:
        """What is said of it goes with a post, and what it is called among its objects stays."""
        said = {"description": "", "alt_text": None, "failure": None, "image": None}
        return {**self._entering(PostState.DELETED), **said, "deleted_at": datetime.now(UTC)}

    def _entering(self, state: PostState) -> dict[str, Any]:
        return {"state": state.value, **self._owing(state)}
