"""A page costs the same number of questions to MongoDB however long it is."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from motor import motor_asyncio

from app.wiring import House, open_house
from schema.context import Context
from schema.root import build_schema
from tests.api.conftest import PublishSketches
from tests.client import POST, USER, Api, Person
from tests.mongodb import Asked
from tests.stack import TestStack

FEED = f"""query($first: Int!) {{ feed(first: $first) {{ edges {{ node {{ {POST}
  author {{ {USER} }} }} }} }} }}"""
NODES = f"""query($ids: [ID!]!) {{ nodes(ids: $ids) {{
  ... on Post {{ author {{ {USER} }} }} ... on User {{ {USER} }} }} }}"""
FOLLOWEES = f"""query($first: Int!) {{ viewer {{ following(first: $first) {{
  edges {{ node {{ {USER} }} }} }} }} }}"""


@pytest.fixture
def asked() -> Asked:
    return Asked()


@pytest.fixture
async def house(
    stack: TestStack, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[House]:
    """A house whose questions to MongoDB are counted."""
    plain = motor_asyncio.AsyncIOMotorClient

    def listened_to(*arguments: Any, **options: Any) -> Any:
        return plain(*arguments, event_listeners=[asked], **options)

    monkeypatch.setattr("app.clients.AsyncIOMotorClient", listened_to)
    async with open_house(stack.settings) as house:
        yield house


async def _questions(
    house: House, asked: Asked, person: Person, query: str, variables: dict[str, Any]
) -> list[str]:
    with asked.recording() as commands:
        result = await build_schema().execute(
            query,
            variable_values=variables,
            context_value=Context(house, authorization=f"Bearer {person.access_token}"),
        )
    assert result.errors is None
    return [" ".join(map(str, next(iter(command.items())))) for command in commands]


async def test_a_longer_page_asks_no_more(
    api: Api, sketch: PublishSketches, house: House, asked: Asked
) -> None:
    viewer, *authors = await api.sign_up_many(11)
    posts = [post for author in authors for post in await sketch(author, 6)]
    for author in authors:
        await viewer.follow(author)
    assert len(await viewer.walk_feed()) == 60
    people = [author.id for author in authors]
    for query, short, long in (
        (FEED, {"first": 1}, {"first": 50}),
        (NODES, {"ids": [posts[0], people[0]]}, {"ids": posts[:50] + people}),
        (FOLLOWEES, {"first": 1}, {"first": 10}),
    ):
        await _questions(house, asked, viewer, query, short)  # the first looks at the whole log
        few = await _questions(house, asked, viewer, query, short)
        many = await _questions(house, asked, viewer, query, long)
        assert many == few
        assert len(few) <= 7, few
