"""Object stores in memory that fail as real ones do, and photos in them."""

import io
from collections.abc import Callable, Iterable
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Final

from app.images.conditions import Listed
from app.images.copies import Copies, objects_of
from app.images.model import (
    Image,
    ImageFormat,
    ObjectStoreAwayError,
    ObjectStoreError,
    Rendition,
    Variant,
    original_key,
    rendition_key,
)
from app.images.regions import Regions
from app.images.variants import FOREVER
from tests.memory_objects import MemoryObjects
from tests.photographs import jpeg

ORIGINAL: Final = jpeg((32, 24))
RENDITIONS: Final = {
    (320, ImageFormat.JPEG): b"a narrow one",
    (320, ImageFormat.WEBP): b"a narrow one, smaller",
    (640, ImageFormat.WEBP): b"a wide one",
}
SHA256: Final = sha256(ORIGINAL).hexdigest()
PARTNERS: Final = {"eu": "us", "us": "eu"}
Where = tuple[str, str]
"""A region and a key."""


class BrokenObjects(MemoryObjects):
    """Regions may be away or refuse what is put; objects may be such that no store reads them."""

    def __init__(self) -> None:
        super().__init__()
        self.away: set[str] = set()
        self.full: set[str] = set()
        self.unreadable: set[Where] = set()
        self.fetched: list[Where] = []
        self.was_put: list[Where] = []
        self.before_put: Callable[[], object] = lambda: None

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
        self.check(region)
        self.before_put()
        if region in self.full:
            raise ObjectStoreError(region, "There is no room.")
        self.was_put.append((region, key))
        self.unreadable.discard((region, key))
        super().put(
            region,
            key,
            file,
            byte_size=byte_size,
            content_type=content_type,
            cache_control=cache_control,
        )

    def fetch(self, region: str, key: str, path: Path) -> None:
        self.check(region)
        self.fetched.append((region, key))
        if (region, key) in self.unreadable:
            raise ObjectStoreAwayError(region, "An internal error; it may be the disk.")
        super().fetch(region, key, path)

    def listed(self, region: str, prefix: str, *, after: str, limit: int) -> list[Listed]:
        self.check(region)
        return super().listed(region, prefix, after=after, limit=limit)

    def remove_all(self, region: str, keys: Iterable[str]) -> None:
        self.check(region)
        super().remove_all(region, keys)

    def check(self, region: str) -> None:
        if region in self.away:
            raise ObjectStoreAwayError(region, "No route to host.")

    def break_object(self, where: Where, how: str) -> None:
        """Have an object missing, truncated, altered or unreadable."""
        content = self.objects[where]
        if how == "missing":
            del self.objects[where]
        elif how == "truncated":
            self.objects[where] = content[:-1]
        elif how == "altered":
            self.objects[where] = content[:-1] + bytes([content[-1] ^ 1])
        else:
            self.unreadable.add(where)


def regions_of(objects: MemoryObjects, *more: str) -> Regions:
    """Two regions that are each other's partners, and others that have none."""
    return Regions(objects=objects, partners={**PARTNERS, **dict.fromkeys(more)})


def copies_of(objects: MemoryObjects, *more: str) -> Copies:
    """Who looks at the copies in those regions."""
    return Copies(objects=objects, regions=regions_of(objects, *more))


def image_of(post_id: int) -> Image:
    """An image of RENDITIONS."""
    renditions = [
        Rendition(
            width_px=width_px,
            height_px=100,
            format=kind,
            byte_size=len(content),
            sha256=sha256(content).hexdigest(),
        )
        for (width_px, kind), content in RENDITIONS.items()
    ]
    variants = tuple(
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
    return Image(region="eu", thumbhash="1QcSHQ", variants=variants)


def keys_of(post_id: int) -> list[str]:
    """The keys of all objects of such a photo."""
    return [each.key for each in objects_of(post_id, SHA256, image_of(post_id))]


def put_photo(objects: MemoryObjects, post_id: int, *regions: str) -> None:
    """Store such a photo, whole, in these regions."""
    for region in regions:
        put(objects, region, original_key(post_id, SHA256), ORIGINAL, "image/jpeg", None)
        for variant, content in zip(image_of(post_id).variants, RENDITIONS.values(), strict=True):
            put(objects, region, variant.key, content, variant.format.content_type, FOREVER)


def put(
    objects: MemoryObjects,
    region: str,
    key: str,
    content: bytes,
    content_type: str = "image/webp",
    cache_control: str | None = FOREVER,
) -> None:
    """Store some bytes."""
    MemoryObjects.put(
        objects,
        region,
        key,
        io.BytesIO(content),
        byte_size=len(content),
        content_type=content_type,
        cache_control=cache_control,
    )
