"""Damage done to objects behind our back, and what scrubs say of it."""

import io
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.images.conditions import Condition
from app.images.model import original_prefix, rendition_prefix
from app.images.store import ObjectStores
from app.scrub.model import Report, Run
from app.scrub.pace import Unhurried
from app.wiring import open_house
from tests.command import photofeed
from tests.faults.truth import number_of
from tests.stack import TestStack


class Regions:
    """The stores of a stack, as whoever has their keys sees them."""

    def __init__(self, stack: TestStack, folder: Path) -> None:
        self._stores = ObjectStores.from_settings(stack.settings)
        self._file = folder / "object"

    def keys(self, region: str, post: dict[str, Any]) -> list[str]:
        """Keys of all that a region has of a post, its original first."""
        number = number_of(post["id"])
        prefixes = (original_prefix(number), rendition_prefix(number))
        return [key for prefix in prefixes for key in self._stores.keys(region, prefix)]

    def read(self, region: str, key: str) -> bytes:
        """The bytes of an object."""
        self._stores.fetch(region, key, self._file)
        return self._file.read_bytes()

    def write(self, region: str, key: str, content: bytes) -> None:
        """Put other bytes under a key."""
        file = io.BytesIO(content)
        self._stores.put(region, key, file, byte_size=len(content), content_type="text/html")

    def remove(self, region: str, key: str) -> None:
        """Lose an object."""
        self._stores.remove_all(region, [key])

    def all_of(self, posts: list[dict[str, Any]]) -> dict[tuple[str, str], bytes]:
        """Everything that both regions have of some posts."""
        return {
            (region, key): self.read(region, key)
            for region in ("eu", "us")
            for post in posts
            for key in self.keys(region, post)
        }


async def scrubbed(stack: TestStack, region: str | None = None) -> Report:
    """What a scrub has found, without its bytes: how often an object is read is its own affair."""
    run = Run(region=region, is_dry=False, pace=Unhurried())
    async with open_house(stack.settings) as house:
        *_, last = [step async for step in house.scrub.run(run, from_start=True)]
    return replace(last.report, bytes_read=0)


async def told(stack: TestStack, *arguments: str) -> tuple[int, dict[str, int]]:
    """The exit code of the operator's command, and its counts."""
    code, said = await photofeed(stack, "scrub", *arguments)
    counts = re.findall(r"^ +(\w+) +([\d,]+)", said, re.MULTILINE)
    assert counts, said
    return code, {name: int(count.replace(",", "")) for name, count in counts}


def counted(report: Report) -> dict[str, int]:
    """What the command says of such a report."""
    names = [*(condition.value for condition in Condition), "repaired", "lost", "orphans"]
    return {name: getattr(report, name) for name in ("posts", "objects", *names)}


def flipped(content: bytes) -> bytes:
    """The same with one bit changed."""
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


def rot(stack: TestStack, region: str, content: bytes) -> bool:
    """Flip bits of an object on its store's disk, wherever it is; whether it was found there."""
    part = content[len(content) // 2 :][:1_000]
    is_found = False
    for path in (stack.home / "data").glob(f"store-{region}-*/**/*"):
        stored = path.read_bytes() if path.is_file() else b""
        if part in stored:
            with path.open("r+b") as file:  # the store has it open, too
                file.write(stored.replace(part, flipped(part)))
            is_found = True
    return is_found
