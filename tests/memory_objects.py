"""An object store in memory, for tests of what uses one."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from app.images.conditions import Listed
from app.images.model import ObjectMissingError


class MemoryObjects:
    """Keeps bytes and headers by region and key."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], bytes] = {}
        self.headers: dict[tuple[str, str], tuple[str, str | None]] = {}
        self.modified_at = datetime.now(UTC)

    def put(
        self,
        region: str,
        key: str,
        file: BinaryIO,
        *,
        byte_size: int,
        content_type: str,
        cache_control: str | None = None,
    ) -> None:
        self.objects[region, key] = file.read(byte_size)
        self.headers[region, key] = (content_type, cache_control)

    def fetch(self, region: str, key: str, path: Path) -> None:
        if (region, key) not in self.objects:
            raise ObjectMissingError(region, key)
        path.write_bytes(self.objects[region, key])

    def remove(self, region: str, key: str) -> None:
        self.objects.pop((region, key), None)

    def remove_all(self, region: str, keys: Iterable[str]) -> None:
        for key in keys:
            self.remove(region, key)

    def copy(self, region: str, source: str, target: str) -> None:
        if (region, source) not in self.objects:
            raise ObjectMissingError(region, source)
        self.objects[region, target] = self.objects[region, source]
        self.headers[region, target] = self.headers[region, source]

    def check(self, region: str) -> None:
        """It is always there."""

    def listed(self, region: str, prefix: str, *, after: str, limit: int) -> list[Listed]:
        """Every object is as old as `modified_at` says."""
        found = sorted(key for key in self.keys(region, prefix) if key > after)
        return [Listed(key=key, modified_at=self.modified_at) for key in found[:limit]]

    def keys(self, region: str, prefix: str) -> Iterable[str]:
        found = (key for where, key in self.objects if where == region)
        return [key for key in found if key.startswith(prefix)]
