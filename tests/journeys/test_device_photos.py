"""Photos are prepared on the device: small, upright, in sRGB, and with nothing but their pixels."""

import io

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageOps

from tests.bench.mosaics import file_of, mosaic
from tests.browser.preparing import Darkroom, Prepared
from tests.journeys.darkrooms import darkroom, old_darkroom, sources
from tests.photographs import (
    CANARY,
    encoded,
    exif,
    flag,
    jpeg,
    phone_photo,
    picture,
    transparent_png,
)

__all__ = ["darkroom", "old_darkroom", "sources"]

pytestmark = pytest.mark.asyncio(loop_scope="module")

ORIENTATIONS = range(1, 9)
LONGEST_SIDE_PX = 2048
NEAR = 4  # of 255: what an encoder loses, far from what a wrong turn makes
SECRETS = (CANARY, b"GPS", b"http://ns.adobe.com", b"ftypmp42")


def difference(one: Image.Image, other: Image.Image) -> float:
    """Mean difference of the colours, of 255."""
    assert one.size == other.size
    numbers = (np.asarray(each.convert("RGB"), dtype=float) for each in (one, other))
    return float(np.abs(np.subtract(*numbers)).mean())


def secrets_of(prepared: Prepared) -> list[bytes]:
    """What should have been taken off."""
    return [secret for secret in SECRETS if secret in prepared.content]


def held(kind: str, orientation: int) -> tuple[bytes, Image.Image]:
    """A photo that lies in its file as the orientation says, and how it looks upright."""
    lying = picture((600, 400))
    lying.paste(flag((150, 100)), (0, 0))
    content = encoded(lying, kind, exif=exif(orientation), **{"PNG": {}}.get(kind, {"quality": 98}))
    with Image.open(io.BytesIO(content)) as opened:
        return content, ImageOps.exif_transpose(opened).convert("RGB")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
async def test_a_photo_is_upright_whichever_way_it_was_held(darkroom: Darkroom, kind: str) -> None:
    for orientation in ORIENTATIONS:
        photo, upright = held(kind, orientation)

        prepared = await darkroom.prepare(photo)
        original = await darkroom.prepare(photo, keeps_original=True)

        assert not prepared.is_original
        assert original.is_original
        assert prepared.size_px == original.size_px == upright.size
        assert difference(prepared.picture(), upright) < NEAR
        with Image.open(io.BytesIO(original.content)) as opened:
            assert difference(ImageOps.exif_transpose(opened), upright) == 0
        assert not secrets_of(prepared)
        assert not secrets_of(original)


async def test_a_large_photo_becomes_a_small_webp(darkroom: Darkroom) -> None:
    photo = jpeg((6000, 4000), quality=92)

    prepared = await darkroom.prepare(photo)

    assert prepared.content_type == "image/webp"
    assert prepared.original_bytes == len(photo)
    assert not prepared.is_original
    assert prepared.size_px == prepared.picture().size == (LONGEST_SIDE_PX, 1365)
    assert difference(prepared.picture(), picture((6000, 4000)).resize((2048, 1365))) < NEAR
    assert prepared.fractions == sorted(prepared.fractions)
    assert len(set(prepared.fractions)) > 3


async def test_the_longer_side_counts_and_nothing_is_made_larger(darkroom: Darkroom) -> None:
    tall = await darkroom.prepare(jpeg((1500, 3000), quality=95))
    small = await darkroom.prepare(encoded(picture((900, 600)), "PNG"))

    assert tall.size_px == tall.picture().size == (1024, 2048)
    assert small.size_px == small.picture().size == (900, 600)
    assert small.content_type == "image/webp"


async def test_the_page_goes_on_while_twelve_megapixels_are_prepared(darkroom: Darkroom) -> None:
    prepared = await darkroom.prepare(jpeg((4000, 3000), quality=92))

    assert prepared.long_tasks_ms == []


async def test_an_original_that_is_smaller_is_sent_without_metadata(darkroom: Darkroom) -> None:
    photo = encoded(picture((600, 400)), "JPEG", quality=10, exif=exif(1), comment=CANARY)

    prepared = await darkroom.prepare(photo)

    assert prepared.is_original
    assert prepared.content_type == "image/jpeg"
    assert len(prepared.content) < len(photo)
    assert not secrets_of(prepared)
    with Image.open(io.BytesIO(photo)) as opened:
        assert difference(prepared.picture(), opened) == 0


async def test_a_phones_photo_is_sent_without_place_thumbnail_and_film(darkroom: Darkroom) -> None:
    prepared = await darkroom.prepare(phone_photo(), keeps_original=True)

    assert prepared.is_original
    assert not secrets_of(prepared)
    with Image.open(io.BytesIO(prepared.content)) as opened:
        assert dict(opened.getexif()) == {0x0112: 6}


@pytest.mark.parametrize("kind", ["AVIF", "HEIF"])
async def test_originals_in_iso_files_are_sent_without_metadata(
    darkroom: Darkroom, kind: str
) -> None:
    look = flag((640, 480))
    photo = encoded(look, kind, exif=exif(1), xmp=b"<x:xmpmeta>" + CANARY, quality=90)
    assert CANARY in photo

    prepared = await darkroom.prepare(photo, keeps_original=True)

    assert prepared.is_original
    assert not secrets_of(prepared)
    assert len(prepared.content) == len(photo)
    assert difference(prepared.picture(), look) < NEAR
    assert prepared.size_px == {"AVIF": (640, 480), "HEIF": None}[kind]


async def test_what_is_transparent_becomes_white(
    darkroom: Darkroom, old_darkroom: Darkroom
) -> None:
    noise = Image.effect_noise((1200, 800), 90).convert("RGBA")
    noise.paste((0, 255, 0, 0), (600, 0, 1200, 800))

    for page in (darkroom, old_darkroom):
        prepared = await page.prepare(encoded(noise, "PNG"))
        assert not prepared.is_original
        assert np.asarray(prepared.picture())[400, 900].min() > 250
    assert (await darkroom.prepare(transparent_png())).size_px == (200, 100)


async def test_colours_of_a_wide_gamut_become_srgb(
    darkroom: Darkroom, old_darkroom: Darkroom
) -> None:
    photo = file_of(mosaic((3000, 2000)), "JPEG in Display P3")
    with Image.open(io.BytesIO(photo)) as opened:
        profile = io.BytesIO(opened.info["icc_profile"])
        plain = opened.resize((60, 40))
    right = ImageCms.profileToProfile(plain, profile, ImageCms.createProfile("sRGB"))
    assert right is not None

    for page in (darkroom, old_darkroom):
        colours = (await page.prepare(photo)).picture().resize((60, 40))
        assert difference(colours, right) < 1.5
    assert difference(plain, right) > 4


async def test_a_browser_without_canvases_in_workers_makes_the_same_as_jpeg(
    old_darkroom: Darkroom,
) -> None:
    photo, upright = held("JPEG", 6)
    noisy = jpeg((3000, 2000), quality=95, exif=exif(6))

    prepared = await old_darkroom.prepare(noisy)
    original = await old_darkroom.prepare(photo, keeps_original=True)

    assert prepared.content_type == "image/jpeg"
    assert prepared.size_px == prepared.picture().size == (1365, 2048)
    right = picture((3000, 2000)).transpose(Image.Transpose.ROTATE_270).resize((1365, 2048))
    assert difference(prepared.picture(), right) < NEAR
    assert original.size_px == upright.size
    assert not secrets_of(prepared)
    assert not secrets_of(original)
