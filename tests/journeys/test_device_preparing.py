"""Photos are prepared one after the other, may be given up, and are refused with a reason."""

import pytest
from playwright.async_api import Browser

from tests.browser.preparing import Darkroom, RefusedError, open_darkroom
from tests.client import until
from tests.journeys.darkrooms import darkroom, old_darkroom, sources
from tests.photographs import bomb_png, encoded, flag, jpeg, photograph, picture

__all__ = ["darkroom", "old_darkroom", "sources"]

pytestmark = pytest.mark.asyncio(loop_scope="module")

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
