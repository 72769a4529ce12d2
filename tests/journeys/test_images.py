"""What the CDN has of a photograph is what the API says: its renditions, clean, upright."""

import asyncio
import hashlib
import io
from base64 import b64decode
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from PIL import Image
from thumbhash import (  # type: ignore[import-untyped]  # it has annotations, but no py.typed
    thumb_hash_to_approximate_aspect_ratio,
    thumb_hash_to_rgba,
)

from tests.client import Api
from tests.photographs import CANARY, encoded, jpeg, phone_photo, photograph, picture
from tests.stack import TestStack

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.both_stores]

CONTENT_TYPES = {"WEBP": "image/webp", "JPEG": "image/jpeg"}
# What Pillow finds in a file that holds nothing but a picture.
HARMLESS = {
    "JPEG": {"jfif", "jfif_density", "jfif_unit", "jfif_version", "progression", "progressive"},
    "WEBP": {"background", "duration", "loop", "timestamp"},
}


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A photograph to upload, its upright size, and the renditions that it has to get."""

    photo: bytes
    size_px: tuple[int, int]
    webp_widths_px: tuple[int, ...]
    jpeg_width_px: int


SAMPLES = {
    "astronaut": Sample(
        photo=photograph("astronaut.png"),
        size_px=(512, 512),
        webp_widths_px=(320, 512),
        jpeg_width_px=512,
    ),
    "coffee": Sample(
        photo=photograph("coffee.png"),
        size_px=(600, 400),
        webp_widths_px=(320, 600),
        jpeg_width_px=600,
    ),
    "chelsea": Sample(
        photo=photograph("chelsea.png"),
        size_px=(451, 300),
        webp_widths_px=(320, 451),
        jpeg_width_px=451,
    ),
    "rocket": Sample(
        photo=photograph("rocket.jpg"),
        size_px=(640, 427),
        webp_widths_px=(320, 640),
        jpeg_width_px=640,
    ),
    "large": Sample(
        photo=jpeg((2000, 1333)),
        size_px=(2000, 1333),
        webp_widths_px=(320, 640, 1080, 1600),
        jpeg_width_px=1080,
    ),
    "heic": Sample(
        photo=encoded(picture((1200, 800)), "HEIF"),
        size_px=(1200, 800),
        webp_widths_px=(320, 640, 1080, 1200),
        jpeg_width_px=1080,
    ),
    "phone": Sample(
        photo=phone_photo(6), size_px=(240, 160), webp_widths_px=(240,), jpeg_width_px=240
    ),
    "pixel": Sample(
        photo=encoded(Image.new("RGB", (1, 1), "red"), "PNG"),
        size_px=(1, 1),
        webp_widths_px=(1,),
        jpeg_width_px=1,
    ),
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def posts(api: Api) -> AsyncIterator[dict[str, Any]]:
    """Every sample, published by one author."""
    author = await api.sign_up("author")
    published = await asyncio.gather(*(author.publish(each.photo) for each in SAMPLES.values()))
    yield dict(zip(SAMPLES, published, strict=True))


@pytest.mark.parametrize("name", SAMPLES)
async def test_renditions_have_the_widths_that_were_promised(
    posts: dict[str, Any], name: str
) -> None:
    post, sample = posts[name], SAMPLES[name]
    assert (post["status"], post["failure"]) == ("READY", None)
    image = post["image"]
    widths_px = [variant["width"] for variant in image["variants"]]
    assert widths_px == sorted(widths_px)
    by_format: dict[str, list[Any]] = {"WEBP": [], "JPEG": []}
    for variant in image["variants"]:
        by_format[variant["format"]].append(variant)
        exact_px = variant["width"] * sample.size_px[1] / sample.size_px[0]
        assert abs(variant["height"] - exact_px) <= 0.5
    assert tuple(variant["width"] for variant in by_format["WEBP"]) == sample.webp_widths_px
    (default,) = by_format["JPEG"]
    assert default["width"] == sample.jpeg_width_px
    assert {key: default[key] for key in ("url", "width", "height")} == {
        key: image[key] for key in ("url", "width", "height")
    }


@pytest.mark.parametrize("name", SAMPLES)
async def test_the_cdn_has_the_bytes_that_the_api_describes(
    posts: dict[str, Any], http: httpx2.AsyncClient, stack: TestStack, name: str
) -> None:
    for variant in posts[name]["image"]["variants"]:
        assert variant["url"].startswith(f"{stack.cdn_url}/")
        answer = await http.get(variant["url"])
        assert answer.status_code == 200
        assert answer.headers["content-type"] == CONTENT_TYPES[variant["format"]]
        assert len(answer.content) == variant["byteSize"]
        assert int(answer.headers["content-length"]) == variant["byteSize"]
        assert hashlib.sha256(answer.content).hexdigest() == variant["sha256"]
        with Image.open(io.BytesIO(answer.content)) as found:
            found.load()
            assert found.format == variant["format"]
            assert found.size == (variant["width"], variant["height"])
            assert set(found.info) <= HARMLESS[variant["format"]]
            assert not found.getexif()
        assert CANARY not in answer.content
        assert b"Exif" not in answer.content


async def test_a_photo_from_a_phone_comes_out_upright(
    posts: dict[str, Any], http: httpx2.AsyncClient
) -> None:
    for variant in posts["phone"]["image"]["variants"]:
        answer = await http.get(variant["url"])
        with Image.open(io.BytesIO(answer.content)) as found:
            shown = found.convert("RGB")
        expected = {(60, 40): "red", (180, 40): "lime", (60, 120): "blue", (180, 120): "white"}
        for place, colour in expected.items():
            pixel = shown.getpixel(place)
            wanted = Image.new("RGB", (1, 1), colour).getpixel((0, 0))
            assert isinstance(pixel, tuple)
            assert isinstance(wanted, tuple)
            assert all(abs(a - b) < 40 for a, b in zip(pixel, wanted, strict=True)), (place, pixel)


@pytest.mark.parametrize("name", SAMPLES)
async def test_the_thumbhash_looks_like_the_photograph(posts: dict[str, Any], name: str) -> None:
    sample = SAMPLES[name]
    packed = list(b64decode(posts[name]["image"]["thumbhash"], validate=True))
    assert len(packed) <= 30
    ratio = sample.size_px[0] / sample.size_px[1]
    assert abs(thumb_hash_to_approximate_aspect_ratio(packed) - ratio) < 0.3
    width_px, height_px, pixels = thumb_hash_to_rgba(packed)
    with Image.frombytes("RGBA", (width_px, height_px), bytes(pixels)) as hashed:
        average = hashed.convert("RGB").resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    assert isinstance(average, tuple)
    assert all(0 <= channel <= 255 for channel in average)


async def test_no_address_of_an_object_store_gets_out(
    posts: dict[str, Any], stack: TestStack
) -> None:
    stores = [str(url).rstrip("/") for url in stack.settings.object_stores.values()]
    for post in posts.values():
        said = str(post)
        assert not any(store in said or store.partition("//")[2] in said for store in stores)


async def test_the_same_file_twice_is_two_posts_that_share_no_address(api: Api) -> None:
    author = await api.sign_up("author")
    first, second = [await author.publish(photograph("chelsea.png")) for _ in range(2)]
    urls = [{v["url"] for v in post["image"]["variants"]} for post in (first, second)]
    assert first["id"] != second["id"]
    assert not urls[0] & urls[1]


async def test_a_file_that_only_begins_like_a_photo_fails_and_says_why(api: Api) -> None:
    author, follower = await api.sign_up_many(2)
    await follower.follow(author)
    torn = photograph("coffee.png")[:100_000]
    post = await author.publish(torn)
    assert post["status"] == "FAILED"
    assert post["failure"]
    assert post["image"] is None
    assert await follower.walk_feed() == []
    assert (await follower.ask("query($id: ID!) { post(id: $id) { id } }", id=post["id"])) == {
        "post": None
    }
