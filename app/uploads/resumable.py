"""Resumable uploads: bytes that come in several requests, whatever breaks off in between."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Final

from app.ids import IdSource, created_at, shard_of
from app.uploads.model import Upload, UploadKind, too_many_open, upload_not_found
from app.uploads.pieces import Pieces
from app.uploads.store import IdTakenError, TooManyOpenError, UploadStore
from app.uploads.writing import Checksum, OffsetError, Writing

CLOSE_MAX_SECONDS: Final = 5.0

Source = Callable[[int], AsyncGenerator[bytes, None]]
"""The bytes of a request, of which there may be so many; it raises whatever breaks them off."""


log = logging.getLogger(__name__)


class TooManyWritingError(Exception):
    """As many requests bring bytes as may do so at once; worth another try in a moment."""


class ResumableUploads:
    """Uploads whose bytes come through us."""

    def __init__(
        self,
        *,
        uploads: UploadStore,
        pieces: Pieces,
        ids: IdSource,
        standing_region: Callable[[], Awaitable[str]],
        open_max: int,
        life_seconds: int,
        request_max_seconds: float,
        requests_max: int,
    ) -> None:
        self._uploads = uploads
        self._pieces = pieces
        self._ids = ids
        self._standing_region = standing_region
        self._open_max = open_max
        self._life = timedelta(seconds=life_seconds)
        self._request_max_seconds = request_max_seconds
        self._requests_max = requests_max
        self._requests = 0
        self._writing: dict[int, Writing] = {}

    async def begin(
        self, account_id: int, *, byte_size: int, content_type: str, metadata: str | None
    ) -> Upload:
        """Open an upload of exactly `byte_size` bytes.

        Raises:
            Refusal: LIMIT_REACHED, with too many that are open.
        """
        while True:
            upload_id = self._ids.next(shard_of(account_id))
            upload = Upload(
                id=upload_id,
                account_id=account_id,
                region=await self._standing_region(),
                kind=UploadKind.RESUMABLE,
                content_type=content_type,
                byte_size=byte_size,
                created_at=created_at(upload_id),
                expires_at=datetime.now(UTC) + self._life,
                metadata=metadata,
            )
            try:
                await self._uploads.insert(upload, open_max=self._open_max)
            except IdTakenError:
                continue
            except TooManyOpenError:
                raise too_many_open(self._open_max) from None
            return upload

    async def find(self, account_id: int, upload_id: int) -> Upload:
        """An open upload of that account, as it is once nothing is written to it any more.

        Whoever asks is about to go on: the connection that still brings bytes is a dead one.

        Raises:
            Refusal: UPLOAD_NOT_FOUND
        """
        upload = await self._find_open(account_id, upload_id)
        while writing := self._writing.get(upload_id):
            writing.stop()
            await writing.ended.wait()
            upload = await self._find_open(account_id, upload_id)
        return upload

    async def append(
        self,
        account_id: int,
        upload_id: int,
        *,
        offset: int,
        source: Source,
        checksum: Checksum | None,
    ) -> Upload:
        """Add bytes at `offset`, where the upload has to end; returns it with what was kept.

        These are fewer than were sent if it took too long, or another request came for the upload.

        Raises:
            Refusal: UPLOAD_NOT_FOUND
            TooManyWritingError: there are too many such requests.
            ChecksumError, OffsetError, ObjectStoreError: as `Writing.take`.
            Exception: whatever breaks off the source.
        """
        if self._requests >= self._requests_max:
            raise TooManyWritingError
        self._requests += 1
        try:
            upload = await self.find(account_id, upload_id)
            return await self._write(upload, offset, source, checksum)
        except OffsetError:
            await self._find_open(account_id, upload_id)  # or there is nothing to go on with
            raise
        finally:
            self._requests -= 1

    async def remove(self, account_id: int, upload_id: int) -> None:
        """End an upload; its bytes are swept.

        Raises:
            Refusal: UPLOAD_NOT_FOUND
        """
        if not await self._uploads.end(upload_id, account_id):
            raise upload_not_found()
        if writing := self._writing.get(upload_id):
            writing.stop()

    async def close(self) -> None:
        """Wait for no more bytes, and return when those that have come are kept."""
        writing = list(self._writing.values())
        for each in writing:
            each.stop()
        try:
            async with asyncio.timeout(CLOSE_MAX_SECONDS):
                await asyncio.gather(*(each.ended.wait() for each in writing))
        except TimeoutError:
            log.warning("Bytes of uploads are lost: they could not be stored in time")

    async def _write(
        self, upload: Upload, offset: int, source: Source, checksum: Checksum | None
    ) -> Upload:
        if upload.offset != offset:
            raise OffsetError
        writing = Writing(
            upload,
            uploads=self._uploads,
            pieces=self._pieces,
            life=self._life,
            until=asyncio.get_running_loop().time() + self._request_max_seconds,
            checksum=checksum,
        )
        self._writing[upload.id] = writing
        try:
            async with aclosing(source(upload.byte_size - upload.offset)) as blocks:
                return await writing.take(blocks)
        finally:
            del self._writing[upload.id]
            writing.ended.set()

    async def _find_open(self, account_id: int, upload_id: int) -> Upload:
        upload = await self._uploads.find(upload_id, account_id)
        is_ours = upload is not None and upload.kind is UploadKind.RESUMABLE
        if upload is None or not is_ours or not upload.is_open(datetime.now(UTC)):
            raise upload_not_found()
        return upload
