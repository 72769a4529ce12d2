"""Accounts that are deleted are gone at once, and erased whatever happens meanwhile."""

import asyncio
import random
from collections.abc import Awaitable
from datetime import timedelta

import pytest

from app.accounts.model import Viewer
from app.departures.service import Erasure
from app.errors import Refusal, RefusalCode, UnauthenticatedError
from app.follows import erasing as edge_erasing
from app.live import service as live_service
from app.posts import erasing as post_erasing
from app.wiring import House
from tests.stores.mending import assert_at_rest, assert_gone, publish
from tests.stores.world import PASSWORD, World


class KilledError(Exception):
    """What an erasure of a test dies of."""


class Mortal:
    """Dies before or after a batch, now and then."""

    def __init__(self, erasure: Erasure, dice: random.Random) -> None:
        self._erasure = erasure
        self._dice = dice

    async def erase_some_of(self, account_id: int) -> bool:
        self._perhaps_die()
        erased = await self._erasure.erase_some_of(account_id)
        self._perhaps_die()
        return erased

    def _perhaps_die(self) -> None:
        if self._dice.random() < 0.3:
            raise KilledError


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(post_erasing, "BATCH_POSTS", 1)
    monkeypatch.setattr(edge_erasing, "BATCH_EDGES", 1)


@pytest.fixture
def houses(world: World) -> list[House]:
    return world._houses


async def refusal_of(asked: Awaitable[object]) -> RefusalCode:
    with pytest.raises(Refusal) as refused:
        await asked
    return refused.value.code


async def test_a_wrong_password_deletes_nothing(world: World) -> None:
    leaving = world.oracle.people[1]
    wrong = world.house.departures.depart(Viewer(account_id=leaving, session_id=""), "wrong")
    assert await refusal_of(wrong) is RefusalCode.INVALID_CREDENTIALS
    await assert_at_rest(world)


async def test_an_account_is_nowhere_though_nearly_all_of_it_is_there(world: World) -> None:
    _, leaving, follower, *others = world.oracle.people
    username = (await world.account(leaving)).username
    post_ids = [await publish(world, leaving) for _ in range(3)]
    await world.delete_account(leaving, 0)
    assert await world.database["posts"].count_documents({"author_id": leaving, "image": None}) == 1
    assert await world.database["follows"].count_documents({"followee_id": leaving}) == 3

    for house in world._houses:
        assert await world.walk(follower, 1) == world.oracle.feed(follower)
        await house.feeds.page(follower, first=1, before=None)  # which is a look at the log
        assert await house.posts.find_visible(post_ids, None) == {}
        assert await house.accounts.find(leaving) is None
        assert await house.accounts.find_many([leaving]) == {}
        assert await house.accounts.find_by_username(username) is None
    house = world.house
    log_in = house.accounts.log_in(username, PASSWORD)
    assert await refusal_of(log_in) is RefusalCode.INVALID_CREDENTIALS
    sign_up = house.accounts.sign_up(username.upper(), PASSWORD, None)
    assert await refusal_of(sign_up) is RefusalCode.USERNAME_TAKEN
    for change in (house.follows.follow, house.follows.unfollow):
        assert await refusal_of(change(others[5], leaving)) is RefusalCode.NOT_FOUND
    with pytest.raises(UnauthenticatedError):
        await house.follows.follow(leaving, others[5])
    with pytest.raises(UnauthenticatedError):
        await house.departures.depart(Viewer(account_id=leaving, session_id=""), PASSWORD)

    await assert_at_rest(world)
    await house.accounts.sign_up(username.upper(), PASSWORD, None)


