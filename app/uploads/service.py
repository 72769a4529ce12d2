"""What becomes of uploads that are staged: they are fetched and used, or cleared away."""

import logging
import shutil
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, Protocol

from app.images.model import ObjectMissingError, ObjectStoreError
from app.images.regions import Regions
from app.images.scratch import scratch_folder
from app.uploads.model import Piece, Upload, UploadMissingError, staging_prefix, upload_not_found
from app.uploads.store import UploadStore

if TYPE_CHECKING:
    from app.transactions import Transaction

SWEEP_MAX_UPLOADS: Final = 50
BLOCK_BYTES: Final = 1024**2

log = logging.getLogger(__name__)


class Objects(Protocol):
    """Objects by region and key. Calls block, and raise ObjectStoreError."""

    def fetch(self, region: str, key: str, path: Path) -> None:
        """Write the object to the file `path`; ObjectMissingError if there is none."""

    def remove_all(self, region: str, keys: Iterable[str]) -> None:
        """Remove those of the objects that there are."""

    def keys(self, region: str, prefix: str) -> Iterable[str]:
        """Keys of all objects whose keys begin with `prefix`."""


class Uploads:
    """Uploads of either kind, once their bytes are there."""

    def __init__(self, *, uploads: UploadStore, objects: Objects, regions: Regions) -> None:
        self._uploads = uploads
        self._objects = objects
        self._regions = regions

    async def find(self, upload_id: int, account_id: int) -> Upload:
        """An upload of that account of which a post can be made, or was made.

        Refuses what is unknown, another's, unfinished or expired, all alike.
        """
        upload = await self._uploads.find(upload_id, account_id)
        if upload is None or not upload.is_usable(datetime.now(UTC)):
            raise upload_not_found()
        return upload

    @asynccontextmanager
    async def fetched(self, upload: Upload) -> AsyncIterator[BinaryIO]:
        """Open a file with the bytes of an upload; afterwards it is gone.

        Raises:
            UploadMissingError: they are not there, or not as many as were declared.
            ObjectStoreError: their region cannot be reached.
        """
        with await self._regions.ask(upload.region, partial(self._fetch, upload)) as file:
            yield file

    async def use(
        self, upload: Upload, *, post_id: int, sha256: str, transaction: "Transaction | None" = None
    ) -> None:
        """Note what post was made of it; refuses what is used or expired meanwhile."""
        if not await self._uploads.use(
            upload.id, upload.account_id, post_id=post_id, sha256=sha256, transaction=transaction
        ):
            raise upload_not_found()

    async def end(self, upload: Upload) -> None:
        """Have an upload expire now, and its bytes removed."""
        await self._uploads.end(upload.id, upload.account_id)
        await self.discard(upload)

    async def discard(self, upload: Upload) -> None:
        """Remove the bytes of an upload that is over; best effort, for the sweep looks again."""
        try:
            keys = [piece.key for piece in upload.pieces]
            removal = partial(self._objects.remove_all, upload.region, keys)
            await self._regions.ask(upload.region, removal)
        except ObjectStoreError as error:
            log.warning("The bytes of upload %d are left to the sweep: %s", upload.id, error)

    async def remove_all_of(self, account_id: int) -> None:
        """Have all uploads of an account expire now; the next sweep removes their bytes."""
        await self._uploads.end_all_of(account_id)

    async def sweep(self) -> int:
        """Remove what was staged by uploads that are over; returns the number of uploads.

        What lies in a region that is away waits for a later sweep.
        """
        swept, away = 0, set[str]()
        for upload in await self._uploads.take_expired(SWEEP_MAX_UPLOADS):
            if upload.region in away:
                continue
            try:
                await self._regions.ask(upload.region, partial(self._clear, upload))
            except ObjectStoreError as error:
                log.warning("Uploads cannot be swept: %s", error)
                away.add(upload.region)
                continue
            await self._uploads.settle(upload)
            swept += 1
        return swept

    def _fetch(self, upload: Upload) -> BinaryIO:
        with scratch_folder() as name:
            whole = Path(name) / "whole"
            try:
                self._fetch_pieces(upload, whole)
            except ObjectMissingError:
                raise UploadMissingError from None
            if not upload.may_have(whole.stat().st_size):
                raise UploadMissingError
            return whole.open("rb")  # which outlives its name

    def _fetch_pieces(self, upload: Upload, whole: Path) -> None:
        if not upload.pieces:
            raise UploadMissingError
        first, *others = upload.pieces
        self._objects.fetch(upload.region, first.key, whole)
        for piece in others:
            self._append(upload.region, piece, whole)

    def _append(self, region: str, piece: Piece, whole: Path) -> None:
        part = whole.with_name("part")
        self._objects.fetch(region, piece.key, part)
        with whole.open("ab") as target, part.open("rb") as source:
            shutil.copyfileobj(source, target, BLOCK_BYTES)

    def _clear(self, upload: Upload) -> None:
        """Remove whatever was staged for an upload, also what is not noted among its pieces."""
        keys = self._objects.keys(upload.region, staging_prefix(upload.id))
        self._objects.remove_all(upload.region, keys)
