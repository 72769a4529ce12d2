"""Compiled or not, every answer is the same, and what could not be compiled is counted."""

import re
from typing import Any, Final

import pytest

from tests.api.applications import running
from tests.api.conftest import PublishSketches
from tests.client import FEED, POST, USER, Api
from tests.stack import TestStack

PAGE: Final = f"""query($ids: [ID!]!, $in: Boolean!) {{
  viewer {{ {USER} posts(first: 5) {{ edges {{ node {{ {POST} }} }} pageInfo {{ hasNextPage }} }} }}
  nodes(ids: $ids) {{ __typename id ... on Post @include(if: $in) {{ ...post }} ...user }}
  feed(first: 2) {{ edges {{ node {{ ...post }} }} }} }}
  fragment post on Post {{
    d: description status @skip(if: $in) author {{ ...user }} image {{ url }} }}
  fragment user on User {{ username viewerFollows }}"""
BROKEN: Final = """query($ids: [ID!]!) {
  viewer { posts(after: "no cursor") { edges { cursor } } } nodes(ids: $ids) { id } }"""


async def fallbacks(api: Api) -> float:
    """How many values the stock executor has completed for the compiled one."""
    text = (await api.http.get("/metrics")).text
    name = r"^photofeed_compiled_fallbacks_total\{.*\} (\S+)$"
    return sum(map(float, re.findall(name, text, re.MULTILINE)))


@pytest.mark.parametrize("query", [PAGE, FEED, BROKEN])
async def test_the_answers_are_the_same(
    stack: TestStack, api: Api, sketch: PublishSketches, query: str
) -> None:
    viewer, author = await api.sign_up_many(2)
    posts = [*await sketch(author, 3), *await sketch(viewer, 1)]
    await viewer.follow(author)
    asked: dict[str, Any] = {"ids": [*posts, viewer.id, author.id, "nothing"], "first": 2}
    answers = []
    for is_compiled in (True, False):
        async with running(stack.settings, compiled_execution=is_compiled) as either:
            for includes in (True, False):
                variables = {**asked, "in": includes}
                answer = await either.ask(query, variables, token=viewer.access_token)
                answers.append(answer.body)
    compiled, stock = answers[:2], answers[2:]
    for body in answers:
        feed = (body.get("data") or {}).get("feed") or {}
        feed.pop("updatesCursor", None)  # it is of the moment of asking
    assert compiled == stock
    assert bool(compiled[0].get("errors")) == (query is BROKEN)


async def test_what_cannot_be_compiled_falls_back_and_is_counted(stack: TestStack) -> None:
    introspection = "{ __schema { types { name fields { name } } } }"
    answers = []
    for is_compiled in (True, False):
        async with running(stack.settings, compiled_execution=is_compiled) as api:
            before = await fallbacks(api)
            answers.append((await api.ask(introspection)).data)
            assert (await fallbacks(api) > before) == is_compiled
    assert answers[0] == answers[1]
