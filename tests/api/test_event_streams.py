"""Event streams, as graphql-sse has them for one operation a connection."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from tests.api.applications import running
from tests.api.auth import LOG_OUT, VIEWER
from tests.api.sockets import LISTENING, SOON_SECONDS, short_lived, until_subscribers
from tests.api.streams import EVENTS, open_stream
from tests.client import Api, Person, open_api
from tests.stack import TestStack

METHODS = ("GET", "POST")
LIFE_SECONDS = 3
OVER_MAX_SECONDS = 5.0
COMPLETE = ("complete", None)
ADDED = "subscription { feedUpdates { ... on FeedAuthorAdded { author { id } } } }"


@pytest.fixture
async def http() -> AsyncIterator[httpx2.AsyncClient]:
    """What sends anything."""
    async with httpx2.AsyncClient(timeout=SOON_SECONDS) as http:
        yield http


def codes(event: tuple[str, Any]) -> list[str]:
    """The codes of the errors in an event."""
    name, data = event
    assert name == "next", event
    return [each["extensions"]["code"] for each in data["errors"]]


@pytest.mark.parametrize("method", METHODS)
async def test_a_query_is_one_event_and_the_end(api: Api, stack: TestStack, method: str) -> None:
    person = await api.sign_up()
    token = person.access_token
    async with open_stream(stack.graphql_url, VIEWER, method=method, token=token) as stream:
        assert stream.answer.status_code == 200
        assert stream.answer.headers["content-type"] == f"{EVENTS}; charset=utf-8"
        assert stream.answer.headers["cache-control"] == "no-store"
        answer, *end = await stream.rest()
    assert (answer[0], answer[1]["data"]["viewer"]["id"]) == ("next", person.id)
    assert end == [COMPLETE]


async def test_lines_end_with_a_line_feed_alone(stack: TestStack) -> None:
    query = '{ user(username: "a\\nb\\r\\u2028") { id } }'
    async with open_stream(stack.graphql_url, query) as stream:
        body = b"".join([chunk async for chunk in stream.answer.aiter_raw()])
    assert b"\r" not in body
    answer, end, rest = body.split(b"\n\n")
    assert [line.partition(b":")[0] for line in answer.split(b"\n")] == [b"event", b"data"]
    assert (end, rest) == (b"event: complete\ndata:", b"")


async def test_a_mutation_is_posted(api: Api, stack: TestStack) -> None:
    person = await api.sign_up()
    async with open_stream(stack.graphql_url, LOG_OUT, token=person.access_token) as stream:
        answer, *end = await stream.rest()
    assert answer == ("next", {**answer[1], "data": {"logOut": {"errors": []}}})
    assert end == [COMPLETE]


@pytest.mark.parametrize("method", METHODS)
async def test_updates_come_one_by_one(api: Api, stack: TestStack, method: str) -> None:
    person, *authors = await api.sign_up_many(3)
    token = person.access_token
    async with open_stream(stack.graphql_url, ADDED, method=method, token=token) as stream:
        await until_subscribers(stack, 1)
        for author in authors:
            await person.follow(author)
            data = {"feedUpdates": {"author": {"id": author.id}}}
            assert await stream.event() == ("next", {"data": data})
    await until_subscribers(stack, 0)


async def test_a_quiet_stream_is_kept_alive(api: Api, stack: TestStack) -> None:
    person = await api.sign_up()
    async with open_stream(stack.graphql_url, LISTENING, token=person.access_token) as stream:
        for _ in range(2):
            assert await stream.block() == b":"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nope }", "GRAPHQL_VALIDATION_FAILED"),
        ("query($id: ID!) { post(id: $id) { id } }", "BAD_USER_INPUT"),
        (LISTENING, "UNAUTHENTICATED"),
    ],
)
@pytest.mark.parametrize("method", METHODS)
async def test_what_cannot_be_run_is_an_event_with_errors(
    stack: TestStack, method: str, query: str, code: str
) -> None:
    async with open_stream(stack.graphql_url, query, method=method) as stream:
        assert stream.answer.status_code == 200
        refused, *end = await stream.rest()
    assert codes(refused) == [code]
    assert "data" not in refused[1]
    assert end == [COMPLETE]


def assert_json(answer: httpx2.Response, status: int, code: str) -> None:
    """It is an error with a status of its own, and no stream."""
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.json()["errors"][0]["extensions"]["code"] == code


async def test_what_http_has_a_status_for_is_json(
    http: httpx2.AsyncClient, stack: TestStack
) -> None:
    url, accept = stack.graphql_url, {"Accept": EVENTS}
    by_get = await http.get(url, params={"query": LOG_OUT}, headers=accept)
    assert_json(by_get, 405, "METHOD_NOT_ALLOWED")
    assert set(by_get.headers["allow"].split(", ")) >= {"GET", "POST"}
    assert_json(
        await http.put(url, json={"query": VIEWER}, headers=accept), 405, "METHOD_NOT_ALLOWED"
    )
    text = {**accept, "Content-Type": "text/plain"}
    assert_json(await http.post(url, content="{}", headers=text), 415, "UNSUPPORTED_MEDIA_TYPE")
    assert_json(await http.post(url, json=[], headers=accept), 400, "BAD_REQUEST")


async def test_who_asks_too_much_is_told_so_in_json(stack: TestStack) -> None:
    async with running(stack.settings, rate_address_max_cost=3) as api:
        answers = [
            await api.http.post(
                api.url, json={"query": "{ __typename }"}, headers={"Accept": EVENTS}
            )
            for _ in range(4)
        ]
    assert [each.status_code for each in answers] == [200, 200, 200, 429]
    assert_json(answers[-1], 429, "RATE_LIMITED")
    assert int(answers[-1].headers["retry-after"]) >= 1


async def test_a_subscription_needs_a_way_to_go_on(
    http: httpx2.AsyncClient, stack: TestStack
) -> None:
    answer = await http.post(
        stack.graphql_url, json={"query": LISTENING}, headers={"Accept": "application/json"}
    )
    assert_json(answer, 405, "METHOD_NOT_ALLOWED")


async def test_who_goes_away_is_forgotten(api: Api, stack: TestStack) -> None:
    person = await api.sign_up()
    await until_subscribers(stack, 0)
    for method in METHODS:
        async with open_stream(
            stack.graphql_url, LISTENING, method=method, token=person.access_token
        ):
            await until_subscribers(stack, 1)
        await until_subscribers(stack, 0)


async def log_out_at(stack: TestStack, process: str, person: Person) -> None:
    """Log out at one of the API processes."""
    async with open_api(f"http://127.0.0.1:{stack.port(process)}/graphql") as api:
        await api.ask(LOG_OUT, token=person.access_token)


@pytest.mark.parametrize("at", ["api-1", "api-2"])
async def test_a_stream_ends_with_its_session_and_says_so(
    api: Api, stack: TestStack, at: str
) -> None:
    person = await api.sign_up()
    url = f"http://127.0.0.1:{stack.port('api-1')}/graphql"
    async with open_stream(url, LISTENING, token=person.access_token) as stream:
        await until_subscribers(stack, 1)
        await log_out_at(stack, at, person)
        async with asyncio.timeout(OVER_MAX_SECONDS):
            last, *end = await stream.rest()
    assert codes(last) == ["UNAUTHENTICATED"]
    assert end == [COMPLETE]
    await until_subscribers(stack, 0)


async def test_a_stream_ends_with_its_token(api: Api, stack: TestStack) -> None:
    token = short_lived(stack, await api.sign_up(), LIFE_SECONDS)
    began = time.monotonic()
    async with open_stream(stack.graphql_url, LISTENING, token=token) as stream:
        last, *end = await stream.rest()
    assert codes(last) == ["UNAUTHENTICATED"]
    assert end == [COMPLETE]
    assert LIFE_SECONDS - 1 < time.monotonic() - began < LIFE_SECONDS + OVER_MAX_SECONDS
