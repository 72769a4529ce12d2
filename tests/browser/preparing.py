"""Preparing photos in a browser as the web app does, and what comes of it."""

import io
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from PIL import Image
from playwright.async_api import Browser, Page

_PAGE = "/a-page"
_CALL = """async ([module, photos, rest]) => {
  const blobOf = async (photo) => (await fetch("data:;base64," + photo)).blob();
  return (FUNCTION)(await import(module), await Promise.all(photos.map(blobOf)), rest);
}"""
_PREPARE = """async ({ preparePhoto }, [file], keepsOriginal) => {
  const base64Of = (blob) => new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.split(",")[1]);
    reader.readAsDataURL(blob);
  });
  const fractions = [];
  const onProgress = (fraction) => fractions.push(fraction);
  const tasks = [];
  const observer = new PerformanceObserver((list) => tasks.push(...list.getEntries()));
  await new Promise((resolve) => setTimeout(resolve));
  observer.observe({ type: "longtask" });
  try {
    const begin = performance.now();
    const { blob, ...photo } = await preparePhoto(file, { keepsOriginal, onProgress });
    const seconds = (performance.now() - begin) / 1000;
    tasks.push(...observer.takeRecords());
    const longTasksMs = tasks.map(({ duration }) => duration);
    const content = await base64Of(blob);
    return { ...photo, type: blob.type, content, fractions, seconds, longTasksMs };
  } catch (error) {
    return { code: error.code, message: String(error) };
  } finally {
    observer.disconnect();
  }
}"""


class RefusedError(Exception):
    """A photo was not prepared; `code` says why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """What is sent of a photo, and what the page saw meanwhile."""

    content: bytes
    content_type: str
    size_px: tuple[int, int] | None
    original_bytes: int
    is_original: bool
    fractions: list[float]
    seconds: float
    long_tasks_ms: list[float]
    """Of the page's thread: the browser counts those that take 50 ms or longer."""

    def picture(self) -> Image.Image:
        """The decoded content, not turned."""
        return Image.open(io.BytesIO(self.content)).convert("RGB")


class Darkroom:
    """A page that prepares photos."""

    def __init__(self, page: Page, sources: str) -> None:
        self.page = page
        self.module = f"{sources}/src/device/photo/prepare.ts"

    async def evaluate(self, function: str, photos: Sequence[bytes], rest: Any = None) -> Any:
        """Call a function with the module, photos as blobs, and whatever else it takes."""
        texts = [b64encode(photo).decode() for photo in photos]
        call = _CALL.replace("FUNCTION", function)
        return await self.page.evaluate(call, [self.module, texts, rest])

    async def has_no_worker(self) -> bool:
        """Whether nothing is left of preparing."""
        return not self.page.workers

    async def prepare(self, photo: bytes, *, keeps_original: bool = False) -> Prepared:
        """Prepare one.

        Raises:
            RefusedError: it cannot be prepared.
        """
        found = await self.evaluate(_PREPARE, [photo], keeps_original)
        if "code" in found:
            raise RefusedError(found["code"], found["message"])
        assert found["type"] == found["contentType"]
        size = found["size"]
        return Prepared(
            content=b64decode(found["content"]),
            content_type=found["contentType"],
            size_px=size and (size["width"], size["height"]),
            original_bytes=found["originalBytes"],
            is_original=found["isOriginal"],
            fractions=found["fractions"],
            seconds=found["seconds"],
            long_tasks_ms=found["longTasksMs"],
        )


@asynccontextmanager
async def open_darkroom(
    browser: Browser, sources: str, script: str = ""
) -> AsyncIterator[Darkroom]:
    """A page for preparing; `script` runs in it before everything else."""
    context = await browser.new_context()
    try:
        page = await context.new_page()
        if script:
            await page.add_init_script(script)
        await page.route(
            f"**{_PAGE}",
            lambda route: route.fulfill(body="<!doctype html>", content_type="text/html"),
        )
        await page.goto(sources + _PAGE)
        yield Darkroom(page, sources)
    finally:
        await context.close()
