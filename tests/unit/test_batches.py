"""Reads of many callers, gathered into few."""

import asyncio
import time
from collections.abc import Collection

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.batches import Batches

KEYS = st.integers(0, 20)


class Store:
    """Has what its name says of even keys, and answers when it is let."""

    def __init__(self) -> None:
        self.reads: list[set[int]] = []
        self.under_way = 0
        self.most_under_way = 0
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.version = 0
        self.error: Exception | None = None

    async def read(self, keys: Collection[int]) -> dict[int, str]:
        self.reads.append(set(keys))
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        found = {key: f"{key} v{self.version}" for key in keys if key % 2 == 0}
        error = self.error
        try:
            await self.may_answer.wait()
        finally:
            self.under_way -= 1
        if error:
            raise error
        return found


async def begun(store: Store, reads: int) -> None:
    """Let others run until so many reads have begun."""
    async with asyncio.timeout(5):
        while len(store.reads) < reads:
            await asyncio.sleep(0)


async def test_those_who_ask_at_once_share_a_read() -> None:
    store = Store()
    batches = Batches(store.read, max_keys=100)
    answers = await asyncio.gather(*(batches.ask([key, 4]) for key in range(10)))
    assert store.reads == [set(range(10))]
    assert answers[3] == {4: "4 v0"}
    assert answers[8] == {8: "8 v0", 4: "4 v0"}
    assert await batches.ask([]) == {}
    assert len(store.reads) == 1


async def test_those_who_ask_while_it_is_read_share_the_next_one() -> None:
    store = Store()
    batches = Batches(store.read, max_keys=100)
    store.may_answer.clear()
    first = asyncio.create_task(batches.ask_one(2))
    await begun(store, 1)
    store.version = 1
    later = [asyncio.create_task(batches.ask_one(key)) for key in (2, 2, 6, 7)]
    await asyncio.sleep(0)
    store.may_answer.set()
    assert await first == "2 v0"
    assert await asyncio.gather(*later) == ["2 v1", "2 v1", "6 v1", None]
    assert store.reads == [{2}, {2, 6, 7}]


async def test_a_read_that_is_under_way_will_do_for_who_began_before_it() -> None:
    store = Store()
    batches = Batches(store.read, max_keys=100)
    began = time.monotonic()
    store.may_answer.clear()
    first = asyncio.create_task(batches.ask_one(2))
    await begun(store, 1)
    store.version = 1
    old = asyncio.create_task(batches.ask_one(2, not_before=began))
    new = asyncio.create_task(batches.ask_one(2, not_before=time.monotonic()))
    other = asyncio.create_task(batches.ask([2, 4], not_before=began))
    await asyncio.sleep(0)
    store.may_answer.set()
    answers = [await each for each in (first, old, new, other)]
    assert answers == ["2 v0", "2 v0", "2 v1", {2: "2 v1", 4: "4 v1"}]


async def test_who_was_answered_may_ask_again_at_once_from_the_same_beginning() -> None:
    store = Store()
    batches = Batches(store.read, max_keys=100)
    began = time.monotonic()

    async def ask() -> None:
        for _ in range(3):
            assert await batches.ask([2], not_before=began) == {2: "2 v0"}

    async with asyncio.timeout(5):
        await asyncio.gather(*(ask() for _ in range(3)))
    assert len(store.reads) == 3


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(KEYS, max_size=9), max_size=20), st.integers(1, 7), st.integers(1, 3))
def test_everybody_gets_what_there_is_in_reads_of_bounded_size(
    asked: list[list[int]], max_keys: int, at_once: int
) -> None:
    async def ask() -> None:
        store = Store()
        batches = Batches(store.read, max_keys=max_keys, at_once=at_once)
        answers = await asyncio.gather(*(batches.ask(keys) for keys in asked))
        for keys, answer in zip(asked, answers, strict=True):
            assert answer == {key: f"{key} v0" for key in keys if key % 2 == 0}
        assert all(len(keys) <= max_keys for keys in store.reads)
        assert store.most_under_way <= at_once

    asyncio.run(ask())


async def test_an_error_is_theirs_who_share_the_read() -> None:
    store = Store()
    batches = Batches(store.read, max_keys=100)
    store.may_answer.clear()
    store.error = OSError("away")
    failing = [asyncio.create_task(batches.ask_one(2)) for _ in range(3)]
    await begun(store, 1)
    store.error = None
    going_on = asyncio.create_task(batches.ask_one(2))
    await asyncio.sleep(0)
    store.may_answer.set()
    for each in failing:
        with pytest.raises(OSError, match="away"):
            await each
    assert await going_on == "2 v0"


async def test_who_does_not_wait_takes_nothing_from_the_others() -> None:
    store = Store()
    batches = Batches(store.read, max_keys=100)
    for is_under_way in (True, False):
        store.may_answer.clear()
        impatient, patient = (asyncio.create_task(batches.ask_one(2)) for _ in range(2))
        if is_under_way:
            await begun(store, 1)
        else:
            await asyncio.sleep(0)
        impatient.cancel()
        with pytest.raises(asyncio.CancelledError):
            await impatient
        store.may_answer.set()
        assert await patient == "2 v0"


def test_nobody_is_left_behind_when_the_loop_closes() -> None:
    async def leave() -> None:
        store = Store()
        batches = Batches(store.read, max_keys=1)
        store.may_answer.clear()
        asked.extend(asyncio.create_task(batches.ask_one(key)) for key in range(5))
        await begun(store, 1)

    asked: list[asyncio.Task[str | None]] = []
    asyncio.run(leave())
    assert all(task.cancelled() for task in asked)
