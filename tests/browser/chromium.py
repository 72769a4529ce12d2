"""Chromium, which finds nobody but this machine."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, async_playwright, expect

from docker.local import REPOSITORY, SHARED
from docker.local.npm import Packages, find_node

NODE_MIN = 20
UNPACKING_SECONDS = 120
SHOWN_MS = 20_000
"""How long may pass until something is shown that has to be."""
_SOURCE = REPOSITORY / "tests/browser"
_PACKAGES = Packages(source=_SOURCE, folder=SHARED / "browser", node_min=NODE_MIN)
_FLAGS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE localhost , EXCLUDE 127.0.0.1",
)


class BrowserError(Exception):
    """There is no browser."""


@asynccontextmanager
async def open_browser() -> AsyncIterator[Browser]:
    """A browser; without its sandbox, which needs a kernel that lets anybody make namespaces."""
    folder = await asyncio.to_thread(_unpacked)
    expect.set_options(timeout=SHOWN_MS)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=folder / "chromium",
            chromium_sandbox=False,
            args=_FLAGS,
            env={
                "HOME": str(folder),
                "FONTCONFIG_PATH": str(folder),
                "LD_LIBRARY_PATH": str(folder / "lib"),
            },
        )
        try:
            yield browser
        finally:
            await browser.close()


def script_of(package: str, name: str) -> str:
    """What a file of an npm package says, to be run in a page."""
    failure = _PACKAGES.install()
    if failure:
        raise BrowserError(f"There is no {package}: {failure}")
    return (_PACKAGES.files / package / name).read_text()


def _unpacked() -> Path:
    failure = _PACKAGES.install()
    node = find_node(NODE_MIN)
    if failure or node is None:
        raise BrowserError(f"There is no browser to test with: {failure or 'no Node'}")
    done = subprocess.run(  # noqa: S603 - a path that we found
        [node, _SOURCE / "unpack.mjs", _PACKAGES.folder],
        capture_output=True,
        text=True,
        timeout=UNPACKING_SECONDS,
        check=False,
    )
    if done.returncode:
        raise BrowserError(f"Chromium cannot be unpacked: {done.stderr.strip()}")
    return Path(done.stdout.strip())
