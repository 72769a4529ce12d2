"""The copies of photos in their regions: read back, compared with what was put, and mended."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from app.breaker import Breaker
from app.images.conditions import Condition, Found, Mended, Wanted
from app.images.model import (
    HEAD_BYTES,
    Image,
    ObjectMissingError,
    ObjectStoreAwayError,
    ObjectStoreError,
    original_key,
    photo_type,
)
from app.images.regions import LEFT_ALONE_SECONDS, Objects, Regions
from app.images.scratch import scratch_folder
from app.images.sums import file_sha256
from app.images.variants import FOREVER

ANY_TYPE: Final = "application/octet-stream"

Answer = TypeVar("Answer")


def objects_of(post_id: int, original_sha256: str, image: Image) -> tuple[Wanted, ...]:
    """What has to be in each region of a photo: the renditions, and the original."""
    original = Wanted(key=original_key(post_id, original_sha256), sha256=original_sha256)
    renditions = (
        Wanted(
            key=variant.key,
            sha256=variant.sha256,
            byte_size=variant.byte_size,
            content_type=variant.format.content_type,
            cache_control=FOREVER,
        )
        for variant in image.variants
    )
    return (*renditions, original)


class Copies:
    """Looks at objects in all regions; what one lacks is put there from another that has it whole.

    Nothing counts as whole that was not read back: its SHA-256 decides. What is whole nowhere stays
    as it is, for no bad copy is put over another.
    """

    def __init__(self, *, objects: Objects, regions: Regions) -> None:
        self._objects = objects
        self._regions = regions
        self._doubts: dict[str, Breaker] = {}

    async def answer(self, regions: Iterable[str]) -> bool:
        """Whether the stores of all these regions answer, and have their buckets.

        It does not wait long for that, and reads nothing.
        """
        return all([await self._is_there(region, insists=False) for region in regions])

    async def mend(
        self, wanted: Iterable[Wanted], regions: Sequence[str], *, is_dry: bool = False
    ) -> Mended:
        """Look at objects in these regions, and repair them; a dry run leaves them as they are.

        Other regions are only asked for what is whole in none of these.
        """
        found: list[Found] = []
        for each in wanted:
            found += await self._mend(each, regions, is_dry=is_dry)
        return Mended(found=tuple(found))

    async def _mend(self, wanted: Wanted, regions: Sequence[str], *, is_dry: bool) -> list[Found]:
        """How an object is in each of the regions, once it is mended."""
        with scratch_folder() as name:
            folder = Path(name)
            found = await asyncio.gather(*(self._look(each, wanted, folder) for each in regions))
            if not any(each.condition.is_harm for each in found):
                return found
            source, is_lost = await self._source(wanted, found, folder)
            if source is None:
                return [replace(each, is_lost=is_lost) for each in found]
            known = replace(wanted, byte_size=(folder / source).stat().st_size)
            named = [_named(each, known) for each in found]
            if is_dry:
                return named
            return [await self._repaired(each, known, folder / source) for each in named]

    async def _look(self, region: str, wanted: Wanted, folder: Path) -> Found:
        path = folder / region
        condition = await self._read(region, wanted, path)
        byte_size = path.stat().st_size if path.exists() else 0
        found = Found(key=wanted.key, region=region, condition=condition, byte_size=byte_size)
        return _named(found, wanted)

    async def _read(self, region: str, wanted: Wanted, path: Path) -> Condition:
        try:
            sha256 = await self._ask(region, partial(self._fetch, region, wanted.key, path))
        except ObjectMissingError:
            return Condition.MISSING
        except ObjectStoreAwayError:
            return Condition.UNREADABLE if await self._answers(region) else Condition.AWAY
        except ObjectStoreError:
            return Condition.UNREADABLE
        return Condition.INTACT if sha256 == wanted.sha256 else Condition.ALTERED

    def _fetch(self, region: str, key: str, path: Path) -> str:
        self._objects.fetch(region, key, path)
        with path.open("rb") as file:
            return file_sha256(file)

    async def _ask(self, region: str, work: Callable[[], Answer]) -> Answer:
        """What a store answers that is not known to be away.

        It is asked even if it has just failed others: perhaps it was one object that it could not
        read, and all are to be looked at.
        """
        if self._doubt(region).is_open and not await self._answers(region):
            raise ObjectStoreAwayError(region, "It did not answer just now.")
        return await self._regions.ask(region, work, insists=True)

    async def _answers(self, region: str) -> bool:
        """Whether a store is there; one that is not is not asked again for a while."""
        return self._doubt(region).lets_pass() and await self._is_there(region, insists=True)

    async def _is_there(self, region: str, *, insists: bool) -> bool:
        doubt = self._doubt(region)
        try:
            is_there = await self._regions.is_there(region, insists=insists)
        except ObjectStoreError:  # it is not among the settings
            is_there = False
        (doubt.close if is_there else doubt.open)()
        return is_there

    def _doubt(self, region: str) -> Breaker:
        return self._doubts.setdefault(region, Breaker(open_seconds=LEFT_ALONE_SECONDS))

    async def _source(
        self, wanted: Wanted, found: Sequence[Found], folder: Path
    ) -> tuple[str | None, bool]:
        """The region whose copy is whole, if there is one; and whether it is certain that none is.

        What a store does not give today it may give tomorrow.
        """
        seen = list(found)
        asked = {each.region for each in found}
        for region in self._regions:
            if region not in asked and not any(each.is_whole for each in seen):
                seen.append(await self._look(region, wanted, folder))
        source = next((each.region for each in seen if each.is_whole), None)
        unknown = {Condition.AWAY, Condition.UNREADABLE}
        return source, source is None and not any(each.condition in unknown for each in seen)

    async def _repaired(self, found: Found, wanted: Wanted, source: Path) -> Found:
        """Put what is harmed from a file that is whole, and read it back."""
        if not found.condition.is_harm:
            return found
        try:
            await self._ask(found.region, partial(self._put, found.region, wanted, source))
        except ObjectStoreError:
            return found
        with scratch_folder() as name:
            again = await self._look(found.region, wanted, Path(name))
        return replace(
            found,
            byte_size=found.byte_size + again.byte_size,
            is_repaired=again.condition is Condition.INTACT,
        )

    def _put(self, region: str, wanted: Wanted, source: Path) -> None:
        with source.open("rb") as file:
            content_type = wanted.content_type or photo_type(file.read(HEAD_BYTES)) or ANY_TYPE
            file.seek(0)
            self._objects.put(
                region,
                wanted.key,
                file,
                byte_size=source.stat().st_size,
                content_type=content_type,
                cache_control=wanted.cache_control,
            )


def _named(found: Found, wanted: Wanted) -> Found:
    """What is not whole, and shorter than it has to be, is truncated."""
    is_short = wanted.byte_size is not None and found.byte_size < wanted.byte_size
    if found.condition is Condition.ALTERED and is_short:
        return replace(found, condition=Condition.TRUNCATED)
    return found
