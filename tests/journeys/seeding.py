"""Posts in bulk that look like real ones: they show the pictures of some that were published."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from app.ids import SEQUENCE_BITS, SHARD_BITS, created_at
from app.posts.documents import to_post
from app.sharding import by_id
from schema.nodes import Kind, global_id
from tests.bench import seeds
from tests.client import Person
from tests.faults.truth import number_of
from tests.stack import TestStack

SECOND = 1000 << (SHARD_BITS + SEQUENCE_BITS)
"""Between ids."""


async def seed_posts(
    stack: TestStack, author: Person, count: int, like: Sequence[Any]
) -> list[str]:
    """Add READY posts by an author, with the pictures of these; returns their ids, oldest first.

    They are a second apart, up to now. Nobody is told of them, so they are in feeds that are read
    for the first time afterwards.
    """
    async with seeds.open_database(stack.settings) as database:
        found = [await database["posts"].find_one(by_id(number_of(post["id"]))) for post in like]
        images = [to_post(document).image for document in found if document]
        newest = seeds.new_post(number_of(author.id), stack.settings.region)
        made = [
            replace(
                newest,
                id=newest.id - (count - number) * SECOND,
                created_at=created_at(newest.id - (count - number) * SECOND),
                image=images[number % len(images)],
                description=f"Number {number + 1}",
            )
            for number in range(count)
        ]
        await seeds.insert_posts(database, made)
    return [global_id(Kind.POST, post.id) for post in made]
