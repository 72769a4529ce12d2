"""Node with the packages of clients, and a world for them to look at."""

from dataclasses import dataclass

import pytest

from tests.api.conftest import PublishSketches, api, photo, sketch
from tests.client import Api, Person
from tests.clients.node import Node, prepare

__all__ = ["api", "photo", "sketch"]


@dataclass(frozen=True, kw_only=True)
class World:
    """A viewer whose feed has the posts of one author, newest first."""

    viewer: Person
    author: Person
    posts: list[str]


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Node:
    """Runs scripts."""
    return prepare(tmp_path_factory.mktemp("clients"))


@pytest.fixture
async def viewer(api: Api) -> Person:
    """Somebody with an account."""
    return await api.sign_up("viewer")


@pytest.fixture
async def world(api: Api, sketch: PublishSketches) -> World:
    """Somebody who follows somebody with a few pages of posts."""
    viewer, author = await api.sign_up_many(2)
    posts = await sketch(author, 23)
    await viewer.follow(author)
    return World(viewer=viewer, author=author, posts=posts)
