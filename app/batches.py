"""Reads of many callers, gathered into few."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


@dataclass(kw_only=True, slots=True, eq=False)
class _Batch(Generic[Key, Value]):
    """The keys of one read, and those who wait for it."""

    keys: set[Key] = field(default_factory=set)
    waiters: list[asyncio.Future[Mapping[Key, Value]]] = field(default_factory=list)
    begun_at: float = 0.0
    reading: asyncio.Task[None] | None = None

    def has_room(self, keys: Collection[Key], max_keys: int) -> bool:
        return len(self.keys) + len(keys) <= max_keys or self.keys.issuperset(keys)

    def join(self, keys: Collection[Key]) -> asyncio.Future[Mapping[Key, Value]]:
        self.keys.update(keys)
        waiter: asyncio.Future[Mapping[Key, Value]] = asyncio.get_running_loop().create_future()
        self.waiters.append(waiter)
        return waiter

    def answer(self, found: Mapping[Key, Value]) -> None:
        for waiter in self.waiters:
            if not waiter.done():
                waiter.set_result(found)

    def fail(self, error: Exception) -> None:
        for waiter in self.waiters:
            if not waiter.done():
                waiter.set_exception(error)

    def cancel(self) -> None:
        for waiter in self.waiters:
            waiter.cancel()


class Batches(Generic[Key, Value]):
    """Has those who ask while a read is under way share the next one.

    `read` finds the values of some keys, `max_keys` at most, and leaves out what there is not. It
    begins after whoever shares it has asked, so what they get is no older than their question.
    `at_once` reads are under way at most. If one fails, all who share it are told. Whoever does not
    wait any longer takes nothing from the others.
    """

    def __init__(
        self,
        read: Callable[[Collection[Key]], Awaitable[Mapping[Key, Value]]],
        *,
        max_keys: int,
        at_once: int = 1,
    ) -> None:
        self._read = read
        self._max_keys = max_keys
        self._at_once = at_once
        self._waiting: deque[_Batch[Key, Value]] = deque()
        self._under_way: list[_Batch[Key, Value]] = []

    async def ask(
        self, keys: Collection[Key], *, not_before: float | None = None
    ) -> dict[Key, Value]:
        """The values of some keys; those that have none are left out.

        With `not_before` (monotonic seconds) they may come from a read that is under way, if that
        has not begun before.
        """
        asked = tuple(keys)
        found: dict[Key, Value] = {}
        for start in range(0, len(asked), self._max_keys):
            some = asked[start : start + self._max_keys]
            answer = await self._join(some, not_before)
            found.update((key, answer[key]) for key in some if key in answer)
        return found

    async def ask_one(self, key: Key, *, not_before: float | None = None) -> Value | None:
        """The value of one key; None if it has none."""
        return (await self._join((key,), not_before)).get(key)

    def _join(
        self, keys: Collection[Key], not_before: float | None
    ) -> asyncio.Future[Mapping[Key, Value]]:
        if not_before is not None:
            for batch in self._under_way:
                if batch.begun_at >= not_before and batch.keys.issuperset(keys):
                    return batch.join(keys)
        if not self._waiting or not self._waiting[-1].has_room(keys, self._max_keys):
            self._waiting.append(_Batch())
            # Not at once: others who are ready to run may ask for the same.
            asyncio.get_running_loop().call_soon(self._begin)
        return self._waiting[-1].join(keys)

    def _begin(self) -> None:
        while self._waiting and len(self._under_way) < self._at_once:
            batch = self._waiting.popleft()
            batch.begun_at = time.monotonic()
            batch.reading = asyncio.get_running_loop().create_task(self._run(batch))
            batch.reading.add_done_callback(self._end)
            self._under_way.append(batch)

    def _end(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled():
            self._begin()
            return
        for batch in self._waiting:  # the loop is closing
            batch.cancel()
        self._waiting.clear()

    async def _run(self, batch: _Batch[Key, Value]) -> None:
        try:
            found = await self._read(batch.keys)
        except Exception as error:  # noqa: BLE001 - it is theirs who wait
            batch.fail(error)
        except asyncio.CancelledError:
            batch.cancel()
            raise
        else:
            batch.answer(found)
        finally:
            self._under_way.remove(batch)  # before anybody who was answered asks again
