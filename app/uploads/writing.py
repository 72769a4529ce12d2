"""The bytes of one request on their way into an upload."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from app.images.model import ObjectMissingError, ObjectStoreError
from app.uploads.model import Piece, Upload
from app.uploads.pieces import Pieces, absorbed, room_bytes
from app.uploads.spool import Spool
from app.uploads.store import UploadStore

LONG_AGO = 0.0


class Algorithm(StrEnum):
    """How bytes may be summed up; the value is hashlib's name."""

    SHA1 = "sha1"
    SHA256 = "sha256"

    @property
    def digest_bytes(self) -> int:
        """How long a sum is."""
        return hashlib.new(self, usedforsecurity=False).digest_size


@dataclass(frozen=True, kw_only=True, slots=True)
class Checksum:
    """What the bytes of a request should come to."""

    algorithm: Algorithm
    digest: bytes


class ChecksumError(Exception):
    """The bytes are others than those that were summed up; none of them is kept."""


class OffsetError(Exception):
    """The upload ends elsewhere: something else was written to it, or it is over."""


class Writing:
    """Takes bytes in for as long as they come, there is time, and nobody stops it.

    They are kept piece by piece, as they come; if there is a checksum, then all at the end or none.
    """

    def __init__(
        self,
        upload: Upload,
        *,
        uploads: UploadStore,
        pieces: Pieces,
        life: timedelta,
        until: float,
        checksum: Checksum | None,
    ) -> None:
        """Go on with `upload`, as it is in the store, `until` then, in the event loop's time."""
        self.ended = asyncio.Event()  # set by whoever has made it
        self._noted = upload
        self._upload = upload
        self._uploads = uploads
        self._pieces = pieces
        self._life = life
        self._until = until
        self._pause: asyncio.Timeout | None = None
        self._checksum = checksum
        self._sum = hashlib.new(checksum.algorithm, usedforsecurity=False) if checksum else None
        self._spool = Spool()
        self._absorbed: list[Piece] = []

    def stop(self) -> None:
        """Wait for no more bytes, and keep those that have come."""
        self._until = LONG_AGO
        if self._pause is not None and not self._pause.expired():
            self._pause.reschedule(LONG_AGO)

    async def take(self, blocks: AsyncIterator[bytes]) -> Upload:
        """Keep what comes; returns the upload with it.

        Raises:
            ChecksumError: the sum is wrong.
            OffsetError: something else was written meanwhile, or the upload is over.
            ObjectStoreError: the store took no more.
            Exception: whatever `blocks` raises, once what had come before that is kept.
        """
        try:
            broken = await self._gather(blocks)
            if broken is None or self._sum is None:
                self._verify()
                await self._put()
                await self._note()
        except (ChecksumError, OffsetError, ObjectStoreError):
            await self._discard()
            raise
        finally:
            self._spool.close()
        if broken is not None:
            await self._discard()
            raise broken
        return self._noted

    async def _gather(self, blocks: AsyncIterator[bytes]) -> Exception | None:
        """Take in what comes; returns what broke it off, if something did."""
        while self._until > asyncio.get_running_loop().time():
            try:
                async with asyncio.timeout_at(self._until) as self._pause:
                    block = await anext(blocks, None)
            except (TimeoutError, asyncio.CancelledError):
                break  # the process ends: what has come is kept like after any other end
            except Exception as error:  # noqa: BLE001 - it is raised once the bytes are safe
                return error
            finally:
                self._pause = None
            if block is None:
                break
            await self._add(block)
        return None

    async def _add(self, block: bytes) -> None:
        if self._sum is not None:
            self._sum.update(block)
        rest = memoryview(block)
        while rest:
            room = room_bytes(self._upload.pieces) - self._spool.byte_size
            await self._spool.write(rest[:room])
            if len(rest) >= room:
                await self._put()
                if self._sum is None:
                    await self._note()
            rest = rest[room:]

    def _verify(self) -> None:
        if self._sum and self._checksum and self._sum.digest() != self._checksum.digest:
            raise ChecksumError

    async def _put(self) -> None:
        """Put what was gathered into the store, as a piece that nobody knows of yet."""
        fresh_bytes = self._spool.byte_size
        if not fresh_bytes:
            return
        before = absorbed(self._upload.pieces, fresh_bytes)
        try:
            piece = await self._pieces.put(self._upload, before, self._spool)
        except ObjectMissingError as error:
            if await self._is_overtaken():
                raise OffsetError from error
            raise
        kept = self._upload.pieces[: len(self._upload.pieces) - len(before)]
        self._upload = replace(
            self._upload, offset=self._upload.offset + fresh_bytes, pieces=(*kept, piece)
        )
        self._absorbed += before
        self._spool.close()
        self._spool = Spool()

    async def _is_overtaken(self) -> bool:
        found = await self._uploads.find(self._noted.id, self._noted.account_id)
        return found is None or found.offset != self._noted.offset

    async def _note(self) -> None:
        """Have the upload consist of what was put; what it consisted of before is removed."""
        if self._upload is self._noted:
            return
        upload = replace(self._upload, expires_at=datetime.now(UTC) + self._life)
        is_noted = await self._uploads.advance(
            upload.id,
            from_offset=self._noted.offset,
            to_offset=upload.offset,
            pieces=upload.pieces,
            expires_at=upload.expires_at,
        )
        if not is_noted:
            raise OffsetError
        self._noted = self._upload = upload
        await self._pieces.remove(upload.region, self._absorbed)
        self._absorbed.clear()

    async def _discard(self) -> None:
        """Remove what was put and not noted.

        Not after an error of the database: then nobody can tell whether it was noted.
        """
        fresh = [piece for piece in self._upload.pieces if piece not in self._noted.pieces]
        await self._pieces.remove(self._noted.region, fresh)
