"""Pages in Markdown, taken at their word: their examples, and their tables."""

import asyncio
import re
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from docker.local import REPOSITORY

ADDRESS = "localhost:8080"
BLOCK_SECONDS = 60.0
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"// (\S+\.[jt]s)\n")
_DONE = "--this-block-is-done--"


class Page:
    """A page of ours; the address that it gives for the API is that of a running stack."""

    def __init__(self, name: str, graphql_url: str = "") -> None:
        text = (REPOSITORY / name).read_text()
        self._text = text.replace(ADDRESS, urlsplit(graphql_url).netloc) if graphql_url else text

    def section(self, heading: str) -> "Page":
        """The part of the page below a heading of the second level."""
        found = Page.__new__(Page)
        found._text = self._text.split(f"\n## {heading}\n")[1].split("\n## ")[0]
        return found

    def without(self, heading: str) -> "Page":
        """The page without that part."""
        found = Page.__new__(Page)
        found._text = self._text.replace(self.section(heading)._text, "")
        return found

    def blocks(self, language: str) -> Sequence[str]:
        """The examples in one language, in their order."""
        return [text for kind, text in _BLOCK.findall(self._text) if kind == language]

    def files(self) -> Mapping[str, str]:
        """The examples that are files, by the name in their first line."""
        scripts = [*self.blocks("ts"), *self.blocks("js")]
        named = {match[1]: text for text in scripts if (match := _FILE.match(text))}
        assert len(named) == len(scripts)
        return named

    def table(self, name: str) -> Mapping[str, Sequence[str]]:
        """The rows of a table by their first cell, between comments of that name."""
        marked = self._text.split(f"<!-- {name} -->")[1].split(f"<!-- /{name} -->")[0]
        return _rows(marked)

    def rows(self, heading: str) -> Mapping[str, Sequence[str]]:
        """The rows of the tables of a section, likewise."""
        return _rows(self.section(heading)._text)


def _rows(text: str) -> Mapping[str, Sequence[str]]:
    rows = re.findall(r"^\| `(\w+)` \|(.*)\|$", text, re.MULTILINE)
    return {name: [cell.strip() for cell in cells.split(" | ")] for name, cells in rows}


@dataclass(frozen=True, kw_only=True)
class Shell:
    """One bash, which keeps its variables from example to example."""

    process: Process

    async def run(self, block: str) -> str:
        """Run an example; returns what it printed. Whatever fails in it fails the test."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{block}\necho\necho {_DONE}\n".encode())
        printed = ""
        async with asyncio.timeout(BLOCK_SECONDS):
            while (line := await self._line()) != _DONE:
                assert line is not None, f"It failed:\n{block}\nafter it printed:\n{printed}"
                printed += f"{line}\n"
        return printed

    async def value(self, variable: str) -> str:
        """What a variable holds."""
        return (await self.run(f'echo "${variable}"')).strip()

    async def _line(self) -> str | None:
        assert self.process.stdout is not None
        line = await self.process.stdout.readline()
        return line.decode().rstrip("\n") if line else None


@asynccontextmanager
async def open_shell(folder: Path) -> AsyncIterator[Shell]:
    """A shell in a folder, which ends with the first command that fails."""
    process = await asyncio.create_subprocess_exec(
        "bash", "-euo", "pipefail", "-s", cwd=folder, stdin=PIPE, stdout=PIPE, stderr=STDOUT
    )
    try:
        yield Shell(process=process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
