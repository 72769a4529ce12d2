"""Photos are prepared on the device: small, upright, in sRGB, and with nothing but their pixels."""

import io
from collections.abc import AsyncIterator

import numpy as np
import pytest
import pytest_asyncio
from PIL import Image, ImageCms, ImageOps
from playwright.async_api import Browser

from tests.bench.mosaics import file_of, mosaic
from tests.browser.preparing import Darkroom, Prepared, RefusedError, open_darkroom
from tests.browser.sources import open_sources
from tests.client import until
from tests.photographs import (
    CANARY,
    bomb_png,
    encoded,
    exif,
    flag,
    jpeg,
    phone_photo,
    photograph,
    picture,
    transparent_png,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

ORIENTATIONS = range(1, 9)
LONGEST_SIDE_PX = 2048
NEAR = 4  # of 255: what an encoder loses, far from what a wrong turn makes
SECRETS = (CANARY, b"GPS", b"http://ns.adobe.com", b"ftypmp42")
NO_OFFSCREEN = "delete globalThis.OffscreenCanvas"
NO_WEBP = """
const { toBlob } = HTMLCanvasElement.prototype;
HTMLCanvasElement.prototype.toBlob = function (done, type, quality) {
  toBlob.call(this, done, type === "image/webp" ? "image/png" : type, quality);
};
"""
IN_A_ROW = """async ({ preparePhoto }, [photo]) => {
  const steps = [];
  const prepare = (name) => preparePhoto(photo, {
    onProgress: (fraction) => fraction % 1 === 0 && steps.push(`${name} ${fraction}`),
  });
  await Promise.all([prepare("first"), prepare("second")]);
  return steps;
}"""
ABORTED = """async ({ preparePhoto }, [photo]) => {
  const abort = new AbortController();
  const name = (error) => error.name;
  let fraction = null;
  const onProgress = (found) => {
    if (found > 0) abort.abort();
    fraction = found;
  };
  const first = preparePhoto(photo, { signal: abort.signal, onProgress }).catch(name);
  const second = preparePhoto(photo, { signal: abort.signal }).catch(name);
  return { name: await first, fraction, waiting: await second };
}"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sources() -> AsyncIterator[str]:
    async with open_sources() as url:
        yield url


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def darkroom(browser: Browser, sources: str) -> AsyncIterator[Darkroom]:
    async with open_darkroom(browser, sources) as darkroom:
        yield darkroom


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def old_darkroom(browser: Browser, sources: str) -> AsyncIterator[Darkroom]:
    """A browser whose workers have no canvas, and whose canvas has no encoder for WebP."""
    async with open_darkroom(browser, sources, NO_OFFSCREEN + ";" + NO_WEBP) as darkroom:
        yield darkroom


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
        assert min(prepared.picture().getpixel((900, 400))) > 250  # type: ignore[arg-type]
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


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "INVALID_IMAGE"),
        (b"Not a photo at all.", "UNSUPPORTED_FORMAT"),
        (b"GIF89a" + bytes(100), "UNSUPPORTED_FORMAT"),
        (jpeg((800, 600))[:9000], "INVALID_IMAGE"),
        (photograph("astronaut.png")[:100_000], "INVALID_IMAGE"),
        (b"\xff\xd8\xff\xd9", "INVALID_IMAGE"),
        (encoded(flag(), "HEIF")[:300], "INVALID_IMAGE"),
    ],
    ids=["nothing", "text", "gif", "half a JPEG", "half a PNG", "no picture", "half a HEIC"],
)
async def test_what_is_no_photo_is_refused_with_a_reason(
    darkroom: Darkroom, old_darkroom: Darkroom, content: bytes, code: str
) -> None:
    for page in (darkroom, old_darkroom):
        for keeps_original in (False, True):
            with pytest.raises(RefusedError) as refused:
                await page.prepare(content, keeps_original=keeps_original)
            assert refused.value.code == code


async def test_photos_are_prepared_one_at_a_time_and_leave_no_worker(darkroom: Darkroom) -> None:
    photo = jpeg((2400, 1600), quality=95)

    steps = await darkroom.evaluate(IN_A_ROW, [photo])

    assert steps == ["first 0", "first 1", "second 0", "second 1"]
    await until(darkroom.has_no_worker)


async def test_who_aborts_hears_it_at_once_and_may_choose_another(darkroom: Darkroom) -> None:
    photo = jpeg((4000, 3000), quality=92)

    told = await darkroom.evaluate(ABORTED, [photo])

    assert told == {"name": "AbortError", "fraction": 0.1, "waiting": "AbortError"}
    await until(darkroom.has_no_worker)
    assert (await darkroom.prepare(photo)).size_px == (2048, 1536)


async def test_a_worker_that_does_not_live_is_told_as_what_the_browser_cannot_do(
    browser: Browser, sources: str
) -> None:
    async with open_darkroom(browser, sources) as darkroom:
        await darkroom.page.route("**/photo/worker.ts*", lambda route: route.abort())
        with pytest.raises(RefusedError) as refused:
            await darkroom.prepare(jpeg((640, 480)))
        assert refused.value.code == "UNREADABLE_PHOTO"


async def test_only_originals_are_held_to_what_the_server_takes(darkroom: Darkroom) -> None:
    wide = encoded(picture((12_100, 400)), "JPEG", quality=95)

    prepared = await darkroom.prepare(wide)

    assert prepared.size_px == (2048, 68)
    with pytest.raises(RefusedError) as refused:
        await darkroom.prepare(wide, keeps_original=True)
    assert refused.value.code == "IMAGE_TOO_LARGE"
    with pytest.raises(RefusedError) as refused:
        await darkroom.prepare(bomb_png())
    assert refused.value.code == "IMAGE_TOO_LARGE"
