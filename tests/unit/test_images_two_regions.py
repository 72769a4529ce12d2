"""Photos while one of two regions is away, or has lost or altered what it had."""

import asyncio
import io
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryFile
from threading import Event
from typing import BinaryIO, cast

import pytest

from app.images import originals
from app.images.model import (
    Image,
    ObjectMissingError,
    ObjectStoreAwayError,
    ObjectStoreError,
    original_key,
)
from app.images.readers import MEMORY_MAX_BYTES
from app.images.regions import LEFT_ALONE_SECONDS, Regions
from app.images.service import Images
from tests.clock import Clock
from tests.memory_objects import MemoryObjects
from tests.photographs import LIMITS, photograph
from tests.stamp import Stamp

POST = 0x0123456789ABCDEF
COFFEE = photograph("coffee.png")
SHA256 = sha256(COFFEE).hexdigest()
ORIGINAL = original_key(POST, SHA256)


@pytest.fixture
def objects() -> Iterator[MemoryObjects]:
    objects = MemoryObjects()
    yield objects
    for stopped in objects.stopped.values():
        stopped.set()


@pytest.fixture
def stamp() -> Stamp:
    return Stamp()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def images(objects: MemoryObjects, stamp: Stamp, clock: Clock) -> Images:
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
    file = file or io.BytesIO(COFFEE)
    await images.keep_original(post_id, file, await images.inspect(file))


def having(objects: MemoryObjects, key: str = ORIGINAL) -> set[str]:
    """The regions that have an object."""
    return {region for region, found in objects.objects if found == key}


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


async def test_a_twin_is_copied_and_neither_needs_the_other(
    images: Images, objects: MemoryObjects, stamp: Stamp
) -> None:
    await keep(images)
    image = await images.render(POST, "eu", SHA256)
    copied = await images.copy(POST + 1, "eu", image)
    assert copied
    assert len(stamp.decoded) == 1
    assert (copied.region, copied.thumbhash) == (image.region, image.thumbhash)
    for before, after in zip(image.variants, copied.variants, strict=True):
        assert after.key == before.key.replace(f"{POST:016x}", f"{POST + 1:016x}")
        assert (after.sha256, after.width_px) == (before.sha256, before.width_px)
        assert objects.objects["eu", after.key] == objects.objects["eu", before.key]
        assert objects.headers["eu", after.key] == objects.headers["eu", before.key]
    await images.erase(POST)
    assert {key for _, key in objects.objects} == {each.key for each in copied.variants}
    third = await images.copy(POST + 2, "eu", copied)
    assert third
    await images.erase(POST + 2)
    assert {key for _, key in objects.objects} == {each.key for each in copied.variants}


async def test_a_twin_is_copied_where_it_is_whole(images: Images, objects: MemoryObjects) -> None:
    await keep(images)
    objects.away.add("eu")
    image = await images.render(POST, "eu", SHA256)
    objects.away.clear()
    copied = await images.copy(POST + 1, "eu", image)
    assert copied
    assert [having(objects, each.key) for each in copied.variants] == [{"us"}, {"us"}]


@pytest.mark.parametrize("harm", ["erased", "one missing", "altered", "away", "other formats"])
async def test_a_twin_that_is_not_whole_or_of_other_formats_is_no_twin(
    images: Images, objects: MemoryObjects, harm: str
) -> None:
    await keep(images)
    image = await images.render(POST, "eu", SHA256)
    if harm == "erased":
        await images.erase(POST)
    elif harm == "one missing":
        del objects.objects["eu", image.variants[-1].key]
    elif harm == "altered":
        objects.objects["eu", image.variants[-1].key] = b"made as something else"
    elif harm == "away":
        objects.away |= {"eu", "us"}
    else:
        image = Image(region="eu", thumbhash="", variants=image.variants[:1])
    assert await images.copy(POST + 1, "eu", image) is None


async def test_everything_is_erased_from_every_region(
    images: Images, objects: MemoryObjects
) -> None:
    await keep(images)
    await keep(images, POST + 1)
    others = {(region, original_key(POST + 1, SHA256)): COFFEE for region in ("eu", "us")}
    image = await images.render(POST, "eu", SHA256)
    for region in ("us", "ap"):
        objects.objects[region, image.default.key] = b"a copy"
    for _ in range(2):
        await images.erase(POST)
        assert objects.objects == others


@pytest.mark.parametrize("away", ["eu", "us", "ap"])
async def test_a_region_that_is_away_keeps_no_other_from_being_erased(
    images: Images, objects: MemoryObjects, clock: Clock, away: str
) -> None:
    for region in ("eu", "us", "ap"):
        objects.objects[region, ORIGINAL] = COFFEE
    objects.away.add(away)
    for _ in range(2):
        with pytest.raises(ObjectStoreAwayError, match=f"region {away}"):
            await images.erase(POST)
        assert having(objects) == {away}
    objects.away.clear()
    clock.seconds += LEFT_ALONE_SECONDS
    await images.erase(POST)
    assert objects.objects == {}


async def test_what_became_no_post_is_discarded_where_that_can_be_done(
    images: Images, objects: MemoryObjects
) -> None:
    await keep(images)
    objects.away.add("eu")
    await images.discard(POST)
    assert having(objects) == {"eu"}
    with pytest.raises(ObjectMissingError):
        objects.fetch("us", ORIGINAL, Path("nowhere"))
