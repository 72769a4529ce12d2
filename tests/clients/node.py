"""Runs our scripts under Node, beside the packages of clients that they drive."""

import asyncio
import json
import os
import shutil
import signal
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from docker.local import REPOSITORY, SHARED
from docker.local.npm import Packages, find_node

NODE_MIN = 24
SCRIPT_SECONDS = 60.0
LINE_MAX_BYTES = 1 << 22

SOURCE = REPOSITORY / "tests/clients"
PACKAGES = Packages(source=SOURCE, folder=SHARED / "clients", node_min=NODE_MIN)
SCHEMA = REPOSITORY / "schema/schema.graphql"


class ScriptError(Exception):
    """A script ended otherwise than with success; its message is what it wrote to stderr."""


class Script:
    """A script while it runs."""

    def __init__(self, process: Process) -> None:
        self._process = process

    async def heard(self) -> Any:
        """The next value that it says."""
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        if not line:
            raise ScriptError(await self._reason())
        return json.loads(line)

    async def last(self) -> Any:
        """The last value that it says: its result."""
        said = await self.heard()
        while True:
            try:
                said = await self.heard()
            except ScriptError:
                if self._process.returncode != 0:
                    raise
                return said

    async def _reason(self) -> str:
        assert self._process.stderr is not None
        errors = await self._process.stderr.read()
        await self._process.wait()
        return errors.decode(errors="replace")


class Node:
    """Node, and a folder in which scripts find the packages."""

    def __init__(self, node: Path, folder: Path) -> None:
        self._node = node
        self.folder = folder

    async def run(self, module: str, feature: str, **given: Any) -> Any:
        """Run an exported function of one of our modules; returns its result."""
        async with self.running(module, feature, **given) as script:
            return await script.last()

    @asynccontextmanager
    async def running(self, module: str, feature: str, **given: Any) -> AsyncIterator[Script]:
        """Run it, and hear meanwhile what it says; the whole has a deadline."""
        async with asyncio.timeout(SCRIPT_SECONDS), self._started("run.mjs", module, feature) as it:
            assert it.stdin is not None
            it.stdin.write(json.dumps(given).encode())
            it.stdin.close()
            yield Script(it)

    async def tool(self, package: str, *arguments: str) -> tuple[int, str]:
        """Run the file of a package that is a command; returns its exit code and all it wrote."""
        file = PACKAGES.files / package
        async with asyncio.timeout(SCRIPT_SECONDS), self._started(str(file), *arguments) as it:
            output, errors = await it.communicate()
            assert it.returncode is not None
            return it.returncode, (output + errors).decode()

    @asynccontextmanager
    async def _started(self, *arguments: str) -> AsyncIterator[Process]:
        process = await asyncio.create_subprocess_exec(
            self._node,
            *arguments,
            cwd=self.folder,
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            limit=LINE_MAX_BYTES,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


def prepare(folder: Path) -> Node:
    """Install the packages, and bring the scripts and the schema to a folder beside them."""
    failure = PACKAGES.install()
    node = find_node(NODE_MIN)
    if failure or node is None:
        raise ScriptError(failure or f"There is no Node {NODE_MIN}")
    shutil.copytree(SOURCE / "scripts", folder, dirs_exist_ok=True)
    shutil.copyfile(SOURCE / "package.json", folder / "package.json")
    shutil.copyfile(SCHEMA, folder / "schema.graphql")
    (folder / "node_modules").symlink_to(PACKAGES.files)
    return Node(node, folder)
