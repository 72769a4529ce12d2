"""An object store in memory, for tests of what uses one."""

from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from app.images.model import ObjectMissingError


class MemoryObjects:
    """Keeps bytes and headers by region and key."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], bytes] = {}
        self.headers: dict[tuple[str, str], tuple[str, str | None]] = {}

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

    def keys(self, region: str, prefix: str) -> Iterable[str]:
        found = (key for where, key in self.objects if where == region)
        return [key for key in found if key.startswith(prefix)]
