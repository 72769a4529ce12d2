"""What is made once, for all who ask for it at the same time and until it is forgotten."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class Once(Generic[Key, Value]):
    """Values by key, at most `max_keys`: each is made when it is first asked for.

    What cannot be made is told to all who wait for it, and made anew for whoever asks next.
    Whoever does not wait any longer takes nothing from the others.
    """

    def __init__(self, *, max_keys: int) -> None:
        self._max_keys = max_keys
        self._made: dict[Key, asyncio.Task[Value]] = {}

    async def ask(self, key: Key, make: Callable[[], Coroutine[Any, Any, Value]]) -> Value:
        """The value of a key; raises what `make` raises."""
        made = self._made.get(key)
        if made is None or (made.done() and not _is_good(made)):
            made = self._begin(key, make())
        if not made.done():
            # As by `asyncio.shield`, at half the price: very many may wait for the same.
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            made.add_done_callback(partial(_wake, waiter))
            await waiter
        return made.result()

    def forget(self) -> None:
        """Make everything anew; who waits already gets what is being made."""
        self._made.clear()

    def _begin(self, key: Key, making: Coroutine[Any, Any, Value]) -> asyncio.Task[Value]:
        if len(self._made) >= self._max_keys:
            self._made.clear()
        made = self._made[key] = asyncio.create_task(making)
        return made


def _is_good(made: asyncio.Task[Any]) -> bool:
    return not made.cancelled() and made.exception() is None


def _wake(waiter: "asyncio.Future[None]", _: object) -> None:
    if not waiter.done():
        waiter.set_result(None)
