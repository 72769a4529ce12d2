"""What becomes of uploads that are staged: they are fetched and used, or cleared away."""

import asyncio
import logging
import shutil
from collections.abc import AsyncIterator, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from contextvars import copy_context
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, BinaryIO, Final, Protocol, TypeVar

from app.images.model import ObjectMissingError, ObjectStoreError
from app.uploads.model import Piece, Upload, UploadMissingError, staging_prefix, upload_not_found
from app.uploads.store import UploadStore

if TYPE_CHECKING:
    from app.transactions import Transaction

STORE_CALLS_MAX: Final = 4  # at once; each may hold a block of a file in memory
SWEEP_MAX_UPLOADS: Final = 50
BLOCK_BYTES: Final = 1024**2

Answer = TypeVar("Answer")
log = logging.getLogger(__name__)


class Objects(Protocol):
    """Objects by region and key. Calls block, and raise ObjectStoreError."""

    def fetch(self, region: str, key: str, path: Path) -> None:
        """Write the object to the file `path`; ObjectMissingError if there is none."""

    def remove(self, region: str, key: str) -> None:
        """Remove the object, if there is one."""

    def keys(self, region: str, prefix: str) -> Iterable[str]:
        """Keys of all objects whose keys begin with `prefix`."""


class Uploads:
    """Uploads of either kind, once their bytes are there."""

    def __init__(self, *, uploads: UploadStore, objects: Objects) -> None:
        self._uploads = uploads
        self._objects = objects
        # Threads of our own: a store that hangs must not take those that hash passwords.
        self._threads = ThreadPoolExecutor(STORE_CALLS_MAX, thread_name_prefix="uploads")

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
        with await self._elsewhere(partial(self._fetch, upload)) as file:
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
            await self._elsewhere(partial(self._remove, upload.region, _keys(upload)))
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
                await self._elsewhere(partial(self._clear, upload))
            except ObjectStoreError as error:
                log.warning("Uploads cannot be swept: %s", error)
                away.add(upload.region)
                continue
            await self._uploads.settle(upload)
            swept += 1
        return swept

    async def _elsewhere(self, work: Callable[[], Answer]) -> Answer:
        """Wait for work that asks a store, in one of our threads."""
        called = partial(copy_context().run, work)
        return await asyncio.get_running_loop().run_in_executor(self._threads, called)

    def _fetch(self, upload: Upload) -> BinaryIO:
        with TemporaryDirectory(prefix="photofeed-") as name:
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
        self._remove(upload.region, self._objects.keys(upload.region, staging_prefix(upload.id)))

    def _remove(self, region: str, keys: Iterable[str]) -> None:
        for key in keys:
            self._objects.remove(region, key)


def _keys(upload: Upload) -> list[str]:
    return [piece.key for piece in upload.pieces]
