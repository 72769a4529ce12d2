"""An object store in memory, for tests of what uses one."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from app.images.conditions import Listed
from app.images.model import ObjectMissingError, ObjectStoreAwayError

if TYPE_CHECKING:
    from threading import Event


class MemoryObjects:
    """Keeps bytes and headers by region and key; regions may be `away`.

    A region that is `stopped` keeps whoever asks waiting until it is let go on.
    """

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], bytes] = {}
        self.headers: dict[tuple[str, str], tuple[str, str | None]] = {}
        self.modified_at = datetime.now(UTC)
        self.asked: list[str] = []
        self.away: set[str] = set()
        self.stopped: dict[str, Event] = {}

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
        self._ask(region)
        self.objects[region, key] = file.read(byte_size)
        self.headers[region, key] = (content_type, cache_control)

    def fetch(self, region: str, key: str, path: Path) -> None:
        self._ask(region)
        path.write_bytes(self.objects[self._found(region, key)])

    def copy(self, region: str, source: str, target: str) -> None:
        self._ask(region)
        self.objects[region, target] = self.objects[self._found(region, source)]
        self.headers[region, target] = self.headers[region, source]

    def remove(self, region: str, key: str) -> None:
        self._ask(region)
        self.objects.pop((region, key), None)

    def remove_all(self, region: str, keys: Iterable[str]) -> None:
        self._ask(region)
        for key in keys:
            self.objects.pop((region, key), None)

    def keys(self, region: str, prefix: str) -> Iterable[str]:
        self._ask(region)
        found = (key for where, key in self.objects if where == region)
        return [key for key in found if key.startswith(prefix)]

    def listed(self, region: str, prefix: str, *, after: str, limit: int) -> list[Listed]:
        """Every object is as old as `modified_at` says."""
        found = sorted(key for key in self.keys(region, prefix) if key > after)
        return [Listed(key=key, modified_at=self.modified_at) for key in found[:limit]]

    def check(self, region: str) -> None:
        self._ask(region)

    def _ask(self, region: str) -> None:
        self.asked.append(region)
        if region in self.stopped:
            self.stopped[region].wait()
        if region in self.away:
            raise ObjectStoreAwayError(region, "It is away.")

    def _found(self, region: str, key: str) -> tuple[str, str]:
        if (region, key) not in self.objects:
            raise ObjectMissingError(region, key)
        return (region, key)
