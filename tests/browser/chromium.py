"""Chromium on a string: pages are opened, clicked and read, from Python."""

import asyncio
import itertools
import json
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docker.local import REPOSITORY, SHARED
from docker.local.npm import Packages, find_node

NODE_MIN = 20
CALL_SECONDS = 60.0
_SOURCE = REPOSITORY / "tests/browser"
_PACKAGES = Packages(source=_SOURCE, folder=SHARED / "browser", node_min=NODE_MIN)


class BrowserError(Exception):
    """There is no browser, or it could not do what it was asked for."""


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What a page has asked for and said since it was opened."""

    requests: list[str]
    refused: list[str]
    """Requests to somewhere else; there is no network."""
    sockets: list[str]
    complaints: list[str]
    """Errors of its console; violations of its content security policy are among them."""


class Page:
    """One page of one browser."""

    def __init__(self, driver: Process) -> None:
        self._driver = driver
        self._ids = itertools.count()

    async def call(self, call: str, *args: Any) -> Any:
        """Call a method of Playwright's Page, `click` or `keyboard.press`; returns plain values."""
        assert self._driver.stdin is not None
        number = next(self._ids)
        request = {"id": number, "call": call, "args": args}
        self._driver.stdin.write(json.dumps(request).encode() + b"\n")
        async with asyncio.timeout(CALL_SECONDS):
            while (outcome := await self._outcome())["id"] != number:
                pass  # of a call that nobody waits for any more
        if "error" in outcome:
            raise BrowserError(f"{call}{args}: {outcome['error']}")
        return outcome["result"]

    async def heard(self) -> Heard:
        """What the page has asked for and said."""
        return Heard(**await self.call("heard"))

    async def picture(self, path: Path) -> None:
        """Take a screenshot."""
        await self.call("screenshot", {"path": str(path)})

    async def _outcome(self) -> dict[str, Any]:
        assert self._driver.stdout is not None
        line = await self._driver.stdout.readline()
        if not line:
            raise BrowserError(f"The browser is gone: {await _said(self._driver)}")
        outcome: dict[str, Any] = json.loads(line)
        return outcome


@asynccontextmanager
async def open_page(url: str, origin: str) -> AsyncIterator[Page]:
    """A page in a browser of its own, which refuses whatever is not of `origin`."""
    driver = await asyncio.create_subprocess_exec(
        await asyncio.to_thread(_node),
        _SOURCE / "drive.mjs",
        _PACKAGES.folder,
        origin,
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
    )
    try:
        page = Page(driver)
        await page.call("goto", url)
        yield page
    finally:
        assert driver.stdin is not None
        driver.stdin.close()  # it closes the browser, and ends
        await _ended(driver)


def _node() -> Path:
    failure = _PACKAGES.install()
    node = find_node(NODE_MIN)
    if failure or node is None:
        raise BrowserError(f"There is no browser to test with: {failure or 'no Node'}")
    return node


async def _ended(driver: Process) -> None:
    try:
        async with asyncio.timeout(CALL_SECONDS):
            await driver.wait()
    except TimeoutError:
        driver.kill()
        raise


async def _said(driver: Process) -> str:
    assert driver.stderr is not None
    return (await driver.stderr.read()).decode()
