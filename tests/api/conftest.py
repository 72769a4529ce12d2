"""The API through the load balancer, and posts that need no photograph."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest
from motor.motor_asyncio import AsyncIOMotorClient

from app.ids import IdSource, created_at, shard_of
from app.images.model import Image, ImageFormat, Variant
from app.posts.documents import to_document
from app.posts.model import Post, PostState
from schema.nodes import Kind, global_id, read_id_of
from tests.api.hostile import Doors, clients, unharmed
from tests.api.tus import FILE, Tus, sign_in
from tests.client import Api, Person, open_api
from tests.photographs import jpeg
from tests.stack import TestStack

PublishSketches = Callable[[Person, int], Awaitable[list[str]]]
SKETCH = Image(
    region="eu",
    thumbhash="1QcSHQRnh493V4dIh4eXh1h4kJUI",
    variants=tuple(
        Variant(
            key=f"renditions/0000000000000005/0123456789abcdef/{width_px}.{kind.extension}",
            width_px=width_px,
            height_px=200,
            format=kind,
            byte_size=4_321,
            sha256="0123456789abcdef" * 4,
        )
        for width_px, kind in ((320, ImageFormat.WEBP), (320, ImageFormat.JPEG))
    ),
)


@pytest.fixture
async def api(stack: TestStack) -> AsyncIterator[Api]:
    """The API as clients reach it."""
    async with open_api(stack.graphql_url) as api:
        yield api


@pytest.fixture(scope="module")
def doors(stack: TestStack) -> Iterator[Doors]:
    """A client that sends anything, for each door of the API."""
    with clients(stack) as opened:
        yield opened


@pytest.fixture(name="unharmed")
def _unharmed(stack: TestStack) -> Iterator[None]:
    """A test that leaves the API as it was."""
    with unharmed(stack):
        yield


@pytest.fixture(scope="module")
def tus(doors: Doors, stack: TestStack) -> Iterator[Tus]:
    """Somebody's uploads; whatever is asked of them, the API is none the worse for it."""
    http = doors["the load balancer"]
    stack.wait_until_ready()  # else a process is looked at that has just been started
    with unharmed(stack):
        yield Tus(http, sign_in(http))


@pytest.fixture
def upload(tus: Tus) -> Iterator[str]:
    """An upload, which is ended after the test unless the test has."""
    path = tus.create(len(FILE))
    yield path
    tus.ask("DELETE", path)


@pytest.fixture
async def sketch(stack: TestStack) -> AsyncIterator[PublishSketches]:
    """Puts READY posts straight into the database, and returns their ids, newest first.

    They are in the feeds of those who follow their author later.
    """
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(
        stack.settings.mongodb_url.get_secret_value()
    )
    ids = IdSource()

    async def publish(author: Person, count: int) -> list[str]:
        author_id = read_id_of(Kind.USER, author.id)
        assert author_id is not None
        posts = [_sketched(ids.next(shard_of(author_id)), author_id) for _ in range(count)]
        database = client[stack.settings.mongodb_database]
        settled: dict[str, Any] = {"owed": [], "copies": []}
        await database["posts"].insert_many([{**to_document(post), **settled} for post in posts])
        await database["accounts"].update_one({"_id": author_id}, {"$inc": {"post_count": count}})
        return [global_id(Kind.POST, post.id) for post in reversed(posts)]

    yield publish
    client.close()


def _sketched(post_id: int, author_id: int) -> Post:
    return Post(
        id=post_id,
        author_id=author_id,
        region="eu",
        description="a sketch",
        alt_text=None,
        created_at=created_at(post_id),
        original_sha256="f" * 64,
        state=PostState.READY,
        image=SKETCH,
    )


@pytest.fixture(scope="session")
def photo() -> bytes:
    """A small photograph."""
    return jpeg((96, 64))
