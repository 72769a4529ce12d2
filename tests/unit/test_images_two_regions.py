"""Photos while one of two regions is away, or has lost or altered what it had."""

import asyncio
from hashlib import sha256
from tempfile import TemporaryFile
from threading import Event
from typing import BinaryIO, cast

import pytest

from app.images import originals
from app.images.model import (
    ObjectStoreAwayError,
    ObjectStoreError,
    original_key,
)
from app.images.readers import MEMORY_MAX_BYTES
from app.images.regions import LEFT_ALONE_SECONDS
from app.images.service import Images
from tests.clock import Clock
from tests.memory_objects import MemoryObjects
from tests.stamp import Stamp
from tests.two_regions import (
    COFFEE,
    ORIGINAL,
    POST,
    SHA256,
    clock,
    having,
    images,
    keep,
    objects,
    stamp,
)

__all__ = ["clock", "images", "objects", "stamp"]


async def test_an_original_is_kept_at_home_and_at_its_partner(
    images: Images, objects: MemoryObjects
) -> None:
    await keep(images)
    assert objects.objects == {("eu", ORIGINAL): COFFEE, ("us", ORIGINAL): COFFEE}


@pytest.mark.parametrize(("away", "other"), [("eu", "us"), ("us", "eu")])
async def test_an_original_is_kept_in_one_region_while_the_other_is_away(
    images: Images, objects: MemoryObjects, away: str, other: str
) -> None:
    objects.away.add(away)
    await keep(images)
    assert having(objects) == {other}
    asked = objects.asked.count(away)
    await keep(images)
    assert objects.asked.count(away) == asked


async def test_an_original_that_no_region_takes_is_not_kept(
    images: Images, objects: MemoryObjects
) -> None:
    objects.away |= {"eu", "us"}
    for _ in range(2):
        with pytest.raises(ObjectStoreAwayError, match="region eu"):
            await keep(images)


async def test_a_region_that_was_left_alone_is_asked_when_the_other_fails(
    images: Images, objects: MemoryObjects
) -> None:
    objects.away.add("eu")
    await keep(images)
    objects.away = {"us"}
    await keep(images, POST + 1)
    assert having(objects, original_key(POST + 1, SHA256)) == {"eu"}


async def test_a_region_that_comes_back_is_used_again(
    images: Images, objects: MemoryObjects, clock: Clock
) -> None:
    objects.away.add("eu")
    await keep(images)
    objects.away.clear()
    clock.seconds += LEFT_ALONE_SECONDS
    await keep(images)
    assert having(objects) == {"eu", "us"}


@pytest.mark.parametrize("byte_size", [len(COFFEE), 2 * MEMORY_MAX_BYTES])
@pytest.mark.parametrize(("late", "other"), [("eu", "us"), ("us", "eu")])
async def test_a_second_copy_that_is_late_is_waited_for_once_and_may_still_come(
    images: Images,
    objects: MemoryObjects,
    monkeypatch: pytest.MonkeyPatch,
    late: str,
    other: str,
    byte_size: int,
) -> None:
    monkeypatch.setattr(originals, "SECOND_COPY_MAX_SECONDS", 0.01)
    content = COFFEE.ljust(byte_size, b"\0")
    key = original_key(POST, sha256(content).hexdigest())
    hanging = objects.stopped[late] = Event()
    with TemporaryFile() as file:
        file.write(content)
        async with asyncio.timeout(5):
            await keep(images, file=cast("BinaryIO", file))
    assert having(objects, key) == {other}
    asked = objects.asked.count(late)
    await keep(images, POST + 1)
    assert objects.asked.count(late) == asked
    hanging.set()
    async with asyncio.timeout(5):
        while having(objects, key) != {"eu", "us"}:
            await asyncio.sleep(0.001)
    assert objects.objects[late, key] == content
    async with asyncio.timeout(5):  # it is no longer left alone
        while having(objects, original_key(POST + 2, SHA256)) != {"eu", "us"}:
            await keep(images, POST + 2)


async def test_the_region_that_stands_is_home_or_its_partner(
    images: Images, objects: MemoryObjects
) -> None:
    assert await images.standing_region() == "eu"
    objects.away.add("eu")
    await keep(images)
    assert await images.standing_region() == "us"


@pytest.mark.parametrize("harm", ["missing", "altered", "away"])
async def test_a_photo_is_rendered_from_the_copy_that_is_whole(
    images: Images, objects: MemoryObjects, stamp: Stamp, harm: str
) -> None:
    await keep(images)
    if harm == "missing":
        del objects.objects["eu", ORIGINAL]
    elif harm == "altered":
        objects.objects["eu", ORIGINAL] = COFFEE[:-1] + b"?"
    else:
        objects.away.add("eu")
    image = await images.render(POST, "eu", SHA256)
    assert stamp.decoded == [COFFEE]
    assert image.region == "eu"
    where = {"us"} if harm == "away" else {"eu"}
    assert [having(objects, each.key) for each in image.variants] == [where, where]


async def test_what_is_whole_nowhere_is_not_decoded(
    images: Images, objects: MemoryObjects, stamp: Stamp
) -> None:
    await keep(images)
    objects.objects["eu", ORIGINAL] = objects.objects["us", ORIGINAL] = COFFEE[:-1]
    with pytest.raises(ObjectStoreError, match=r"region eu: .* not those that were put"):
        await images.render(POST, "eu", SHA256)
    assert stamp.decoded == []
