"""Photos from upload to erasure, with an object store in memory."""

import asyncio
import io
from hashlib import sha256
from pathlib import Path
from threading import Event, Thread

import pytest

from app.images.model import (
    Image,
    ImageFormat,
    NotAPhotoError,
    ObjectMissingError,
    ObjectStoreError,
    Rendered,
)
from app.images.sandbox import Sandbox, SandboxError
from app.images.service import Images
from app.images.variants import FOREVER
from tests.memory_objects import MemoryObjects
from tests.photographs import LIMITS, photograph

POST = 0x0123456789ABCDEF
COFFEE = photograph("coffee.png")
COFFEE_SHA256 = sha256(COFFEE).hexdigest()


class FailingRenderer:
    """A renderer to which every photo is the same disappointment."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def render(self, original: Path, folder: Path, *, is_quick: bool) -> Rendered:
        raise self._error


@pytest.fixture
def objects() -> MemoryObjects:
    return MemoryObjects()


@pytest.fixture
def images(objects: MemoryObjects) -> Images:
    return Images(
        objects=objects,
        renderer=Sandbox(limits=LIMITS),
        limits=LIMITS,
        region="eu",
        cdn_url="http://cdn.test/",
    )


async def keep(images: Images, content: bytes = COFFEE, post_id: int = POST) -> None:
    file = io.BytesIO(content)
    await images.keep_original(post_id, file, await images.inspect(file))


async def kept_and_rendered(images: Images) -> Image:
    await keep(images)
    return await images.render(POST, "eu", COFFEE_SHA256)


async def test_an_original_is_kept_in_the_home_region(
    images: Images, objects: MemoryObjects
) -> None:
    await keep(images)
    key = ("eu", f"originals/0123456789abcdef/{COFFEE_SHA256[:16]}")
    assert objects.objects == {key: COFFEE}
    assert objects.headers[key] == ("image/png", None)


async def test_an_original_is_kept_whole_wherever_its_file_was_left(
    images: Images, objects: MemoryObjects
) -> None:
    file = io.BytesIO(COFFEE)
    photo = await images.inspect(file)
    file.seek(100)
    await images.keep_original(POST, file, photo)
    assert list(objects.objects.values()) == [COFFEE]


async def test_renditions_are_stored_under_their_hash(
    images: Images, objects: MemoryObjects
) -> None:
    image = await kept_and_rendered(images)
    assert [(each.width_px, each.format) for each in image.variants] == [
        (320, ImageFormat.WEBP),
        (600, ImageFormat.JPEG),
        (600, ImageFormat.WEBP),
    ]
    for each in image.variants:
        content = objects.objects["eu", each.key]
        assert (len(content), sha256(content).hexdigest()) == (each.byte_size, each.sha256)
        assert each.key == (
            f"renditions/0123456789abcdef/{each.sha256[:16]}/{each.width_px}.{each.format.extension}"
        )
        assert objects.headers["eu", each.key] == (each.format.content_type, FOREVER)


async def test_an_image_is_that_of_its_default_variant(images: Images) -> None:
    image = await kept_and_rendered(images)
    assert (image.region, image.width_px, image.height_px) == ("eu", 600, 400)
    assert images.url(image, image.default) == f"http://cdn.test/eu/{image.default.key}"


async def test_rendering_twice_changes_nothing(images: Images, objects: MemoryObjects) -> None:
    image = await kept_and_rendered(images)
    before = dict(objects.objects)
    assert await images.render(POST, "eu", COFFEE_SHA256) == image
    assert objects.objects == before


async def test_erasing_leaves_other_posts_alone(images: Images, objects: MemoryObjects) -> None:
    await keep(images, post_id=POST + 1)
    others = dict(objects.objects)
    await kept_and_rendered(images)
    for _ in range(2):
        await images.erase(POST)
        assert objects.objects == others


async def test_a_missing_original_is_not_the_photos_fault(images: Images) -> None:
    with pytest.raises(ObjectMissingError) as missing:
        await images.render(POST, "eu", COFFEE_SHA256)
    assert missing.value.region == "eu"


async def test_a_rotten_original_is_not_the_photos_fault(
    images: Images, objects: MemoryObjects
) -> None:
    await keep(images)
    [key] = objects.objects
    objects.objects[key] = COFFEE[:-1]
    with pytest.raises(ObjectStoreError, match="not those that were put"):
        await images.render(POST, "eu", COFFEE_SHA256)


@pytest.mark.parametrize("error", [NotAPhotoError("No."), SandboxError("Broken.")])
async def test_what_cannot_be_rendered_is_not_stored(
    error: Exception, objects: MemoryObjects
) -> None:
    images = Images(
        objects=objects,
        renderer=FailingRenderer(error),
        limits=LIMITS,
        region="eu",
        cdn_url="http://cdn.test",
    )
    await keep(images)
    with pytest.raises(type(error)):
        await images.render(POST, "eu", COFFEE_SHA256)
    assert len(objects.objects) == 1


async def test_a_store_that_hangs_holds_up_no_other_work(
    images: Images, objects: MemoryObjects
) -> None:
    await keep(images)
    hanging = objects.stopped["eu"] = Event()
    erasures = [asyncio.create_task(images.erase(POST)) for _ in range(40)]
    async with asyncio.timeout(5):
        assert (await images.inspect(io.BytesIO(COFFEE))).sha256 == COFFEE_SHA256
    assert objects.objects
    hanging.set()
    await asyncio.gather(*erasures)
    assert not objects.objects


def test_a_loop_outside_the_main_thread_renders_too(images: Images) -> None:
    found: list[Image] = []
    thread = Thread(target=lambda: found.append(asyncio.run(kept_and_rendered(images))))
    thread.start()
    thread.join()
    assert found
