"""Which stores are asked, and which are left alone for a while."""

import asyncio
from collections.abc import Callable, Iterator
from functools import partial
from threading import Event

import pytest

from app.images.model import ObjectMissingError, ObjectStoreAwayError, ObjectStoreError
from app.images.regions import (
    CERTAIN_SECONDS,
    LEFT_ALONE_SECONDS,
    STORE_CALLS_MAX,
    LeftAloneError,
    Regions,
)
from tests.clock import Clock
from tests.memory_objects import MemoryObjects

PARTNERS = {"eu": "us", "us": "ap", "ap": "eu"}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def objects() -> Iterator[MemoryObjects]:
    objects = MemoryObjects()
    yield objects
    for stopped in objects.stopped.values():
        stopped.set()


@pytest.fixture
def regions(objects: MemoryObjects, clock: Clock) -> Regions:
    return Regions(objects=objects, partners=PARTNERS, seconds_now=clock)


@pytest.fixture
def keys(objects: MemoryObjects) -> Callable[[str], object]:
    """Something to ask any region."""
    return partial(objects.keys, prefix="")


async def fail(regions: Regions, objects: MemoryObjects, region: str = "eu") -> None:
    """Find out that a store is away."""
    objects.away.add(region)
    with pytest.raises(ObjectStoreAwayError):
        await regions.ask(region, partial(objects.check, region))
    objects.asked.clear()


def test_the_regions_have_an_order_and_partners(regions: Regions) -> None:
    assert list(regions) == ["eu", "us", "ap"]
    assert [regions.pair(region) for region in regions] == [
        ("eu", "us"),
        ("us", "ap"),
        ("ap", "eu"),
    ]


def test_a_region_alone_has_no_partner(objects: MemoryObjects) -> None:
    assert Regions(objects=objects, partners={"eu": None}).pair("eu") == ("eu",)


async def test_an_unknown_region_is_an_error(regions: Regions, objects: MemoryObjects) -> None:
    with pytest.raises(ObjectStoreError, match="not among the settings"):
        await regions.ask("mars", partial(objects.check, "mars"))
    assert objects.asked == []


async def test_a_store_that_did_not_answer_is_left_alone_and_then_looked_at_by_one(
    regions: Regions, objects: MemoryObjects, clock: Clock
) -> None:
    await fail(regions, objects)

    async def ask() -> str:
        try:
            await regions.ask("eu", partial(objects.keys, "eu", ""))
        except LeftAloneError:
            return "left alone"
        return "answered"

    assert await asyncio.gather(*(ask() for _ in range(5))) == ["left alone"] * 5
    assert objects.asked == []
    clock.seconds += LEFT_ALONE_SECONDS
    assert await asyncio.gather(*(ask() for _ in range(5))) == ["left alone"] * 5
    assert objects.asked == ["eu"]
    objects.away.clear()
    clock.seconds += LEFT_ALONE_SECONDS
    assert (await asyncio.gather(*(ask() for _ in range(5)))).count("answered") == 1
    assert await ask() == "answered"


async def test_others_are_asked_meanwhile(regions: Regions, objects: MemoryObjects) -> None:
    await fail(regions, objects)
    assert await regions.ask("us", partial(objects.keys, "us", "")) == []


async def test_who_insists_is_let_through(regions: Regions, objects: MemoryObjects) -> None:
    await fail(regions, objects)
    objects.away.clear()
    assert await regions.ask("eu", partial(objects.keys, "eu", ""), insists=True) == []
    assert await regions.ask("eu", partial(objects.keys, "eu", "")) == []


async def test_a_store_that_lacks_something_is_there(
    regions: Regions, objects: MemoryObjects
) -> None:
    for _ in range(2):
        with pytest.raises(ObjectMissingError):
            await regions.ask("eu", partial(objects.copy, "eu", "source", "target"))


