"""What is made once is made for all, and anew after it has failed or was forgotten."""

import asyncio

import pytest

from app.once import Once


class Makes:
    """Makes numbers, one after the other, when it is let."""

    def __init__(self) -> None:
        self.begun = 0
        self.go_on = asyncio.Event()
        self.fails = False

    async def __call__(self) -> int:
        self.begun += 1
        number = self.begun
        await self.go_on.wait()
        if self.fails:
            raise LookupError
        return number


async def asking(once: Once[str, int], make: Makes, key: str = "a") -> "asyncio.Task[int]":
    """Somebody who asks, and waits by now."""
    task = asyncio.create_task(once.ask(key, make))
    await asyncio.sleep(0)
    return task


async def test_all_who_ask_get_the_same() -> None:
    once, make = Once[str, int](max_keys=2), Makes()
    tasks = [await asking(once, make) for _ in range(3)]
    make.go_on.set()
    assert await asyncio.gather(*tasks) == [1, 1, 1]
    assert await once.ask("a", make) == 1
    assert await once.ask("b", make) == 2


async def test_who_goes_away_takes_nothing_from_the_others() -> None:
    once, make = Once[str, int](max_keys=2), Makes()
    first, second, third = [await asking(once, make) for _ in range(3)]
    second.cancel()
    await asyncio.sleep(0)
    make.go_on.set()
    assert [await first, await third] == [1, 1]
    assert second.cancelled()


async def test_if_its_maker_goes_away_another_makes_it() -> None:
    once, make = Once[str, int](max_keys=2), Makes()
    first, second, third = [await asking(once, make) for _ in range(3)]
    first.cancel()
    make.go_on.set()
    assert [await second, await third] == [2, 2]
    assert first.cancelled()


async def test_what_takes_no_waiting_is_there_at_once() -> None:
    once, make = Once[str, int](max_keys=2), Makes()
    make.go_on.set()
    asked = once.ask("a", make)
    with pytest.raises(StopIteration) as told:
        asked.send(None)
    assert told.value.value == 1


async def test_what_is_forgotten_is_made_anew_for_those_who_ask_later() -> None:
    once, make = Once[str, int](max_keys=2), Makes()
    early = await asking(once, make)
    once.forget()
    late = await asking(once, make)
    make.go_on.set()
    assert [await early, await late] == [1, 2]
    assert await once.ask("a", make) == 2


async def test_what_fails_is_told_to_all_and_made_anew() -> None:
    once, make = Once[str, int](max_keys=2), Makes()
    make.fails = True
    tasks = [await asking(once, make) for _ in range(2)]
    make.go_on.set()
    for task in tasks:
        with pytest.raises(LookupError):
            await task
    make.fails = False
    assert await once.ask("a", make) == 2


async def test_it_holds_so_many_and_no_more() -> None:
    once, make = Once[str, int](max_keys=2), Makes()
    make.go_on.set()
    for key in ("a", "b", "c", "a"):
        await once.ask(key, make)
    assert make.begun == 4
    await once.ask("c", make)
    assert make.begun == 4
