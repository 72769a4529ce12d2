"""Variants of photos: made from an original, or copied from a twin, and stored."""

import asyncio
import logging
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from pathlib import Path
from typing import Final, Protocol

from app.images.model import (
    Image,
    ImageFormat,
    ObjectStoreError,
    Rendered,
    Rendition,
    Variant,
    rendition_key,
)
from app.images.originals import Originals
from app.images.regions import Objects, Regions
from app.images.scratch import scratch_folder
from app.images.sums import file_sha256

FOREVER: Final = "public, max-age=31536000, immutable"
RENDERS_MAX: Final = 8  # at once

log = logging.getLogger(__name__)


class Renderer(Protocol):
    """Makes renditions. The call blocks, and raises NotAPhotoError."""

    def render(self, original: Path, folder: Path, *, is_quick: bool) -> Rendered:
        """Write the renditions of `original` into `folder`, each under its `name`."""


class Variants:
    """What people are shown of photos.

    All variants of a photo are put into one region: its home, or while that is away, its partner.
    """

    def __init__(
        self,
        *,
        objects: Objects,
        regions: Regions,
        originals: Originals,
        renderer: Renderer,
        formats: Collection[ImageFormat],
    ) -> None:
        self._objects = objects
        self._regions = regions
        self._originals = originals
        self._renderer = renderer
        self._formats = frozenset(formats)
        self._threads = ThreadPoolExecutor(RENDERS_MAX, thread_name_prefix="renders")

    async def render(self, home: str, post_id: int, sha256: str, *, is_quick: bool) -> Image:
        """Make them of a kept original; see `Images.render`."""
        with scratch_folder() as name:
            folder = Path(name)
            original = folder / "original"
            await self._originals.fetch(home, post_id, sha256, original)
            rendering = partial(self._renderer.render, original, folder, is_quick=is_quick)
            called = partial(copy_context().run, rendering)
            rendered = await asyncio.get_running_loop().run_in_executor(self._threads, called)
            variants = _variants(post_id, rendered.renditions)
            await self._regions.ask_either(
                home, partial(self._put_all, variants=variants, folder=folder)
            )
        return Image(region=home, thumbhash=rendered.thumbhash, variants=variants)

    async def copy(self, home: str, post_id: int, twin: Image) -> Image | None:
        """Copy those of an image with the same original; see `Images.copy`."""
        if {each.format for each in twin.variants} != self._formats:
            return None
        variants = _variants(post_id, twin.variants)
        copying = partial(self._copy_all, sources=twin.variants, targets=variants)
        try:
            await self._regions.ask_either(home, copying)
        except ObjectStoreError as error:
            log.info("The twin of post %d was not copied: %r", post_id, error)
            return None
        return Image(region=home, thumbhash=twin.thumbhash, variants=variants)

    def _put_all(self, region: str, *, variants: Collection[Variant], folder: Path) -> None:
        for each in variants:
            with (folder / each.name).open("rb") as file:
                self._objects.put(
                    region,
                    each.key,
                    file,
                    byte_size=each.byte_size,
                    content_type=each.format.content_type,
                    cache_control=FOREVER,
                )

    def _copy_all(
        self, region: str, *, sources: Collection[Variant], targets: Collection[Variant]
    ) -> None:
        with scratch_folder() as name:
            for source, target in zip(sources, targets, strict=True):
                self._objects.copy(region, source.key, target.key)
                self._compare(region, target, Path(name, target.name))

    def _compare(self, region: str, variant: Variant, path: Path) -> None:
        """A copy of what a disk has altered would be the only one, so it is read back."""
        self._objects.fetch(region, variant.key, path)
        with path.open("rb") as file:
            if file_sha256(file) != variant.sha256:
                raise ObjectStoreError(region, f"{variant.key} was altered before it was copied.")


def _variants(post_id: int, renditions: Collection[Rendition]) -> tuple[Variant, ...]:
    return tuple(
        Variant(
            key=rendition_key(post_id, each),
            width_px=each.width_px,
            height_px=each.height_px,
            format=each.format,
            byte_size=each.byte_size,
            sha256=each.sha256,
        )
        for each in renditions
    )
