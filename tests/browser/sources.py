"""Modules of the web app as they are in the tree, for a browser that tries one of them alone."""

import asyncio
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from docker.local import REPOSITORY
from docker.local.npm import find_node
from docker.local.web import build_web
from tests.browser.chromium import NODE_MIN, BrowserError

START_SECONDS = 60.0
_WEB = REPOSITORY / "web"
_SERVER = REPOSITORY / "tests/browser/sources.mjs"


@asynccontextmanager
async def open_sources() -> AsyncIterator[str]:
    """Where the modules are: `{url}/src/device/photo/prepare.ts`."""
    failure = await asyncio.to_thread(build_web)  # it installs what serves them
    node = await asyncio.to_thread(find_node, NODE_MIN)
    if failure or node is None:
        raise BrowserError(f"The sources cannot be served: {failure or 'no Node'}")
    server = await asyncio.create_subprocess_exec(
        node, _SERVER, _WEB, stdin=PIPE, stdout=PIPE, stderr=PIPE
    )
    assert server.stdin is not None
    assert server.stdout is not None
    assert server.stderr is not None
    try:
        async with asyncio.timeout(START_SECONDS):
            url = (await server.stdout.readline()).decode().strip()
        if not url:
            raise BrowserError(
                f"The sources are not served: {(await server.stderr.read()).decode()}"
            )
        yield url
    finally:
        server.stdin.close()  # it ends
        async with asyncio.timeout(START_SECONDS):
            await server.wait()
