"""Which documents share a shard, and the commands that spread them."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ids import ID_MAX, SHARDS, shard_of
from app.sharding import BY_LOGICAL_SHARD, SHARD_KEYS, UNSHARDED, by_id, by_ids
from docker.mongodb.sharding import Command, main, sharding_commands

RANGED = {name for name, key in SHARD_KEYS.items() if key == BY_LOGICAL_SHARD}
REGIONS = {"eu": ["a", "b"], "us": ["c"]}


def _of_kind(commands: list[tuple[str, Command]], kind: str) -> list[Command]:
    return [command for _, command in commands if kind in command]


@given(identifiers=st.sets(st.integers(min_value=0, max_value=ID_MAX), max_size=9))
def test_a_filter_names_the_shard_of_every_id(identifiers: set[int]) -> None:
    for identifier in identifiers:
        assert by_id(identifier) == {"shard": shard_of(identifier), "_id": identifier}
    found = by_ids(identifiers)
    assert set(found["_id"]["$in"]) == identifiers
    assert found["shard"]["$in"] == sorted({shard_of(identifier) for identifier in identifiers})


def test_every_collection_is_sharded_by_its_key_and_no_other_is() -> None:
    commands = sharding_commands("photos", ["a", "b"], {})
    assert commands[0] == ("admin", {"enableSharding": "photos"})
    sharded = {c["shardCollection"]: c["key"] for c in _of_kind(commands, "shardCollection")}
    assert sharded == {f"photos.{name}": dict(key) for name, key in SHARD_KEYS.items()}
    assert not set(SHARD_KEYS) & set(UNSHARDED)
    hashed = {c["createIndexes"]: c["indexes"][0]["key"] for c in _of_kind(commands, "indexes")}
    assert hashed == {name: dict(SHARD_KEYS[name]) for name in set(SHARD_KEYS) - RANGED}


@given(count=st.integers(min_value=1, max_value=100))
def test_the_logical_shards_are_dealt_out_evenly(count: int) -> None:
    shards = [f"shard-{number}" for number in range(count)]
    moves = _of_kind(sharding_commands("photos", shards, {}), "moveRange")
    for name in RANGED:
        own = [move for move in moves if move["moveRange"] == f"photos.{name}"]
        assert [move["toShard"] for move in own] == shards
        edges = [0, *(move["max"]["shard"] for move in own)]
        assert [move["min"]["shard"] for move in own] == edges[:-1]
        assert edges[-1] == SHARDS
        sizes = {end - begin for begin, end in pairwise(edges)}
        assert max(sizes) - min(sizes) <= 1


def test_a_zone_has_the_ranges_of_its_shards() -> None:
    commands = sharding_commands("photos", ["a", "b", "c"], REGIONS)
    members = [(c["zone"], c["addShardToZone"]) for c in _of_kind(commands, "addShardToZone")]
    assert members == [("eu", "a"), ("eu", "b"), ("us", "c")]
    zone_of = {shard: zone for zone, shard in members}
    moves, ranges = _of_kind(commands, "moveRange"), _of_kind(commands, "updateZoneKeyRange")
    assert [{**each, "moveRange": each["updateZoneKeyRange"]} for each in ranges] == [
        {
            "updateZoneKeyRange": move["moveRange"],
            "moveRange": move["moveRange"],
            "min": move["min"],
            "max": move["max"],
            "zone": zone_of[move["toShard"]],
        }
        for move in moves
    ]
    kinds = [next(iter(command)) for _, command in commands]
    assert kinds.index("updateZoneKeyRange") < kinds.index("shardCollection")
    assert _of_kind(sharding_commands("photos", ["a"], {}), "zone") == []


def test_a_dry_run_asks_nothing_of_anybody(capsys: pytest.CaptureFixture[str]) -> None:
    main(["mongodb://127.0.0.1:1/", "photos", "--zone", "eu=a,b", "--zone", "us=c", "--dry-run"])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(sharding_commands("photos", ["a", "b", "c"], REGIONS))
    assert lines[0] == 'admin: {"enableSharding": "photos"}'
    with pytest.raises(SystemExit):
        main(["mongodb://127.0.0.1:1/", "photos", "--zone", "eu", "--dry-run"])
