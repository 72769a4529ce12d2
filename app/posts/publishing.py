"""Publishing a photo."""

import hashlib
from typing import BinaryIO, Protocol

from app.errors import Refusal, RefusalCode
from app.ids import IdSource, created_at, shard_of
from app.images.model import Photo
from app.posts.model import IdempotencyKey, Post, PostState, check_texts
from app.posts.outbox import Outbox
from app.posts.store import IdTakenError, KeyTakenError, PostStore


class Originals(Protocol):
    """Where uploads are looked at and kept."""

    async def inspect(self, file: BinaryIO) -> Photo:
        """Look at an upload without decoding it; refuses what is no photo or too large."""

    async def keep_original(self, post_id: int, file: BinaryIO, photo: Photo) -> None:
        """Store an upload as it came."""

    async def erase(self, post_id: int, region: str) -> None:
        """Remove every object of a post."""


class Publishing:
    """Takes photos in: the bytes go to the region's object store, the post to MongoDB."""

    def __init__(
        self, *, posts: PostStore, originals: Originals, outbox: Outbox, ids: IdSource, region: str
    ) -> None:
        self._posts = posts
        self._originals = originals
        self._outbox = outbox
        self._ids = ids
        self._region = region

    async def publish(
        self,
        author_id: int,
        file: BinaryIO,
        *,
        description: str,
        alt_text: str | None,
        idempotency_key: str | None,
    ) -> Post:
        """Publish a photo; it is PROCESSING until it is rendered.

        The same upload under the same idempotency key gives the same post. Refuses what is no
        photo, texts that are too long, and a key that was used for another upload.
        """
        check_texts(description, alt_text)
        photo = await self._originals.inspect(file)
        idempotency = _idempotency(idempotency_key, photo.sha256, description, alt_text)
        if idempotency and (earlier := await self._earlier(author_id, idempotency)):
            return earlier
        post = self._new_post(author_id, photo, description, alt_text)
        await self._originals.keep_original(post.id, file, photo)
        try:
            await self._posts.insert(post, idempotency)
        except IdTakenError:
            file.seek(0)
            return await self.publish(
                author_id,
                file,
                description=description,
                alt_text=alt_text,
                idempotency_key=idempotency_key,
            )
        except KeyTakenError:
            return await self._yield_to_winner(post, idempotency)
        await self._outbox.send_owed(post.id, post.state)
        return post

    def _new_post(
        self, author_id: int, photo: Photo, description: str, alt_text: str | None
    ) -> Post:
        post_id = self._ids.next(shard_of(author_id))
        return Post(
            id=post_id,
            author_id=author_id,
            region=self._region,
            description=description,
            alt_text=alt_text,
            created_at=created_at(post_id),
            original_sha256=photo.sha256,
        )

    async def _yield_to_winner(self, loser: Post, idempotency: IdempotencyKey | None) -> Post:
        # The same upload arrived twice at once, and the other was written first.
        await self._originals.erase(loser.id, loser.region)
        winner = idempotency and await self._earlier(loser.author_id, idempotency)
        if not winner:
            raise RuntimeError(f"The idempotency key that post {loser.id} met is gone")
        return winner

    async def _earlier(self, author_id: int, idempotency: IdempotencyKey) -> Post | None:
        found = await self._posts.find_by_key(author_id, idempotency.key)
        if found is None:
            return None
        post, fingerprint = found
        if fingerprint != idempotency.fingerprint:
            raise Refusal(
                RefusalCode.IDEMPOTENCY_CONFLICT,
                "This key was used for another photo or text.",
                field="idempotency_key",
            )
        if post.state is PostState.DELETED:
            raise Refusal(
                RefusalCode.NOT_FOUND,
                "The post of this upload was deleted.",
                field="idempotency_key",
            )
        return post


def _idempotency(
    key: str | None, photo_sha256: str, description: str, alt_text: str | None
) -> IdempotencyKey | None:
    if key is None:
        return None
    parts = (photo_sha256, description, "" if alt_text is None else f"alt {alt_text}")
    fingerprint = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    return IdempotencyKey(key=key, fingerprint=fingerprint)
