"""Feeds on real stores are exact, however fan-out, follows, deletions and losses fall together."""

import random

import pytest

from app.clients import Clients
from app.ids import IdSource
from tests.stores.conftest import Database
from tests.stores.world import World, live

STEPS = 150


@pytest.mark.parametrize("at_once", [1, 4])
@pytest.mark.parametrize("seed", range(5))
async def test_a_feed_at_rest_is_exact(
    clients: Clients, database: Database, ids: IdSource, seed: int, at_once: int
) -> None:
    world = World(clients, database, ids, random.Random(seed))  # noqa: S311 - reproducible
    await world.begin()
    for _ in range(2):
        await live(world, STEPS // 2, at_once=at_once)
        await world.come_to_rest()
        for viewer in world.people:
            truth = await world.truth(database, viewer)
            for first in (1, 3, 7, 100):
                assert await world.walk(viewer, first) == truth
