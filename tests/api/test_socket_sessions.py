"""Whose a socket is: told as it begins, and it ends with the session and with the token."""

import time
from typing import Any, Final

import pytest

from tests.api.auth import LOG_OUT, VIEWER
from tests.api.sockets import (
    LISTENING,
    begun,
    close_code,
    hear,
    open_socket,
    say,
    short_lived,
    subscribe,
    until_subscribers,
)
from tests.client import Api, Person, open_api
from tests.stack import TestStack

LIFE_SECONDS = 3
OVER_MAX_SECONDS = 5.0


async def viewer_of(socket: Any) -> Any:
    """Whose a socket is."""
    await subscribe(socket, VIEWER, named="whose")
    answer, end = await hear(socket), await hear(socket)
    assert end == {"type": "complete", "id": "whose"}
    return answer["payload"]["data"]["viewer"]


@pytest.mark.parametrize(
    "name", ["Authorization", "authorization", "AUTHORIZATION", "aUTHORIZATION"]
)
@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
async def test_the_token_is_in_what_it_begins_with(
    api: Api, stack: TestStack, name: str, scheme: str
) -> None:
    person = await api.sign_up()
    async with open_socket(stack.graphql_ws_url) as socket:
        payload = {"other": 1, name: f"{scheme} {person.access_token}"}
        await say(socket, type="connection_init", payload=payload)
        assert await hear(socket) == {"type": "connection_ack"}
        assert (await viewer_of(socket))["id"] == person.id


async def test_or_in_a_header_of_the_handshake(api: Api, stack: TestStack) -> None:
    person, other = await api.sign_up_many(2)
    headers = {"Authorization": f"Bearer {person.access_token}"}
    for payload, whose in (
        (None, person),
        ({}, person),
        ({"authorization": f"Bearer {other.access_token}"}, other),
    ):
        async with open_socket(stack.graphql_ws_url, additional_headers=headers) as socket:
            await say(socket, type="connection_init", payload=payload)
            assert await hear(socket) == {"type": "connection_ack"}
            assert (await viewer_of(socket))["id"] == whose.id


async def test_without_a_token_it_is_nobody_s(stack: TestStack) -> None:
    async with begun(stack.graphql_ws_url) as socket:
        assert await viewer_of(socket) is None


BAD: Final[tuple[object, ...]] = (
    "Bearer",
    "Bearer x",
    "Bearer a.b.c",
    "Basic YTpi",
    "",
    7,
    None,
    {},
    ["Bearer x"],
)


@pytest.mark.parametrize("bad", BAD, ids=map(str, BAD))
async def test_a_bad_token_is_never_taken_for_nobody(stack: TestStack, bad: object) -> None:
    async with open_socket(stack.graphql_ws_url) as socket:
        await say(socket, type="connection_init", payload={"Authorization": bad})
        if bad is None:  # what some clients send who have none
            assert await hear(socket) == {"type": "connection_ack"}
        else:
            assert await close_code(socket) == 4403


async def test_an_expired_token_and_one_of_a_session_that_is_over_are_bad(
    api: Api, stack: TestStack
) -> None:
    person, other = await api.sign_up_many(2)
    await other.ask(LOG_OUT)
    for token in (short_lived(stack, person, -1), other.access_token):
        async with open_socket(stack.graphql_ws_url) as socket:
            payload = {"Authorization": f"Bearer {token}"}
            await say(socket, type="connection_init", payload=payload)
            assert await close_code(socket) == 4403


async def test_a_socket_ends_when_its_token_expires(api: Api, stack: TestStack) -> None:
    person = await api.sign_up()
    began = time.monotonic()
    async with (
        begun(stack.graphql_ws_url, token=short_lived(stack, person, LIFE_SECONDS)) as socket,
        begun(stack.graphql_ws_url, person) as with_another_token,
    ):
        await subscribe(socket, LISTENING)
        assert await close_code(socket) == 4403
        assert LIFE_SECONDS - 1 < time.monotonic() - began < LIFE_SECONDS + OVER_MAX_SECONDS
        # The session goes on, and so does who has a token that holds.
        assert (await viewer_of(with_another_token))["id"] == person.id
    await until_subscribers(stack, 0)


async def log_out_at(stack: TestStack, process: str, person: Person) -> None:
    """Log out at one of the API processes."""
    async with open_api(f"http://127.0.0.1:{stack.port(process)}/graphql") as api:
        answer = await api.ask(LOG_OUT, token=person.access_token)
        assert answer.data == {"logOut": {"errors": []}}


@pytest.mark.parametrize("at", ["api-1", "api-2"])
async def test_a_socket_ends_with_its_session_wherever_that_was_ended(
    api: Api, stack: TestStack, at: str
) -> None:
    person, other = await api.sign_up_many(2)
    url = f"ws://127.0.0.1:{stack.port('api-1')}/graphql"
    async with (
        begun(url, person) as socket,
        begun(url, person) as second,
        begun(url, other) as not_it,
    ):
        await subscribe(socket, LISTENING)
        await log_out_at(stack, at, person)
        began = time.monotonic()
        assert [await close_code(each) for each in (socket, second)] == [4403, 4403]
        assert time.monotonic() - began < OVER_MAX_SECONDS
        assert (await viewer_of(not_it))["id"] == other.id
    await until_subscribers(stack, 0)


async def test_who_logs_out_on_a_socket_is_told_that_it_is_done(api: Api, stack: TestStack) -> None:
    async with begun(stack.graphql_ws_url, await api.sign_up()) as socket:
        await subscribe(socket, LOG_OUT)
        assert (await hear(socket))["payload"]["data"] == {"logOut": {"errors": []}}
        assert await hear(socket) == {"type": "complete", "id": "1"}
        assert await close_code(socket) == 4403


async def test_what_is_asked_once_the_session_is_over_ends_the_socket_at_once(
    api: Api, stack: TestStack
) -> None:
    for query in (VIEWER, LISTENING, "{ __typename }"):
        person = await api.sign_up()
        async with begun(stack.graphql_ws_url, person) as socket:
            await person.ask(LOG_OUT)
            await subscribe(socket, query, named="late")
            assert await close_code(socket) == 4403
