"""What MongoDB is asked about posts, where that takes more than naming one."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any

from app.jobs import FanOut, Job
from app.posts.model import PostState
from app.sharding import by_ids, on_shards_of

# The newest posts of some authors are found by one scan of the index an author and state, merged
# as they go. MongoDB merges so many at most (internalQueryMaxScansToExplode); asked for more, it
# walks all posts there are, or sorts all that match.
INDEX_SCANS_MAX = 200
SHARES_ASKED = 2

# It ends with the shard, for a shard that is asked has to see in it that a post is its own. It is
# named when posts are read: where a logical shard has few of them, MongoDB would sort them instead.
BY_AUTHOR = [
    ("author_id", 1),
    ("state", 1),
    ("_id", -1),
    ("shard", 1),
]

# Of READY posts only.
BY_ORIGINAL = [("shard", 1), ("author_id", 1), ("original_sha256", 1)]

Document = dict[str, Any]
Ask = Callable[[Document, int], Awaitable[list[Document]]]
"""Finds documents of a filter, the newest first, as many as that at most."""


def written_by(
    author_ids: Collection[int],
    states: Collection[PostState],
    *,
    before: int,
    as_of: int | None = None,
) -> Iterator[Document]:
    """Filters for the posts of some authors in some states, older than `before`.

    With `as_of`, only those that were published up to that moment. Each filter is for as many
    authors as can be merged.
    """
    # Not `$lte`, which a post without a moment would not satisfy.
    published = {} if as_of is None else {"moment": {"$not": {"$gt": as_of}}}
    authors, batch = list(author_ids), INDEX_SCANS_MAX // len(states)
    for start in range(0, len(authors), batch):
        some = authors[start : start + batch]
        yield {
            "shard": on_shards_of(some),
            "author_id": {"$in": some},
            "state": {"$in": [state.value for state in states]},
            "_id": {"$lt": before},
            **published,
        }


def owing_fan_out(post_ids: Collection[int] | None) -> Document:
    """Filter for READY posts that still owe their fan-out, among these or (None) all there are.

    Those of all lie on any shard; the index of what is owed is sparse, and its entries are few.
    """
    where = {"owed_due_at": {"$exists": True}} if post_ids is None else by_ids(post_ids)
    return {**where, "owed": FanOut.name, "state": PostState.READY.value}


def count_ready(author_ids: Collection[int]) -> list[Document]:
    """Pipeline that counts the READY posts of each of some authors."""
    query = {
        "shard": on_shards_of(author_ids),
        "author_id": {"$in": list(author_ids)},
        "state": PostState.READY.value,
    }
    return [{"$match": query}, {"$group": {"_id": "$author_id", "posts": {"$sum": 1}}}]


def strike_off(job: type[Job]) -> list[Document]:
    """Update that takes a job off what is owed; what owes nothing is never due."""
    left = {"$setDifference": ["$owed", [job.name]]}
    due = {"$cond": [{"$eq": ["$owed", []]}, "$$REMOVE", "$owed_due_at"]}
    return [{"$set": {"owed": left}}, {"$set": {"owed_due_at": due}}]


async def newest_of_all(ask: Ask, filters: Sequence[Document], limit: int) -> list[Document]:
    """The newest documents that match any of some filters.

    Where there are many filters, each is asked for its share at first, which is enough for nearly
    all of them. Those that may have more above what all found together are asked for that.
    """
    share = SHARES_ASKED * math.ceil(limit / max(len(filters), 1))
    if share * 2 > limit:  # a second question would save little
        return _newest(await asyncio.gather(*(ask(each, limit) for each in filters)), limit)
    found = await asyncio.gather(*(ask(each, share) for each in filters))
    newest = _newest(found, limit)
    floor = newest[-1]["_id"] if len(newest) == limit else 0
    rest = [
        ask({**each, "_id": {"$gt": floor, "$lt": has[-1]["_id"]}}, limit)
        for each, has in zip(filters, found, strict=True)
        if len(has) == share and has[-1]["_id"] > floor
    ]
    return _newest([newest, *await asyncio.gather(*rest)], limit)


def _newest(found: Iterable[list[Document]], limit: int) -> list[Document]:
    return sorted(chain(*found), key=itemgetter("_id"), reverse=True)[:limit]
