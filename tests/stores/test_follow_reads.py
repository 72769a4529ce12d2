"""Edges in MongoDB: what it costs to read them."""

from typing import Any

import pytest

from app.follows.store import FollowStore
from app.ids import ID_MAX, IdSource, random_shard, shard_of
from app.sharding import by_id
from tests.mongodb import Asked, stages
from tests.stores.conftest import Database


async def test_reads_are_answered_by_indexes_alone(
    watched: Database, asked: Asked, ids: IdSource
) -> None:
    people = sorted(ids.next(random_shard()) for _ in range(40))
    edges = [
        {**by_id(ids.next(shard_of(one))), "follower_id": one, "followee_id": other}
        for one in people
        for other in people
        if one != other
    ]
    await watched["follows"].insert_many(edges)
    reader = FollowStore(watched)
    await reader.prepare()
    one, *others = people
    with asked.recording() as commands:
        chunk = await reader.followers_after(one, after=edges[600]["_id"], limit=10)
        assert await reader.followed_among(one, [others[0], one, others[7], 99]) == {
            others[0],
            others[7],
        }
        assert await reader.followees(one) == set(others)
        assert await reader.followees_of([one, 99]) == {one: set(others), 99: set()}
        assert len(await reader.followers_before(one, before=ID_MAX, limit=5)) == 5
        assert len(await reader.following_before(one, before=ID_MAX, limit=5)) == 5
    behind = sorted(
        (edge["_id"], edge["follower_id"])
        for edge in edges
        if edge["followee_id"] == one and edge["_id"] > edges[600]["_id"]
    )
    assert list(chunk.follower_ids) == [follower_id for _, follower_id in behind[:10]]
    assert len(commands) == 6
    for command in commands:
        plan: dict[str, Any] = await watched.command(
            {"explain": command, "verbosity": "executionStats"}
        )
        assert plan["executionStats"]["totalDocsExamined"] == 0, command
        assert plan["executionStats"]["totalKeysExamined"] <= 45, command
        assert not stages(plan["queryPlanner"]["winningPlan"]) & {"SORT", "FETCH", "COLLSCAN"}


@pytest.mark.parametrize("count", [1, 11, 250])
@pytest.mark.parametrize("least", [1, 1 << 40])
async def test_a_chunk_is_unpacked_whatever_its_ids_are(
    follow_store: FollowStore, database: Database, count: int, least: int
) -> None:
    """Small integers are shorter in BSON."""
    followee, follower_ids = 1 << 50, list(range(least, least + count))
    await database["follows"].insert_many(
        [
            {"_id": edge_id, "shard": 0, "follower_id": follower_id, "followee_id": followee}
            for edge_id, follower_id in enumerate(follower_ids, start=1 << 41)
        ]
    )
    chunk = await follow_store.followers_after(followee, after=0, limit=count)
    assert list(chunk.follower_ids) == follower_ids
    assert chunk.reached == (1 << 41) + count - 1