@pytest.mark.parametrize("seed", range(2))
async def test_it_is_erased_by_runs_that_die_anywhere_two_at_once(
    world: World, houses: list[House], seed: int
) -> None:
    dice = random.Random(seed)  # noqa: S311 - reproducible
    leaving, *others = world.oracle.people
    for followee in others[:4]:
        await world.follow(leaving, followee)
    for _ in range(3):
        await publish(world, leaving)
    await world.upload(leaving)
    await world.delete_account(leaving, 0)
    for house in houses:
        mortal = [Mortal(each, dice) for each in house.departures._erasures]
        house.departures._erasures = tuple[Erasure, ...](mortal)
    ended: list[bool | BaseException] = []
    while True not in ended:
        runs = (house.departures.erase(leaving, max_seconds=5) for house in houses)
        ended += await asyncio.gather(*runs, return_exceptions=True)
    assert any(isinstance(each, KilledError) for each in ended)
    assert {type(each) for each in ended} <= {KilledError, bool}
    world.pile.jobs = [job for job in world.pile.jobs if job.actor_name != "erase_account"]
    await assert_at_rest(world)


async def test_what_comes_late_is_found_in_the_end(world: World, houses: list[House]) -> None:
    leaving, departures = world.oracle.people[1], houses[0].departures
    await world.delete_account(leaving, 5)
    await world.upload(leaving)
    assert await departures.send_overdue() == 0
    late = {"author_id": leaving, "state": {"$ne": "DELETED"}}
    assert await world.database["posts"].count_documents(late) == 1
    departures._late = timedelta(0)
    await world.database["departures"].update_one({"_id": leaving}, {"$set": {"due_at": 0}})
    await departures.answer(leaving)
    assert await world.database["posts"].count_documents(late) == 0
    assert await world.database["departures"].find_one() is None
    await departures.answer(leaving)
    world.processing.clear()
    assert await world.database["accounts"].count_documents({"deleted_at": None}) == 12


async def test_a_post_that_is_rendered_after_its_author_is_gone_is_deleted(world: World) -> None:
    leaving = world.oracle.people[1]
    await world.delete_account(leaving, 5)
    await publish(world, leaving)
    await assert_at_rest(world)


async def test_nobody_signs_in_while_the_account_is_closed(
    world: World, houses: list[House]
) -> None:
    leaving, sessions = world.oracle.people[1], world.database["sessions"]
    account = await world.account(leaving)
    await world.delete_account(leaving, 0)
    begin = houses[0].accounts._begin_session(account)
    assert await refusal_of(begin) is RefusalCode.INVALID_CREDENTIALS
    assert await sessions.count_documents({"account_id": leaving}) == 0
    await houses[0].accounts._sessions.insert(
        session_id="begun before, and not seen",
        account_id=leaving,
        token_hash="x",
        expires_at=account.created_at + timedelta(days=36_500),
    )
    assert await sessions.count_documents({"account_id": leaving}) == 1
    await world.rest()
    assert await sessions.count_documents({"account_id": leaving}) == 0
    await assert_gone(world)


@pytest.mark.parametrize("remembered", [0, 1_000])
async def test_devices_hear_once_of_the_end_of_an_account_wherever_they_come_back(
    world: World, houses: list[House], monkeypatch: pytest.MonkeyPatch, remembered: int
) -> None:
    monkeypatch.setattr(live_service, "REPLAYED_FROM_MEMORY_MAX", remembered)
    first, leaving, follower, *_ = world.oracle.people
    for _ in range(2):
        await world.connect(follower)
    early, late = world.devices
    await publish(world, leaving)
    await world.check_device(early)
    await world._disconnect(late)
    await world.delete_account(leaving, 0)
    await world.check_device(early)
    await world.reconnect(early)
    for _ in range(3):
        await houses[1].departures.erase(leaving, max_seconds=0)
        await world.reconnect(early)
        await publish(world, first)
        await world.check_device(early)
    await assert_at_rest_but_for(world, late)
    for device in (early, late):
        await world.reconnect(device)
    await publish(world, first)
    await assert_at_rest(world)


async def assert_at_rest_but_for(world: World, away: object) -> None:
    """One device has not come back yet."""
    devices = list(world.devices)
    world.devices[:] = [each for each in devices if each is not away]
    await assert_at_rest(world)
    world.devices[:] = devices
