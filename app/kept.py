"""What a process keeps of what it has read: bounded, and never too old."""

import time
from collections.abc import Callable, Iterable
from typing import Generic, NamedTuple, TypeVar

DROPS_REMEMBERED_MAX = 1_000

Key = TypeVar("Key")
Value = TypeVar("Value")


class _Entry(NamedTuple, Generic[Value]):
    put_at: float
    weight: int
    value: Value


class Kept(Generic[Key, Value]):
    """Values by key, of `max_weight` together at most, each for `max_seconds` at most.

    They are in two generations. What is put, and what is found among the old, is with the young;
    once these weigh half of what is allowed, they are the old ones, and the old ones are gone. A
    value that weighs more than that is not kept.

    What is read may be out of date before it is put. So whoever reads takes a lease first, and
    `put` does nothing if the key was dropped since. Only the last drops are remembered by key: a
    lease from before them has lost.
    """

    def __init__(
        self,
        *,
        max_weight: int,
        max_seconds: float,
        weigh: Callable[[Value], int] = lambda _: 1,
        seconds_now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._max_young_weight = max_weight // 2
        self._max_seconds = max_seconds
        self._weigh = weigh
        self._seconds_now = seconds_now
        self._young: dict[Key, _Entry[Value]] = {}
        self._young_weight = 0
        self._old: dict[Key, _Entry[Value]] = {}
        self._drops = 0
        self._dropped_at: dict[Key, int] = {}
        self._lost_before = 0

    def find(self, keys: Iterable[Key]) -> dict[Key, Value]:
        """Those of some keys that have a value here."""
        oldest = self._seconds_now() - self._max_seconds
        found: dict[Key, Value] = {}
        for key in keys:
            entry = self._young.get(key) or self._rejuvenated(key)
            if entry is not None and entry[0] > oldest:
                found[key] = entry[2]
        return found

    def lease(self) -> int:
        """What `put` needs of whoever begins to read now."""
        return self._drops

    def put(self, key: Key, value: Value, lease: int) -> None:
        """Keep what was read under a lease, unless its key was dropped since."""
        if lease < self._lost_before or self._dropped_at.get(key, 0) > lease:
            return
        self._remove(key)
        self._add(key, _Entry(self._seconds_now(), self._weigh(value), value))

    def drop(self, key: Key) -> None:
        """Forget a key's value, and whatever is being read of it."""
        self._remove(key)
        self._drops += 1
        if len(self._dropped_at) == DROPS_REMEMBERED_MAX:
            self._dropped_at.clear()
            self._lost_before = self._drops
        self._dropped_at[key] = self._drops

    def clear(self) -> None:
        """Forget everything, and whatever is being read."""
        self._young, self._young_weight, self._old = {}, 0, {}
        self._drops += 1
        self._lost_before = self._drops

    def _rejuvenated(self, key: Key) -> _Entry[Value] | None:
        entry = self._old.pop(key, None)
        if entry is not None:
            self._add(key, entry)
        return entry

    def _add(self, key: Key, entry: _Entry[Value]) -> None:
        if entry.weight > self._max_young_weight:
            return
        if self._young_weight + entry.weight > self._max_young_weight:
            self._old, self._young, self._young_weight = self._young, {}, 0
        self._young[key] = entry
        self._young_weight += entry.weight

    def _remove(self, key: Key) -> None:
        self._old.pop(key, None)
        entry = self._young.pop(key, None)
        if entry is not None:
            self._young_weight -= entry.weight
