"""A page costs the same number of questions to MongoDB however long it is."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from motor import motor_asyncio

from app.wiring import House, open_house
from tests.api.conftest import PublishSketches
from tests.client import POST, USER, Api, Person
from tests.mongodb import Asked
from tests.operations import ask
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
def _watched(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    """Count what houses ask of MongoDB that are opened from now on."""
    plain = motor_asyncio.AsyncIOMotorClient

    def listened_to(*arguments: Any, **options: Any) -> Any:
        return plain(*arguments, event_listeners=[asked], **options)

    monkeypatch.setattr("app.clients.AsyncIOMotorClient", listened_to)


@asynccontextmanager
async def _new_house(stack: TestStack) -> AsyncIterator[House]:
    """A house that knows the log, and keeps nothing yet."""
    async with open_house(stack.settings) as house:
        await house.kept.accounts([], not_before=time.monotonic())
        yield house


async def _questions(
    house: House, asked: Asked, person: Person, query: str, variables: dict[str, Any]
) -> list[str]:
    with asked.recording() as commands:
        answer = await ask(house, query, variables, authorization=f"Bearer {person.access_token}")
    assert "errors" not in answer, answer
    return sorted(" ".join(map(str, next(iter(command.items())))) for command in commands)


@pytest.mark.usefixtures("_watched")
async def test_a_longer_page_asks_no_more(
    api: Api, sketch: PublishSketches, stack: TestStack, asked: Asked
) -> None:
    viewer, *authors = await api.sign_up_many(11)
    posts = [post for author in authors for post in await sketch(author, 6)]
    for author in authors:
        await viewer.follow(author)
    assert len(await viewer.walk_feed()) == 60
    people = [author.id for author in authors]
    for query, short, long, most_again in (
        (FEED, {"first": 1}, {"first": 50}, 2),
        (NODES, {"ids": [posts[0], people[0]]}, {"ids": posts[:50] + people}, 4),
        (FOLLOWEES, {"first": 1}, {"first": 10}, 4),
    ):
        async with _new_house(stack) as house:
            few = await _questions(house, asked, viewer, query, short)
        async with _new_house(stack) as house:
            many = await _questions(house, asked, viewer, query, long)
            again = await _questions(house, asked, viewer, query, long)
        assert many == few
        assert len(few) <= 6, few
        assert len(again) <= most_again, again
