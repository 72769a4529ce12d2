"""What can be done with photos: look at one, keep it, render it, erase it, say where it is."""

import asyncio
import hashlib
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from pathlib import Path
from typing import BinaryIO, Final, Protocol, TypeVar

from app.errors import Refusal, RefusalCode
from app.images.header import header_size_px
from app.images.model import (
    HEAD_BYTES,
    Image,
    Limits,
    ObjectStoreError,
    Photo,
    Rendered,
    Rendition,
    Variant,
    original_key,
    original_prefix,
    photo_type,
    rendition_key,
    rendition_prefix,
)
from app.images.scratch import scratch_folder

FOREVER: Final = "public, max-age=31536000, immutable"
BLOCK_BYTES: Final = 256 * 1024
STORE_CALLS_MAX: Final = 8  # at once; each may hold two parts of a file in memory

Answer = TypeVar("Answer")


class Objects(Protocol):
    """Objects by region and key. Calls block, and raise ObjectStoreError."""

    def put(
        self,
        region: str,
        key: str,
        file: BinaryIO,
        *,
        byte_size: int,
        content_type: str,
        cache_control: str | None = None,
    ) -> None:
        """Store the next `byte_size` bytes of `file`."""

    def fetch(self, region: str, key: str, path: Path) -> None:
        """Write the object to the file `path`."""

    def remove(self, region: str, key: str) -> None:
        """Remove the object, if there is one."""

    def keys(self, region: str, prefix: str) -> Iterable[str]:
        """Keys of all objects whose keys begin with `prefix`."""


class Renderer(Protocol):
    """Makes renditions. The call blocks, and raises NotAPhotoError."""

    def render(self, original: Path, folder: Path, *, is_quick: bool) -> Rendered:
        """Write the renditions of `original` into `folder`, each under its `name`."""


class Images:
    """Photos of all regions; new ones are kept in `region`, the one this process runs in."""

    def __init__(
        self, *, objects: Objects, renderer: Renderer, limits: Limits, region: str, cdn_url: str
    ) -> None:
        self._objects = objects
        self._renderer = renderer
        self._limits = limits
        self._region = region
        self._cdn_url = cdn_url.rstrip("/")
        # Threads of our own: a store that hangs must not take those that hash passwords.
        self._threads = ThreadPoolExecutor(STORE_CALLS_MAX, thread_name_prefix="images")

    async def inspect(self, file: BinaryIO) -> Photo:
        """Look at a seekable file, as far as that goes without decoding it; then rewind it.

        Raises:
            Refusal: INVALID_IMAGE, IMAGE_TOO_LARGE or UNSUPPORTED_FORMAT, each with field "image".
        """
        return await asyncio.to_thread(self._inspect, file)

    async def keep_original(self, post_id: int, file: BinaryIO, photo: Photo) -> None:
        """Store the inspected file, from its beginning, where only we can read it.

        Raises:
            ObjectStoreError: it may be stored or not; doing it again does no harm.
        """
        await self._elsewhere(partial(self._keep_original, post_id, file, photo))

    async def render(
        self, post_id: int, region: str, original_sha256: str, *, is_quick: bool = False
    ) -> Image:
        """Make and store the renditions of a kept original. Doing it again does no harm.

        Raises:
            OutOfTimeError: it takes longer than it may, with `is_quick` than most do.
            NotAPhotoError: the original is none, in words for its author.
            ObjectStoreError: `region` cannot be reached, or lacks that original.
            SandboxError: decoding failed, not because of the photo.
        """
        rendering = partial(self._render, post_id, region, original_sha256, is_quick=is_quick)
        return await self._elsewhere(rendering)

    async def erase(self, post_id: int, region: str) -> None:
        """Remove the original and all renditions from a region. Doing it again does no harm.

        Raises:
            ObjectStoreError: some may be left.
        """
        await self._elsewhere(partial(self._erase, post_id, region))

    def url(self, image: Image, variant: Variant) -> str:
        """Where clients fetch a variant: `{cdn_url}/{region}/{key}`."""
        return f"{self._cdn_url}/{image.region}/{variant.key}"

    async def _elsewhere(self, work: Callable[[], Answer]) -> Answer:
        """Wait for work that asks a store, in one of our threads."""
        called = partial(copy_context().run, work)
        return await asyncio.get_running_loop().run_in_executor(self._threads, called)

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
        return Photo(type=kind, byte_size=byte_size, sha256=_sha256(file))

    def _refuse_byte_size(self, byte_size: int) -> None:
        if byte_size == 0:
            raise _refusal(RefusalCode.INVALID_IMAGE, "The file is empty.")
        if byte_size > self._limits.image_max_bytes:
            mebibytes = self._limits.image_max_bytes / 1024**2
            raise _refusal(
                RefusalCode.IMAGE_TOO_LARGE, f"The file is larger than {mebibytes:g} MiB."
            )

    def _keep_original(self, post_id: int, file: BinaryIO, photo: Photo) -> None:
        file.seek(0)
        self._objects.put(
            self._region,
            original_key(post_id, photo.sha256),
            file,
            byte_size=photo.byte_size,
            content_type=photo.type,
        )

    def _render(self, post_id: int, region: str, original_sha256: str, *, is_quick: bool) -> Image:
        with scratch_folder() as name:
            folder = Path(name)
            original = folder / "original"
            self._fetch_original(post_id, region, original_sha256, original)
            rendered = self._renderer.render(original, folder, is_quick=is_quick)
            return Image(
                region=region,
                thumbhash=rendered.thumbhash,
                variants=tuple(
                    self._put(post_id, region, rendition, folder)
                    for rendition in rendered.renditions
                ),
            )

    def _fetch_original(self, post_id: int, region: str, sha256: str, path: Path) -> None:
        key = original_key(post_id, sha256)
        self._objects.fetch(region, key, path)
        with path.open("rb") as file:
            # Else its author would be told off for what a disk did.
            if _sha256(file) != sha256:
                raise ObjectStoreError(region, f"The bytes of {key} are not those that were put.")

    def _put(self, post_id: int, region: str, rendition: Rendition, folder: Path) -> Variant:
        key = rendition_key(post_id, rendition)
        with (folder / rendition.name).open("rb") as file:
            self._objects.put(
                region,
                key,
                file,
                byte_size=rendition.byte_size,
                content_type=rendition.format.content_type,
                cache_control=FOREVER,
            )
        return Variant(
            key=key,
            width_px=rendition.width_px,
            height_px=rendition.height_px,
            format=rendition.format,
            byte_size=rendition.byte_size,
            sha256=rendition.sha256,
        )

    def _erase(self, post_id: int, region: str) -> None:
        for prefix in (original_prefix(post_id), rendition_prefix(post_id)):
            for key in self._objects.keys(region, prefix):
                self._objects.remove(region, key)


def _sha256(file: BinaryIO) -> str:
    """Hex digest of the whole file, which is left rewound."""
    digest = hashlib.sha256()
    file.seek(0)
    while block := file.read(BLOCK_BYTES):
        digest.update(block)
    file.seek(0)
    return digest.hexdigest()


def _refusal(code: RefusalCode, words: str) -> Refusal:
    return Refusal(code, words, field="image")
