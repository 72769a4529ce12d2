"""The objects that the bytes of a resumable upload are gathered into."""

import asyncio
import logging
import shutil
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO, Final, Protocol, TypeVar

from app.images.model import ObjectStoreError
from app.images.scratch import scratch_folder
from app.uploads.model import Piece, Upload, new_piece_key, total_bytes
from app.uploads.spool import Spool

PIECE_BYTES: Final = 5 * 1024**2
"""A full piece, of which there are few in a photo; whoever puts one holds all of it in memory."""

RATIO: Final = 2
STORE_CALL_MAX_SECONDS: Final = 20.0
CONTENT_TYPE: Final = "application/octet-stream"

Answer = TypeVar("Answer")

log = logging.getLogger(__name__)


class Objects(Protocol):
    """Objects by region and key. Calls block, and raise ObjectStoreError."""

    def put(
        self, region: str, key: str, file: BinaryIO, *, byte_size: int, content_type: str
    ) -> None:
        """Store the next `byte_size` bytes of `file`."""

    def fetch(self, region: str, key: str, path: Path) -> None:
        """Write the object to the file `path`."""

    def remove(self, region: str, key: str) -> None:
        """Remove the object, if there is one."""


class Regions(Protocol):
    """Who asks stores, some at a time, and leaves alone those that are away."""

    async def ask(self, region: str, work: Callable[[], Answer]) -> Answer:
        """What the store of a region answers to `work`, which blocks."""


def room_bytes(pieces: Sequence[Piece]) -> int:
    """How many bytes can come until there is a full piece of them and of all that are loose."""
    return PIECE_BYTES - total_bytes(_loose(pieces))


def absorbed(pieces: Sequence[Piece], fresh_bytes: int) -> Sequence[Piece]:
    """The last of some pieces, those that become one with so many bytes that have come.

    An upload is full pieces, then loose ones, which are less than a full one together. Either all
    of these get full by the fresh bytes, or each that is less than RATIO times what follows it is
    taken in. So each is at least RATIO times the next: there are never more than a logarithm of
    them, and a byte is seldom copied again, however small the requests are.
    """
    loose = _loose(pieces)
    if fresh_bytes >= room_bytes(pieces):
        return loose
    taken, gathered_bytes = 0, fresh_bytes
    for piece in reversed(loose):
        if piece.byte_size >= RATIO * gathered_bytes:
            break
        taken, gathered_bytes = taken + 1, gathered_bytes + piece.byte_size
    return loose[len(loose) - taken :]


class Pieces:
    """Puts pieces into the store of an upload's region, and removes them."""

    def __init__(self, *, objects: Objects, regions: Regions) -> None:
        self._objects = objects
        self._regions = regions

    async def put(self, upload: Upload, before: Sequence[Piece], fresh: Spool) -> Piece:
        """Make one piece of those `before` and the fresh bytes behind them.

        Raises:
            ObjectStoreError: there is none, or one that nobody knows of.
            ObjectMissingError: one of those before is gone.
        """
        piece = Piece(key=new_piece_key(upload.id), byte_size=total_bytes(before) + fresh.byte_size)
        work = partial(self._put, upload.region, piece, before, fresh)
        try:
            async with asyncio.timeout(STORE_CALL_MAX_SECONDS):
                await self._regions.ask(upload.region, work)
        except TimeoutError:
            raise ObjectStoreError(upload.region, "It takes too long to answer.") from None
        return piece

    async def remove(self, region: str, pieces: Sequence[Piece]) -> None:
        """Remove pieces; what cannot be removed now is swept with the upload."""
        try:
            async with asyncio.timeout(STORE_CALL_MAX_SECONDS):
                for piece in pieces:
                    await self._regions.ask(
                        region, partial(self._objects.remove, region, piece.key)
                    )
        except (ObjectStoreError, TimeoutError) as error:
            log.warning("A piece of an upload is left until it is swept: %r", error)

    def _put(self, region: str, piece: Piece, before: Sequence[Piece], fresh: Spool) -> None:
        if not before:
            self._put_file(region, piece, fresh.rewound())
            return
        with scratch_folder() as folder, TemporaryFile() as file:
            for each in before:
                self._append(region, each, Path(folder, each.key.rpartition("/")[2]), file)
            shutil.copyfileobj(fresh.rewound(), file)
            file.seek(0)
            self._put_file(region, piece, file)

    def _append(self, region: str, piece: Piece, path: Path, file: BinaryIO) -> None:
        self._objects.fetch(region, piece.key, path)
        if path.stat().st_size != piece.byte_size:
            raise ObjectStoreError(region, f"The bytes of {piece.key} are not those that were put.")
        with path.open("rb") as fetched:
            shutil.copyfileobj(fetched, file)

    def _put_file(self, region: str, piece: Piece, file: BinaryIO) -> None:
        self._objects.put(
            region, piece.key, file, byte_size=piece.byte_size, content_type=CONTENT_TYPE
        )


def _loose(pieces: Sequence[Piece]) -> Sequence[Piece]:
    at = len(pieces)
    while at and pieces[at - 1].byte_size < PIECE_BYTES:
        at -= 1
    return pieces[at:]
