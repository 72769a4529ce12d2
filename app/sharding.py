"""Which shard of MongoDB a document lies on, and filters that go to that shard alone."""

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any

from app.ids import shard_of

ShardKey = Mapping[str, int | str]

BY_LOGICAL_SHARD: ShardKey = MappingProxyType({"shard": 1})
BY_ID: ShardKey = MappingProxyType({"_id": "hashed"})

SHARD_KEYS: Mapping[str, ShardKey] = MappingProxyType(
    {
        "accounts": BY_LOGICAL_SHARD,
        "posts": BY_LOGICAL_SHARD,
        "follows": BY_LOGICAL_SHARD,
        "uploads": BY_LOGICAL_SHARD,
        "usernames": BY_ID,
        "sessions": BY_ID,
    }
)
"""The sharded collections.

The field `shard` is the logical shard of a document's id: an account's own, the author's of a post,
the follower's of an edge, the owner's of an upload. What is unique by it is unique in the whole
cluster, and ranges of it can be tied to a region.
"""

UNSHARDED: Mapping[str, str] = MappingProxyType(
    {
        "pulls": "as many as there are accounts with very many followers, and read as a whole",
        "departures": "as many as there are deleted accounts that are being erased",
        "changes": "a log in one order",
        "counters": "a handful of documents",
        "scrubs": "a handful of documents",
    }
)
"""The collections that stay on one shard, and why."""


def by_id(identifier: int) -> dict[str, Any]:
    """Filter for the document of an id."""
    return {"shard": shard_of(identifier), "_id": identifier}


def by_ids(identifiers: Collection[int]) -> dict[str, Any]:
    """Filter for the documents of some ids."""
    return {"shard": on_shards_of(identifiers), "_id": {"$in": list(identifiers)}}


def on_shards_of(identifiers: Collection[int]) -> dict[str, list[int]]:
    """Condition for the field `shard` of whatever belongs to some ids."""
    return {"$in": sorted({shard_of(identifier) for identifier in identifiers})}
