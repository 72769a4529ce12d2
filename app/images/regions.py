"""The object stores of the regions: which of them answer, each asked in threads of its own."""

import asyncio
import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from pathlib import Path
from typing import BinaryIO, Final, Protocol, TypeVar

from app.breaker import Breaker
from app.images.model import ObjectStoreAwayError, ObjectStoreError

STORE_CALLS_MAX: Final = 8  # of a region at once; each may hold two parts of a file in memory
LEFT_ALONE_SECONDS: Final = 2.0
"""For so long a store is left alone that did not answer; then one of those who ask looks again."""
CERTAIN_SECONDS: Final = 2.0
"""For so long a store that answered is known to be there."""

Answer = TypeVar("Answer")


class LeftAloneError(ObjectStoreAwayError):
    """It was not asked, because it has just not answered others."""


class Objects(Protocol):
    """Objects by region and key. Calls block, and raise ObjectStoreError."""

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
        """Store the next `byte_size` bytes of `file`."""

    def fetch(self, region: str, key: str, path: Path) -> None:
        """Write the object to the file `path`."""

    def copy(self, region: str, source: str, target: str) -> None:
        """Store the object `source` once more as `target`, headers and all."""

    def remove(self, region: str, key: str) -> None:
        """Remove the object, if there is one."""

    def remove_all(self, region: str, keys: Iterable[str]) -> None:
        """Remove those of the objects that there are."""

    def keys(self, region: str, prefix: str) -> Iterable[str]:
        """Keys of all objects whose keys begin with `prefix`."""

    def check(self, region: str) -> None:
        """Return if the store answers at once, and has its bucket."""


class Regions:
    """The regions in their order, and the partner of each, which has its second copies.

    A store that does not answer costs one caller's patience in LEFT_ALONE_SECONDS, not every
    caller's, and holds up no call to another region.
    """

    def __init__(
        self,
        *,
        objects: Objects,
        partners: Mapping[str, str | None],
        seconds_now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._objects = objects
        self._partners = partners
        self._stores = {region: _Store(region, seconds_now) for region in partners}
        self._checks = ThreadPoolExecutor(len(partners), thread_name_prefix="checks")

    def __iter__(self) -> Iterator[str]:
        return iter(self._partners)

    def pair(self, home: str) -> tuple[str, ...]:
        """A region, then its partner, if it has one."""
        partner = self._partners.get(home)
        return (home,) if partner is None else (home, partner)

    async def standing(self, home: str) -> str:
        """The first of a pair whose store answers; `home` if neither does."""
        for region in self.pair(home):
            if await self.is_there(region):
                return region
        return home

    async def is_there(self, region: str, *, insists: bool = False) -> bool:
        """Whether a store answers.

        What was heard of it just now is believed, and so is that it did not answer, unless one
        `insists`. Else it is asked, once for all who want to know meanwhile; that takes a second
        at most.
        """
        store = self._store(region)
        if store.was_heard_lately:
            return True
        looks = insists or store.check is not None or store.breaker.lets_pass()
        return looks and await self._check(store)

    async def ask(
        self, region: str, work: Callable[[], Answer], *, insists: bool = False
    ) -> Answer:
        """What the store of a region answers to `work`, which blocks.

        Raises:
            ObjectStoreAwayError: it does not answer; LeftAloneError at once, if it has just not
                answered others, unless one `insists`.
            ObjectStoreError: whatever else the work raises.
        """
        store = self._store(region)
        if not insists and not await self._is_worth_asking(store):
            raise store.left_alone()
        try:
            answer = await _in(store.threads, partial(store.called, work, insists=insists))
        except ObjectStoreAwayError:
            store.breaker.open()
            raise
        except ObjectStoreError:
            store.heard()
            raise
        store.heard()
        return answer

    async def ask_either(self, home: str, work: Callable[[str], Answer]) -> Answer:
        """What the first of a pair answers to `work`, which is given its region.

        Raises:
            ObjectStoreError: neither could do it; this is what `home` said.
        """
        said: list[ObjectStoreError] = []
        for region in self.pair(home):
            try:
                return await self._look_and_ask(region, work)
            except ObjectStoreError as error:
                said.append(error)
        raise said[0]

    async def ask_all(self, work: Callable[[str], None]) -> None:
        """Have every region do `work`, which is given its region.

        Raises:
            ObjectStoreError: one has not done it; all others have, or tried.
        """
        asked = (self._look_and_ask(region, work) for region in self)
        for failure in await asyncio.gather(*asked, return_exceptions=True):
            if failure is not None:
                raise failure

    def leave_alone(self, region: str) -> None:
        """Note that a store takes too long."""
        self._store(region).breaker.open()

    async def _look_and_ask(self, region: str, work: Callable[[str], Answer]) -> Answer:
        """Ask a store that is there: work may wait much longer for one that hangs."""
        if not await self.is_there(region):
            raise self._store(region).left_alone()
        return await self.ask(region, partial(work, region))

    async def _is_worth_asking(self, store: "_Store") -> bool:
        if not store.breaker.is_open:
            return True
        return store.breaker.lets_pass() and await self._check(store)

    async def _check(self, store: "_Store") -> bool:
        """Ask a store whether it is there; whoever wants to know meanwhile is told the same."""
        if store.check is None:
            store.check = asyncio.create_task(self._checked(store))
        return await asyncio.shield(store.check)

    async def _checked(self, store: "_Store") -> bool:
        try:
            await _in(self._checks, partial(self._objects.check, store.region))
        except ObjectStoreError:
            store.breaker.open()
            return False
        else:
            store.heard()
            return True
        finally:
            store.check = None

    def _store(self, region: str) -> "_Store":
        if region not in self._stores:
            raise ObjectStoreError(region, "It is not among the settings.")
        return self._stores[region]


class _Store:
    """What is known of the store of a region, and who may ask it."""

    def __init__(self, region: str, seconds_now: Callable[[], float]) -> None:
        self.region = region
        self._seconds_now = seconds_now
        # Of its own: a store that hangs takes neither another's nor those that hash passwords.
        self.threads = ThreadPoolExecutor(STORE_CALLS_MAX, thread_name_prefix=f"store-{region}")
        self.breaker = Breaker(open_seconds=LEFT_ALONE_SECONDS, seconds_now=seconds_now)
        self.check: asyncio.Task[bool] | None = None
        self._heard_at = -math.inf

    @property
    def was_heard_lately(self) -> bool:
        return not self.breaker.is_open and self._seconds_now() - self._heard_at < CERTAIN_SECONDS

    def heard(self) -> None:
        self._heard_at = self._seconds_now()
        self.breaker.close()

    def called(self, work: Callable[[], Answer], *, insists: bool) -> Answer:
        """Work that has got its thread; meanwhile the store may have failed others."""
        if self.breaker.is_open and not insists:
            raise self.left_alone()
        return work()

    def left_alone(self) -> LeftAloneError:
        return LeftAloneError(self.region, "It did not answer just now.")


async def _in(threads: ThreadPoolExecutor, work: Callable[[], Answer]) -> Answer:
    called = partial(copy_context().run, work)
    return await asyncio.get_running_loop().run_in_executor(threads, called)