async def test_what_waits_for_a_thread_does_not_ask_a_store_that_failed_meanwhile(
    regions: Regions, objects: MemoryObjects
) -> None:
    objects.stopped["eu"] = Event()
    objects.away.add("eu")
    asked = [
        asyncio.create_task(regions.ask("eu", partial(objects.check, "eu")))
        for _ in range(3 * STORE_CALLS_MAX)
    ]
    async with asyncio.timeout(5):
        assert await regions.ask("us", partial(objects.keys, "us", "")) == []
        regions.leave_alone("eu")
        objects.stopped["eu"].set()
        failures = await asyncio.gather(*asked, return_exceptions=True)
    assert objects.asked.count("eu") == STORE_CALLS_MAX
    assert sum(isinstance(failure, LeftAloneError) for failure in failures) == 2 * STORE_CALLS_MAX


async def test_the_first_of_a_pair_that_can_does_it(
    regions: Regions, objects: MemoryObjects, keys: Callable[[str], object], clock: Clock
) -> None:
    for _ in range(2):
        await regions.ask_either("us", keys)
    assert objects.asked == ["us"] * 3  # it was looked at before
    objects.away.add("us")
    clock.seconds += CERTAIN_SECONDS
    for _ in range(2):
        await regions.ask_either("us", keys)
    assert objects.asked == ["us"] * 4 + ["ap"] * 3
    objects.away.add("ap")
    with pytest.raises(ObjectStoreAwayError, match="region us"):
        await regions.ask_either("us", keys)


async def test_all_regions_are_asked_and_one_that_is_away_is_told_of_in_the_end(
    regions: Regions, objects: MemoryObjects
) -> None:
    done: list[str] = []
    await regions.ask_all(done.append)
    assert sorted(done) == ["ap", "eu", "us"]
    await fail(regions, objects)
    with pytest.raises(LeftAloneError, match="region eu"):
        await regions.ask_all(done.append)
    assert sorted(done) == ["ap", "ap", "eu", "us", "us"]


async def test_nobody_is_put_off_by_a_store_that_is_back(
    regions: Regions, objects: MemoryObjects, clock: Clock
) -> None:
    await fail(regions, objects)
    objects.away.clear()
    clock.seconds += LEFT_ALONE_SECONDS
    done: list[str] = []
    await asyncio.gather(*(regions.ask_all(done.append) for _ in range(20)))
    assert done.count("eu") == 20
    assert objects.asked.count("eu") == 1


async def test_a_store_that_is_away_is_not_asked_by_everybody(
    regions: Regions, objects: MemoryObjects
) -> None:
    await fail(regions, objects)
    assert not any([await regions.is_there("eu") for _ in range(5)])
    assert objects.asked == []


async def test_a_check_that_somebody_no_longer_waits_for_is_still_made(
    regions: Regions, objects: MemoryObjects
) -> None:
    objects.stopped["eu"] = Event()
    waiting = [asyncio.create_task(regions.is_there("eu")) for _ in range(2)]
    async with asyncio.timeout(5):
        while not objects.asked:
            await asyncio.sleep(0.001)
        waiting[0].cancel()
        objects.stopped["eu"].set()
        assert await waiting[1]
    assert objects.asked == ["eu"]


async def test_home_stands_while_it_answers(
    regions: Regions, objects: MemoryObjects, clock: Clock
) -> None:
    assert await regions.standing("eu") == "eu"
    objects.away.add("eu")
    assert await regions.standing("eu") == "eu"  # as it did just now
    assert objects.asked == ["eu"]
    clock.seconds += CERTAIN_SECONDS
    assert await regions.standing("eu") == "us"
    assert await regions.standing("eu") == "us"
    assert objects.asked == ["eu", "eu", "us"]
    objects.away.clear()
    clock.seconds += LEFT_ALONE_SECONDS
    assert await regions.standing("eu") == "eu"


async def test_home_it_is_when_nothing_answers(regions: Regions, objects: MemoryObjects) -> None:
    objects.away |= {"eu", "us"}
    assert await regions.standing("eu") == "eu"
