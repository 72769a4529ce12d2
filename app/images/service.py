"""What can be done with photos: look at one, keep it, render it, erase it, say where it is."""

import asyncio
import os
from contextlib import suppress
from functools import partial
from typing import BinaryIO

from app.errors import Refusal, RefusalCode
from app.images.header import header_size_px
from app.images.model import (
    HEAD_BYTES,
    Image,
    Limits,
    ObjectStoreError,
    Photo,
    Variant,
    original_prefix,
    photo_type,
    rendition_prefix,
)
from app.images.originals import Originals
from app.images.regions import Objects, Regions
from app.images.sums import file_sha256
from app.images.variants import Renderer, Variants


class Images:
    """Photos of all regions; new ones are of `region`, the one this process runs in."""

    def __init__(
        self,
        *,
        objects: Objects,
        renderer: Renderer,
        limits: Limits,
        region: str,
        cdn_url: str,
        regions: Regions | None = None,
    ) -> None:
        """Take all regions; without them, there is but the one."""
        self._objects = objects
        self._limits = limits
        self._region = region
        self._cdn_url = cdn_url.rstrip("/")
        self._regions = regions or Regions(objects=objects, partners={region: None})
        self._originals = Originals(objects=objects, regions=self._regions)
        self._variants = Variants(
            objects=objects,
            regions=self._regions,
            originals=self._originals,
            renderer=renderer,
            formats=limits.formats,
        )

    async def inspect(self, file: BinaryIO) -> Photo:
        """Look at a seekable file, as far as that goes without decoding it; then rewind it.

        Raises:
            Refusal: INVALID_IMAGE, IMAGE_TOO_LARGE or UNSUPPORTED_FORMAT, each with field "image".
        """
        return await asyncio.to_thread(self._inspect, file)

    async def standing_region(self) -> str:
        """The region where something can be put now: ours, while its store is away its partner.

        It is remembered; at most once in two seconds it takes up to a second to find out.
        """
        return await self._regions.standing(self._region)

    async def keep_original(self, post_id: int, file: BinaryIO, photo: Photo) -> None:
        """Store the inspected file, from its beginning, where only we can read it.

        In our region and in its partner at once. Where one is away, the other has to do for now.

        Raises:
            ObjectStoreError: it may be stored or not; doing it again does no harm.
        """
        await self._originals.keep(self._region, post_id, file, photo)

    async def render(
        self, post_id: int, region: str, original_sha256: str, *, is_quick: bool = False
    ) -> Image:
        """Make and store the renditions of a kept original. Doing it again does no harm.

        While a region is away, its partner does.

        Raises:
            OutOfTimeError: it takes longer than it may, with `is_quick` than most do.
            NotAPhotoError: the original is none, in words for its author.
            ObjectStoreError: neither answers, or neither has that original.
            SandboxError: decoding failed, not because of the photo.
        """
        return await self._variants.render(region, post_id, original_sha256, is_quick=is_quick)

    async def copy(self, post_id: int, region: str, twin: Image) -> Image | None:
        """Copy the renditions of another photo with the same original, instead of making them.

        None if that is not possible: they are gone, or not those that would be made today.
        """
        return await self._variants.copy(region, post_id, twin)

    async def erase(self, post_id: int) -> None:
        """Remove the original and all renditions from every region. Doing it again does no harm.

        Raises:
            ObjectStoreError: some may be left. Where a store answers, none are.
        """
        await self._regions.ask_all(partial(self._erase, post_id))

    async def discard(self, post_id: int) -> None:
        """Erase what was kept and became no post; best effort, for nobody can read it."""
        with suppress(ObjectStoreError):
            await self.erase(post_id)

    def url(self, image: Image, variant: Variant) -> str:
        """Where clients fetch a variant: `{cdn_url}/{region}/{key}`."""
        return f"{self._cdn_url}/{image.region}/{variant.key}"

    def _inspect(self, file: BinaryIO) -> Photo:
        byte_size = file.seek(0, os.SEEK_END)
        self._refuse_byte_size(byte_size)
        file.seek(0)
        kind = photo_type(file.read(HEAD_BYTES))
        if kind is None:
            raise _refusal(
                RefusalCode.UNSUPPORTED_FORMAT,
                "The file is not a JPEG, PNG, WebP, AVIF or HEIC photo.",
            )
        size_px = header_size_px(file, kind)
        if size_px is None:
            raise _refusal(RefusalCode.INVALID_IMAGE, "The file is damaged or incomplete.")
        if excess := self._limits.excess(*size_px):
            raise _refusal(RefusalCode.IMAGE_TOO_LARGE, excess)
        file.seek(0)
        return Photo(type=kind, byte_size=byte_size, sha256=file_sha256(file))

    def _refuse_byte_size(self, byte_size: int) -> None:
        if byte_size == 0:
            raise _refusal(RefusalCode.INVALID_IMAGE, "The file is empty.")
        if byte_size > self._limits.image_max_bytes:
            mebibytes = self._limits.image_max_bytes / 1024**2
            raise _refusal(
                RefusalCode.IMAGE_TOO_LARGE, f"The file is larger than {mebibytes:g} MiB."
            )

    def _erase(self, post_id: int, region: str) -> None:
        for prefix in (original_prefix(post_id), rendition_prefix(post_id)):
            self._objects.remove_all(region, self._objects.keys(region, prefix))


def _refusal(code: RefusalCode, words: str) -> Refusal:
    return Refusal(code, words, field="image")
