"""Fans out with stream-framework-plus; its environment's Python runs this, ours only checks it.

It is asked by lines of JSON and answers by lines of JSON. The first line is the work, and is
answered when every feed is filled: `{"port", "author_id", "follower_ids", "feed_length", "posts"}`.
An empty list asks to fan out as many posts as the work says, and is answered with deliveries a
second; a list of followers asks for the posts that each one's feed begins with.
"""

import itertools
import json
import logging
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

from stream_framework import settings
from stream_framework.activity import Activity
from stream_framework.feed_managers.base import FanoutPriority, Manager
from stream_framework.feeds.redis import RedisFeed
from stream_framework.storage.redis.activity_storage import RedisActivityStorage
from stream_framework.storage.redis.connection import get_redis_connection
from stream_framework.utils import chunks
from stream_framework.verbs.base import Add

HOST = "127.0.0.1"
PREFIX = "peer:"
COPIES_AT_ONCE = 500


class Activities(RedisActivityStorage):
    """What was published, once for all feeds."""

    def get_key(self) -> str:
        """Begin the keys with our prefix, as those of feeds."""
        return PREFIX + "activities"


class Feed(RedisFeed):
    """What somebody gets to see; its length is the work's."""

    activity_storage_class = Activities
    key_format = PREFIX + "feed_%(user_id)s"


class AuthorFeed(RedisFeed):
    """What somebody has published."""

    activity_storage_class = Activities
    key_format = PREFIX + "author_%(user_id)s"


class Photos(Manager):
    """The library's manager, with its own size of a chunk."""

    feed_classes: ClassVar = {"normal": Feed}
    user_feed_class = AuthorFeed

    def __init__(self, follower_ids: Sequence[int]) -> None:
        self._follower_ids = follower_ids

    def get_user_follower_ids(self, user_id: int) -> dict[str, Sequence[int]]:
        """Tell the library who follows."""
        return {FanoutPriority.HIGH: self._follower_ids}

    def create_fanout_tasks(
        self, follower_ids: Sequence[int], feed_class: type[Feed], *operation: Any, **options: Any
    ) -> None:
        """Do at once what the library would give to Celery, in the same chunks."""
        for chunk in chunks(follower_ids, self.fanout_chunk_size):
            self.fanout(chunk, feed_class, *operation, options["operation_kwargs"])


def main() -> None:
    """Answer until there is no more to answer."""
    logging.disable(logging.INFO)
    lines = map(json.loads, sys.stdin)
    work = next(lines)
    settings.STREAM_REDIS_CONFIG["default"].update(host=HOST, port=work["port"])
    Feed.max_length = work["feed_length"]
    manager, activities = Photos(work["follower_ids"]), _activities(work["author_id"])
    _fill(work["follower_ids"], [next(activities) for _ in range(work["feed_length"])])
    _answer("filled")
    for sample in lines:
        if sample:
            _answer({follower: _held(follower) for follower in sample})
        else:
            new = [next(activities) for _ in range(work["posts"])]
            _answer(_deliveries_per_second(manager, new, len(work["follower_ids"])))


def _activities(author_id: int) -> Iterator[Activity]:
    """Activities of one author, each of another post: 1, 2, …"""
    for number in itertools.count(1):
        now = datetime.now(UTC).replace(tzinfo=None)
        yield Activity(actor=author_id, verb=Add, object=number, time=now)


def _fill(follower_ids: Sequence[int], activities: list[Activity]) -> None:
    """Give every follower a feed of these, which is as long as it is kept."""
    first = Feed(follower_ids[0])
    Feed.insert_activities(activities)
    first.add_many(activities, trim=False)
    redis = get_redis_connection()
    for some in chunks(follower_ids[1:], COPIES_AT_ONCE):
        pipeline = redis.pipeline(transaction=False)
        for follower_id in some:
            pipeline.copy(first.key, Feed(follower_id).key)
        pipeline.execute()


def _deliveries_per_second(
    manager: Photos, activities: Sequence[Activity], followers: int
) -> float:
    begin = time.perf_counter()
    for activity in activities:
        manager.add_user_activity(activity.actor_id, activity)
    return len(activities) * followers / (time.perf_counter() - begin)


def _held(follower_id: int) -> list[int]:
    feed = Feed(follower_id)
    return [activity.object_id for activity in feed[: feed.max_length]]


def _answer(value: Any) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
