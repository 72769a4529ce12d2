"""Pages that prepare photos: a browser of today, and one whose workers and canvases can do less."""

from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Browser

from tests.browser.preparing import Darkroom, open_darkroom
from tests.browser.sources import open_sources

NO_OFFSCREEN = "delete globalThis.OffscreenCanvas"
NO_WEBP = """
const { toBlob } = HTMLCanvasElement.prototype;
HTMLCanvasElement.prototype.toBlob = function (done, type, quality) {
  toBlob.call(this, done, type === "image/webp" ? "image/png" : type, quality);
};
"""


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
