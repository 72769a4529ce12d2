"""Photos in three regions, in memory: each the partner of the one before it."""

import io
from collections.abc import Iterator
from hashlib import sha256
from typing import BinaryIO, Final

import pytest

from app.images.model import original_key
from app.images.regions import Regions
from app.images.service import Images
from tests.clock import Clock
from tests.memory_objects import MemoryObjects
from tests.photographs import LIMITS, photograph
from tests.stamp import Stamp

POST: Final = 0x0123456789ABCDEF
COFFEE: Final = photograph("coffee.png")
SHA256: Final = sha256(COFFEE).hexdigest()
ORIGINAL: Final = original_key(POST, SHA256)


@pytest.fixture
def objects() -> Iterator[MemoryObjects]:
    """Their objects; whoever is stopped by them goes on in the end."""
    objects = MemoryObjects()
    yield objects
    for stopped in objects.stopped.values():
        stopped.set()


@pytest.fixture
def stamp() -> Stamp:
    """What renders."""
    return Stamp()


@pytest.fixture
def clock() -> Clock:
    """What says when a region is looked at again."""
    return Clock()


@pytest.fixture
def images(objects: MemoryObjects, stamp: Stamp, clock: Clock) -> Images:
    """Photos of region eu, whose partner is us; there is a third."""
    return Images(
        objects=objects,
        renderer=stamp,
        limits=LIMITS,
        region="eu",
        cdn_url="http://cdn.test/",
        regions=Regions(
            objects=objects,
            partners={"eu": "us", "us": "ap", "ap": "eu"},
            seconds_now=clock,
        ),
    )


async def keep(images: Images, post_id: int = POST, file: BinaryIO | None = None) -> None:
    """Keep an original."""
    file = file or io.BytesIO(COFFEE)
    await images.keep_original(post_id, file, await images.inspect(file))


def having(objects: MemoryObjects, key: str = ORIGINAL) -> set[str]:
    """The regions that have an object."""
    return {region for region, found in objects.objects if found == key}
