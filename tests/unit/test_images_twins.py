"""Photos that come again, and photos that go, in regions of which one may be away."""

from pathlib import Path

import pytest

from app.images.model import Image, ObjectMissingError, ObjectStoreAwayError, original_key
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
