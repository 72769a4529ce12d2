"""Shards the database of Photofeed, by way of a cluster's mongos.

`python -m docker.mongodb.sharding mongodb://administrator:…@mongos/ photofeed --dry-run` prints the
commands; without `--dry-run` they are given, too. They want MongoDB 6.0 or later, are meant for a
database without data, and change nothing when given again, unless the balancer has cut a range in
two since. What `app.sharding` says stays on one shard is left alone.

The 8,192 logical shards are dealt out evenly, in ranges, in the order of the shards. With
`--zone eu=shard-1,shard-2 --zone us=shard-3` the shards are those named, and a zone keeps the
ranges of its shards, wherever the balancer moves the others.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from app.ids import SHARDS
from app.sharding import BY_LOGICAL_SHARD, SHARD_KEYS

TIMEOUT_MS = 10_000

Command = dict[str, Any]
Zones = Mapping[str, Sequence[str]]


def sharding_commands(
    database: str, shards: Sequence[str], zones: Zones
) -> list[tuple[str, Command]]:
    """What to ask of mongos, in order, each with the database it is asked of.

    `shards` are all there are. With `zones`, each shard stands in one.
    """
    ranged = [f"{database}.{name}" for name, key in SHARD_KEYS.items() if key == BY_LOGICAL_SHARD]
    ranges = _ranges(shards)
    return [
        ("admin", {"enableSharding": database}),
        *(
            ("admin", {"addShardToZone": shard, "zone": zone})
            for zone, members in zones.items()
            for shard in members
        ),
        *(
            ("admin", {"updateZoneKeyRange": namespace, **_bounds(ranges[shard]), "zone": zone})
            for namespace in ranged
            for zone, members in zones.items()
            for shard in members
        ),
        # For the others their stores make the index that a shard key needs.
        *(
            (
                database,
                {"createIndexes": name, "indexes": [{"key": dict(key), "name": "_id_hashed"}]},
            )
            for name, key in SHARD_KEYS.items()
            if key != BY_LOGICAL_SHARD
        ),
        *(
            ("admin", {"shardCollection": f"{database}.{name}", "key": dict(key)})
            for name, key in SHARD_KEYS.items()
        ),
        # moveRange splits where it has to, and does nothing where the range is already.
        *(
            ("admin", {"moveRange": namespace, **_bounds(ranges[shard]), "toShard": shard})
            for namespace in ranged
            for shard in shards
        ),
    ]


def _ranges(shards: Sequence[str]) -> dict[str, tuple[int, int]]:
    """First logical shard of each shard, and the first that is not its own any more."""
    edges = [number * SHARDS // len(shards) for number in range(len(shards) + 1)]
    return dict(zip(shards, pairwise(edges), strict=True))


def _bounds(logical_shards: tuple[int, int]) -> Command:
    begin, end = logical_shards
    return {"min": {"shard": begin}, "max": {"shard": end}}


def main(arguments: Sequence[str]) -> None:
    """Shard the database, or say how."""
    asked = _parser().parse_args(arguments)
    zones = dict(asked.zone)
    shards = [shard for members in zones.values() for shard in members] or asked.shards
    with MongoClient[Command](asked.url, serverSelectionTimeoutMS=TIMEOUT_MS) as client:
        if not shards:
            listed = client.admin.command("listShards")["shards"]
            shards = sorted(shard["_id"] for shard in listed)
        for name, command in sharding_commands(asked.database, shards, zones):
            print(f"{name}: {json.dumps(command)}")  # noqa: T201 - what it is for
            if not asked.dry_run:
                client[name].command(command)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("url", help="of mongos, as its administrator")
    parser.add_argument("database")
    parser.add_argument(
        "--shards", type=_names, default=[], help="names with commas between; else those there are"
    )
    parser.add_argument(
        "--zone", type=_zone, action="append", default=[], help="a region and its shards: eu=s1,s2"
    )
    parser.add_argument("--dry-run", action="store_true", help="print the commands only")
    return parser


def _names(text: str) -> list[str]:
    return text.split(",")


def _zone(text: str) -> tuple[str, list[str]]:
    zone, separator, shards = text.partition("=")
    if not (zone and separator and shards):
        raise argparse.ArgumentTypeError("a zone is written like eu=shard-1,shard-2")
    return zone, _names(shards)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except PyMongoError as error:
        sys.exit(f"{type(error).__name__}: {error}")
