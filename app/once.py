"""What is made once, for all who ask for it at the same time and until it is forgotten."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class Once(Generic[Key, Value]):
    """Values by key, at most `max_keys`: each is made by whoever asks for it first.

    Those who ask meanwhile wait for it. What cannot be made is told to all of them, and made anew
    for whoever asks next; if its maker is cancelled, one of them makes it.
    """

    def __init__(self, *, max_keys: int) -> None:
        self._max_keys = max_keys
        self._made: dict[Key, asyncio.Future[Value]] = {}

    async def ask(self, key: Key, make: Callable[[], Awaitable[Value]]) -> Value:
        """The value of a key; raises what `make` raises."""
        while True:
            made = self._made.get(key)
            if made is None:
                return await self._make(key, make)
            if not made.done():
                # As by `asyncio.shield`, at half the price: very many may wait for the same.
                waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                made.add_done_callback(partial(_wake, waiter))
                await waiter
            if not made.cancelled():
                return made.result()

    def forget(self) -> None:
        """Make everything anew; who waits already gets what is being made."""
        self._made.clear()

    async def _make(self, key: Key, make: Callable[[], Awaitable[Value]]) -> Value:
        if len(self._made) >= self._max_keys:
            self._made.clear()
        made = self._made[key] = asyncio.get_running_loop().create_future()
        try:
            value = await make()
        except BaseException as error:
            if self._made.get(key) is made:
                del self._made[key]
            if isinstance(error, Exception):
                made.set_exception(error)
                made.exception()  # perhaps nobody waits, and that is no news
            else:
                made.cancel()
            raise
        made.set_result(value)
        return value


def _wake(waiter: "asyncio.Future[None]", _: object) -> None:
    if not waiter.done():
        waiter.set_result(None)
