"""Operations on a socket: beside each other, and none of them ends it for the others."""

from typing import Any, Final

import pytest

from tests.api.sockets import (
    APIS,
    LISTENING,
    begun,
    hear,
    open_socket,
    say,
    subscribe,
    until_subscribers,
)
from tests.client import Api
from tests.stack import TestStack

ALIVE: Final = {"id": "alive", "type": "next"}


def codes(message: Any) -> list[str]:
    """The codes of an `error` message."""
    assert message["type"] == "error", message
    return [each["extensions"]["code"] for each in message["payload"]]


async def is_alive(socket: Any) -> bool:
    """Whether the socket goes on, and nothing else is heard from it."""
    await subscribe(socket, "{ __typename }", named="alive")
    answer, end = await hear(socket), await hear(socket)
    assert answer["payload"]["data"] == {"__typename": "Query"}
    assert {**answer, **ALIVE} == answer
    return bool(end == {"id": "alive", "type": "complete"})


DEEP: Final = "{ viewer " + "{ posts { edges { node { author " * 5 + "{ id }" + "}" * 21
REFUSED: Final = {
    "syntax": ({"query": "{"}, "GRAPHQL_PARSE_FAILED"),
    "no document": ({"query": ""}, "BAD_REQUEST"),
    "an unknown field": ({"query": "{ nope }"}, "GRAPHQL_VALIDATION_FAILED"),
    "no such operation": ({"query": "{ __typename }", "operationName": "A"}, "BAD_REQUEST"),
    "a variable is missing": (
        {"query": "query($id: ID!) { post(id: $id) { id } }"},
        "BAD_USER_INPUT",
    ),
    "too deep": ({"query": DEEP}, "OPERATION_TOO_COMPLEX"),
    "a bad moment": (
        {"query": 'subscription { feedUpdates(after: "x") { __typename } }'},
        "BAD_USER_INPUT",
    ),
    "a hash that nobody knows": (
        {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}},
        "PERSISTED_QUERY_NOT_FOUND",
    ),
}


@pytest.mark.parametrize(("payload", "code"), REFUSED.values(), ids=REFUSED)
async def test_what_cannot_be_run_is_an_error_of_its_own(
    api: Api, stack: TestStack, payload: dict[str, Any], code: str
) -> None:
    async with begun(stack.graphql_ws_url, await api.sign_up()) as socket:
        for _ in range(2):  # the id is free again
            await say(socket, type="subscribe", id="1", payload=payload)
            message = await hear(socket)
            assert message["id"] == "1"
            assert codes(message) == [code]
        assert await is_alive(socket)


async def test_an_error_of_a_field_comes_with_its_answer(stack: TestStack) -> None:
    async with begun(stack.graphql_ws_url) as socket:
        await subscribe(socket, "{ feed { updatesCursor } }")
        answer, end = await hear(socket), await hear(socket)
        assert answer["type"] == "next"
        assert answer["payload"]["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
        assert end == {"id": "1", "type": "complete"}
        assert await is_alive(socket)


async def test_nobody_listens_to_a_feed(stack: TestStack) -> None:
    async with begun(stack.graphql_ws_url) as socket:
        await subscribe(socket, LISTENING)
        assert codes(await hear(socket)) == ["UNAUTHENTICATED"]
        assert await is_alive(socket)


async def test_a_ping_is_answered_with_its_payload_at_any_time(stack: TestStack) -> None:
    async with open_socket(stack.graphql_ws_url) as socket:
        for init in ({"type": "ping"}, {"type": "connection_init"}):
            await say(socket, **init)
            await hear(socket)
            for payload in ({"at": [1, None, "ü"]}, {}):
                await say(socket, type="ping", payload=payload)
                assert await hear(socket) == {"type": "pong", "payload": payload}
            for without in ({}, {"payload": None}):
                await say(socket, type="ping", **without)
                assert await hear(socket) == {"type": "pong"}
        await say(socket, type="pong", payload={"unasked": True})
        assert await is_alive(socket)


async def test_an_id_comes_back_as_it_was_sent(stack: TestStack) -> None:
    async with begun(stack.graphql_ws_url) as socket:
        for id_ in ('"', "\\", "ü☃", "\n", "x" * 100):
            await subscribe(socket, "{ __typename }", named=id_)
            assert [(await hear(socket))["id"] for _ in range(2)] == [id_, id_]


async def test_operations_have_their_variables_and_names(api: Api, stack: TestStack) -> None:
    person = await api.sign_up()
    query = """query A { viewer { id } } query B($name: String!) { user(username: $name) { id } }"""
    async with begun(stack.graphql_ws_url, person) as socket:
        for name, field in (("A", "viewer"), ("B", "user")):
            variables = {"name": person.username}
            await subscribe(socket, query, operationName=name, variables=variables)
            assert (await hear(socket))["payload"]["data"] == {field: {"id": person.id}}
            await hear(socket)


async def test_who_completes_an_operation_hears_no_more_of_it(api: Api, stack: TestStack) -> None:
    person, author = await api.sign_up_many(2)
    async with begun(f"ws://127.0.0.1:{stack.port(APIS[0])}/graphql", person) as socket:
        await until_subscribers(stack, 0)
        await subscribe(socket, LISTENING)
        await until_subscribers(stack, 1)
        await say(socket, type="complete", id="1")
        await until_subscribers(stack, 0)
        await person.follow(author)
        await say(socket, type="complete", id="1")
        await say(socket, type="complete", id="never begun")
        assert await is_alive(socket)


async def test_an_operation_may_be_completed_before_it_has_begun(
    api: Api, stack: TestStack
) -> None:
    async with begun(stack.graphql_ws_url, await api.sign_up()) as socket:
        for _ in range(20):
            await subscribe(socket, LISTENING)
            await say(socket, type="complete", id="1")
        await until_subscribers(stack, 0)
        assert await is_alive(socket)


async def test_fifty_operations_at_once_are_enough(api: Api, stack: TestStack) -> None:
    most = stack.settings.socket_operations_max
    async with begun(stack.graphql_ws_url, await api.sign_up()) as socket:
        for number in range(most):
            await subscribe(socket, LISTENING, named=str(number))
        await until_subscribers(stack, most)
        await subscribe(socket, "{ __typename }", named="one more")
        refused = await hear(socket)
        assert (refused["id"], codes(refused)) == ("one more", ["TOO_MANY_OPERATIONS"])
        await say(socket, type="complete", id="7")
        assert await is_alive(socket)
    await until_subscribers(stack, 0)


async def test_nothing_is_left_of_a_client_that_vanishes(api: Api, stack: TestStack) -> None:
    person = await api.sign_up()
    await until_subscribers(stack, 0)
    for _ in range(3):
        async with begun(stack.graphql_ws_url, person) as socket:
            for number in range(10):
                await subscribe(socket, LISTENING, named=str(number))
            await until_subscribers(stack, 10)
            socket.transport.abort()
        await until_subscribers(stack, 0)
