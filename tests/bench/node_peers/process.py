"""The peers' processes, from packages that are installed by their lock."""

import asyncio
import json
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from docker.local import REPOSITORY, SHARED
from docker.local.npm import Packages, find_node
from tests.bench.rounds import BenchError
from tests.bench.started import Process, started
from tests.stack import TestStack

NODE_MIN = 24
ROOMY = ("--min-semi-space-size=64", "--max-semi-space-size=128")
"""Megabytes for what is young: with less, a fifth of the time goes into collecting garbage."""

SOURCE = Path(__file__).parent
SCHEMA = REPOSITORY / "schema/schema.graphql"
PACKAGES = Packages(source=SOURCE, folder=SHARED / "bench" / "node_peers", node_min=NODE_MIN)


class Kind(StrEnum):
    """Which servers there are, by what `serve.mjs` calls them."""

    EVERY_READ = "mercurius_jit"
    LEAN = "mercurius_jit_lean"
    CACHED = "mercurius_jit_cached"
    IN_MEMORY = "mercurius_jit_in_memory"
    YOGA_JIT_IN_MEMORY = "yoga_jit_in_memory"
    YOGA_IN_MEMORY = "yoga_in_memory"


@asynccontextmanager
async def running_node_peer(
    stack: TestStack, kind: Kind, *, page: Any = None
) -> AsyncIterator[Process]:
    """Run a peer on the stores of a stack, or with this page in memory."""
    node = await asyncio.to_thread(_prepared)
    folder = stack.home / "peers" / kind.value
    await asyncio.to_thread(_lay_out, folder, page)
    command = (str(node), *ROOMY, "serve.mjs", kind.value)
    async with started(stack, kind.value, command, folder=folder) as process:
        yield process


@cache
def _prepared() -> Path:
    """Node itself, once the packages are there; what is on PATH may only start it."""
    failure, node = PACKAGES.install(), find_node(NODE_MIN)
    if failure or node is None:
        raise BenchError(failure or f"There is no Node {NODE_MIN}")
    said = subprocess.run(  # noqa: S603 - a path that we found
        [node, "-p", "process.execPath"], capture_output=True, text=True, check=True
    )
    return Path(said.stdout.strip())


def _lay_out(folder: Path, page: Any) -> None:
    """Bring the scripts, and what they read, to a folder beside the packages."""
    shutil.copytree(SOURCE / "scripts", folder)
    shutil.copyfile(SCHEMA, folder / "schema.graphql")
    (folder / "page.json").write_text(json.dumps(page))
    (folder / "node_modules").symlink_to(PACKAGES.files)
