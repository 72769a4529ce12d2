"""Uploaded files: kept in two regions, fetched from whichever has one intact."""

import asyncio
import logging
from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path
from typing import BinaryIO, Final

from app.images.model import ObjectStoreError, Photo, original_key
from app.images.readers import readers_of
from app.images.regions import LeftAloneError, Objects, Regions
from app.images.sums import file_sha256

KEEP_MAX_SECONDS: Final = 30.0
SECOND_COPY_MAX_SECONDS: Final = 1.5
"""How long an upload waits for its second copy once there is one; a job makes up for it."""

Put = asyncio.Task[None]

log = logging.getLogger(__name__)


class Originals:
    """Uploaded files as they came; nobody but us can read them."""

    def __init__(self, *, objects: Objects, regions: Regions) -> None:
        self._objects = objects
        self._regions = regions
        self._puts: set[Put] = set()

    async def keep(self, home: str, post_id: int, file: BinaryIO, photo: Photo) -> None:
        """Store a file in a region and in its partner; where one is away, the other has to do.

        Raises:
            ObjectStoreError: neither is known to have it; doing it again does no harm.
        """
        open_reader = await asyncio.to_thread(readers_of, file, photo.byte_size)
        key = original_key(post_id, photo.sha256)

        def begin(region: str, *, insists: bool) -> Put:
            work = partial(self._put, region, key, open_reader(), photo)
            return self._begin(region, work, insists=insists)

        try:
            async with asyncio.timeout(KEEP_MAX_SECONDS):
                await self._put_to_all(self._regions.pair(home), begin)
        except TimeoutError:
            raise ObjectStoreError(home, f"{key} was not stored in time.") from None

    async def fetch(self, home: str, post_id: int, sha256: str, path: Path) -> None:
        """Write a kept file to the file `path`, from a region that has it as it was put.

        Raises:
            ObjectStoreError: neither the region nor its partner answers and has it so.
        """
        work = partial(self._fetch, key=original_key(post_id, sha256), sha256=sha256, path=path)
        await self._regions.ask_either(home, work)

    async def _put_to_all(self, regions: Collection[str], begin: Callable[..., Put]) -> None:
        puts = {begin(region, insists=False): region for region in regions}
        if not await _one_succeeds(puts):
            left_alone = [region for put, region in puts.items() if _was_left_alone(put)]
            last = {begin(region, insists=True): region for region in left_alone}
            if not await _one_succeeds(last):
                await next(iter(puts))  # which raises what was wrong at home
            puts = last
        _, late = await asyncio.wait(puts, timeout=SECOND_COPY_MAX_SECONDS)
        for put in late:
            self._regions.leave_alone(puts[put])

    def _begin(self, region: str, work: Callable[[], None], *, insists: bool) -> Put:
        put = asyncio.create_task(self._regions.ask(region, work, insists=insists))
        self._puts.add(put)  # whoever began it may not wait for it
        put.add_done_callback(self._end)
        return put

    def _end(self, put: Put) -> None:
        self._puts.discard(put)
        if not put.cancelled() and (error := put.exception()):
            log.warning("An original has one copy less for now: %r", error)

    def _put(self, region: str, key: str, file: BinaryIO, photo: Photo) -> None:
        with file:
            self._objects.put(region, key, file, byte_size=photo.byte_size, content_type=photo.type)

    def _fetch(self, region: str, *, key: str, sha256: str, path: Path) -> None:
        self._objects.fetch(region, key, path)
        with path.open("rb") as file:
            # Else its author would be told off for what a disk did.
            if file_sha256(file) != sha256:
                raise ObjectStoreError(region, f"The bytes of {key} are not those that were put.")


async def _one_succeeds(puts: Collection[Put]) -> bool:
    """Wait until one has succeeded, or all have failed."""
    pending = set(puts)
    while pending:
        done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
        if any(put.exception() is None for put in done):
            return True
    return False


def _was_left_alone(put: Put) -> bool:
    return isinstance(put.exception(), LeftAloneError)
