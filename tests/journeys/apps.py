"""Apps that are made of the files of a page, and the tools that their developers have."""

import asyncio
from asyncio.subprocess import PIPE
from pathlib import Path

from docker.local.npm import find_node
from tests.clients.node import NODE_MIN
from tests.journeys.pages import Page

CODEGEN = "node_modules/@graphql-codegen/cli/esm/bin.js"
TSC = "node_modules/typescript/bin/tsc"
VITE = "node_modules/vite/bin/vite.js"
TOOL_SECONDS = 120.0


def write_files(folder: Path, page: Page) -> None:
    """Write the files of a page to where they say they are."""
    for name, text in page.files().items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)


async def node(app: Path, *arguments: str) -> str:
    """Run Node in an app; returns what it printed. It must succeed."""
    program = await asyncio.to_thread(find_node, NODE_MIN)
    assert program is not None
    process = await asyncio.create_subprocess_exec(
        program, *arguments, cwd=app, stdout=PIPE, stderr=PIPE
    )
    async with asyncio.timeout(TOOL_SECONDS):
        printed, complaints = await process.communicate()
    assert process.returncode == 0, (printed + complaints).decode()
    return printed.decode()
