"""Publishing a photo."""

from contextlib import AbstractAsyncContextManager, suppress
from typing import BinaryIO, Protocol

from app.accounts.model import AccountSettings
from app.errors import Refusal, RefusalCode, UnauthenticatedError
from app.ids import IdSource, created_at, shard_of
from app.images.model import Photo
from app.posts.model import Draft, IdempotencyKey, Post, PostState
from app.posts.outbox import Outbox
from app.posts.store import IdTakenError, KeyTakenError, PostStore
from app.transactions import Transaction, Transactions
from app.uploads.model import Upload, UploadMissingError, UploadState, upload_not_found


class Originals(Protocol):
    """Where uploads are looked at and kept."""

    async def inspect(self, file: BinaryIO) -> Photo:
        """Look at an upload without decoding it; refuses what is no photo or too large."""

    async def keep_original(self, post_id: int, file: BinaryIO, photo: Photo) -> None:
        """Store an upload as it came."""

    async def discard(self, post_id: int) -> None:
        """Remove an upload that became no post; best effort."""


class Staged(Protocol):
    """Uploads that came past us. What is not there to be used is refused as UPLOAD_NOT_FOUND."""

    async def find(self, upload_id: int, account_id: int) -> Upload:
        """An upload of that account of which a post can be made, or was made."""

    def fetched(self, upload: Upload) -> AbstractAsyncContextManager[BinaryIO]:
        """Open a file with its bytes; UploadMissingError if they are not there."""

    async def use(
        self, upload: Upload, *, post_id: int, sha256: str, transaction: Transaction | None = None
    ) -> None:
        """Note what post was made of it."""

    async def end(self, upload: Upload) -> None:
        """Have it expire now, and its bytes removed."""

    async def discard(self, upload: Upload) -> None:
        """Remove its bytes; best effort."""


class Authors(Protocol):
    """Who publishes."""

    async def settings_of(self, account_id: int) -> AccountSettings | None:
        """What somebody has set for their account; None if it is gone."""


class Publishing:
    """Takes photos in: the bytes go to the region's object store, the post to MongoDB."""

    def __init__(
        self,
        *,
        posts: PostStore,
        authors: Authors,
        originals: Originals,
        uploads: Staged,
        outbox: Outbox,
        transactions: Transactions,
        ids: IdSource,
        region: str,
    ) -> None:
        self._posts = posts
        self._authors = authors
        self._originals = originals
        self._uploads = uploads
        self._outbox = outbox
        self._transactions = transactions
        self._ids = ids
        self._region = region

    async def publish(self, draft: Draft, file: BinaryIO) -> Post:
        """Publish a photo; it is PROCESSING until it is rendered.

        The same photo and texts under the same idempotency key give the same post. Refuses what is
        no photo, and a key that was used for another photo or text.
        """
        photo = await self._originals.inspect(file)
        return await self._publish(draft, file, photo, None)

    async def publish_upload(self, draft: Draft, upload_id: int) -> Post:
        """Publish a photo that its author has uploaded past us, and use the upload up.

        Refuses as `publish` does, and what is no finished upload of the author's. An upload that is
        no photo is over: its bytes will not change.
        """
        upload = await self._uploads.find(upload_id, draft.author_id)
        if upload.state is UploadState.USED:
            return await self._published_before(draft, upload)
        try:
            async with self._uploads.fetched(upload) as file:
                photo = await self._inspect_staged(upload, file)
                post = await self._publish(draft, file, photo, upload)
        except UploadMissingError:
            # Nothing came, or a post was made of it meanwhile, and it was removed.
            upload = await self._uploads.find(upload_id, draft.author_id)
            return await self._published_before(draft, upload)
        await self._uploads.discard(upload)
        return post

    async def _inspect_staged(self, upload: Upload, file: BinaryIO) -> Photo:
        try:
            return await self._originals.inspect(file)
        except Refusal as refusal:
            await self._uploads.end(upload)
            raise Refusal(refusal.code, refusal.message, field="upload_id") from None

    async def _published_before(self, draft: Draft, upload: Upload) -> Post:
        """The post that was made of an upload under the same key; refuses if there is none."""
        idempotency = draft.idempotency(upload.sha256) if upload.sha256 else None
        earlier = idempotency and await self._earlier(draft.author_id, idempotency)
        if not earlier:
            raise upload_not_found()
        return earlier

    async def _publish(
        self, draft: Draft, file: BinaryIO, photo: Photo, upload: Upload | None
    ) -> Post:
        idempotency = draft.idempotency(photo.sha256)
        if idempotency and (earlier := await self._earlier(draft.author_id, idempotency)):
            await self._use_up(upload, earlier)
            return earlier
        await self._check_author(draft)
        post = self._new_post(draft, photo)
        await self._originals.keep_original(post.id, file, photo)
        try:
            await self._insert(post, idempotency, upload)
        except IdTakenError:
            return await self._publish(draft, file, photo, upload)
        except KeyTakenError:
            # The same arrived twice at once, and the other was written first.
            await self._originals.discard(post.id)
            return await self._publish(draft, file, photo, upload)
        except Refusal:
            await self._originals.discard(post.id)
            raise
        await self._outbox.send_owed(post.id, post.state)
        return post

    async def _check_author(self, draft: Draft) -> None:
        """Refuse what its author does not want published; an author that is gone wants nothing.

        Who deletes the account later looks for posts once more when whatever began now has ended.
        """
        settings = await self._authors.settings_of(draft.author_id)
        if settings is None:
            raise UnauthenticatedError("The account is gone")
        draft.check_alt_text(settings)

    async def _use_up(self, upload: Upload | None, earlier: Post) -> None:
        """Note that an upload brought what was published before, unless it has been used."""
        if upload:
            with suppress(Refusal):
                sha256 = earlier.original_sha256
                await self._uploads.use(upload, post_id=earlier.id, sha256=sha256)

    async def _insert(
        self, post: Post, idempotency: IdempotencyKey | None, upload: Upload | None
    ) -> None:
        """Write a post, and that its upload is used, if there is one: both or neither."""
        if upload is None:
            await self._posts.insert(post, idempotency)
            return

        async def insert_and_use(transaction: Transaction) -> None:
            await self._posts.insert(post, idempotency, transaction)
            await self._uploads.use(
                upload, post_id=post.id, sha256=post.original_sha256, transaction=transaction
            )

        await self._transactions.run(insert_and_use)

    def _new_post(self, draft: Draft, photo: Photo) -> Post:
        post_id = self._ids.next(shard_of(draft.author_id))
        return Post(
            id=post_id,
            author_id=draft.author_id,
            region=self._region,
            description=draft.description,
            alt_text=draft.alt_text,
            created_at=created_at(post_id),
            original_sha256=photo.sha256,
        )

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
