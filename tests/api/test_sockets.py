"""Sockets that break the protocol are closed with the code that it has for that."""

import json
import time
from contextlib import AsyncExitStack
from typing import Any, Final

import pytest
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from tests.api.applications import process
from tests.api.sockets import begun, close_code, hear, open_socket, say, subscribe
from tests.client import Api
from tests.stack import TestStack

INIT: Final = json.dumps({"type": "connection_init"})
TYPENAME: Final = {"query": "{ __typename }"}


def operation(**message: Any) -> str:
    return json.dumps({"type": "subscribe", **message})


BAD_MESSAGES: Final = {
    "no JSON": "hello",
    "nothing": "",
    "half a message": '{"type": "ping"',
    "a list": "[]",
    "a number": "7",
    "null": "null",
    "no type": "{}",
    "an unknown type": '{"type": "start"}',
    "a type that is no string": '{"type": ["ping"]}',
    "a server's type": '{"type": "next", "id": "1", "payload": {}}',
    "bytes": b'{"type": "ping"}',
    "a payload that is a string": '{"type": "ping", "payload": "x"}',
    "a payload that is a list": '{"type": "pong", "payload": []}',
    "no id": operation(payload=TYPENAME),
    "an empty id": operation(id="", payload=TYPENAME),
    "an id that is a number": operation(id=1, payload=TYPENAME),
    "an id that is too long": operation(id="x" * 101, payload=TYPENAME),
    "no id to complete": '{"type": "complete"}',
    "no payload": operation(id="1"),
    "an operation that is a string": operation(id="1", payload="{ __typename }"),
    "no query": operation(id="1", payload={}),
    "a query that is a number": operation(id="1", payload={"query": 1}),
    "variables that are a list": operation(id="1", payload={**TYPENAME, "variables": []}),
    "extensions that are a string": operation(id="1", payload={**TYPENAME, "extensions": "x"}),
    "a name that is a number": operation(id="1", payload={**TYPENAME, "operationName": 1}),
}


@pytest.mark.parametrize("message", BAD_MESSAGES.values(), ids=BAD_MESSAGES)
async def test_what_is_no_message_closes_4400(stack: TestStack, message: str | bytes) -> None:
    async with begun(stack.graphql_ws_url) as socket:
        await socket.send(message)
        assert await close_code(socket) == 4400
        assert socket.close_reason


@pytest.mark.parametrize("message", ["hello", '{"type": "connection_init", "payload": 1}'])
async def test_a_socket_may_not_begin_with_what_is_no_message(
    stack: TestStack, message: str
) -> None:
    async with open_socket(stack.graphql_ws_url) as socket:
        await socket.send(message)
        assert await close_code(socket) == 4400


async def test_nothing_is_run_before_the_socket_is_acknowledged(stack: TestStack) -> None:
    async with open_socket(stack.graphql_ws_url) as socket:
        await subscribe(socket, "{ __typename }")
        assert await close_code(socket) == 4401


async def test_who_does_not_begin_is_sent_away_after_five_seconds(stack: TestStack) -> None:
    async with open_socket(stack.graphql_ws_url) as socket:
        began = time.monotonic()
        await say(socket, type="ping")
        assert (await hear(socket))["type"] == "pong"
        assert await close_code(socket) == 4408
        assert 4.5 < time.monotonic() - began < 10


async def test_a_socket_begins_once(stack: TestStack) -> None:
    async with begun(stack.graphql_ws_url) as socket:
        await socket.send(INIT)
        assert await close_code(socket) == 4429
    async with open_socket(stack.graphql_ws_url) as socket:
        for _ in range(2):
            await socket.send(INIT)
        assert await close_code(socket) == 4429


async def test_an_id_is_one_operation_s_at_a_time(api: Api, stack: TestStack) -> None:
    person = await api.sign_up()
    async with begun(stack.graphql_ws_url, person) as socket:
        for _ in range(2):
            await subscribe(socket, "subscription { feedUpdates { __typename } }")
        assert await close_code(socket) == 4409
        assert "1" in (socket.close_reason or "")


async def test_an_id_that_is_long_to_spell_does_not_break_the_farewell(
    api: Api, stack: TestStack
) -> None:
    person = await api.sign_up()
    async with begun(stack.graphql_ws_url, person) as socket:
        for _ in range(2):
            await subscribe(socket, "subscription { feedUpdates { __typename } }", named="ü☃" * 50)
        assert await close_code(socket) == 4409


@pytest.mark.parametrize("protocols", [(), ("graphql-ws",), ("soap", "graphql-ws")])
async def test_another_protocol_is_not_spoken(stack: TestStack, protocols: tuple[str, ...]) -> None:
    named = [Subprotocol(each) for each in protocols]
    async with open_socket(stack.graphql_ws_url, named) as socket:
        assert socket.subprotocol is None
        assert await close_code(socket) == 4406


async def test_ours_is_chosen_among_others(stack: TestStack) -> None:
    named = [Subprotocol("graphql-ws"), Subprotocol("graphql-transport-ws")]
    async with open_socket(stack.graphql_ws_url, named) as socket:
        assert socket.subprotocol == "graphql-transport-ws"


async def test_a_message_has_a_largest_size(stack: TestStack) -> None:
    most = stack.settings.socket_message_max_bytes
    for filling in ("x", "ü", "☃"):
        frame = json.dumps({"type": "ping", "payload": {"x": ""}}, ensure_ascii=False)
        room = most - len(frame)
        text = filling * (room // len(filling.encode()))
        async with begun(stack.graphql_ws_url) as socket:
            await socket.send(frame.replace('""', f'"{text}"'))
            assert (await hear(socket))["payload"] == {"x": text}
            await socket.send(frame.replace('""', f'"{text}{filling * 3}"'))
            assert await close_code(socket) == 1009


async def test_a_message_that_is_far_too_big_is_not_even_read(stack: TestStack) -> None:
    async with begun(stack.graphql_ws_url) as socket:
        await socket.send("x" * 3_000_000)
        # Whoever is still sending may not come to read why.
        assert await close_code(socket) in {1009, 1006}


ORIGIN: Final = "https://app.example.org"


async def refused(url: str, origin: str) -> Any:
    """What a page of that origin is told that opens a socket."""
    with pytest.raises(InvalidStatus) as told:
        async with open_socket(url, origin=origin):
            pass
    response = told.value.response
    assert response.status_code == 403
    assert response.headers["Content-Type"].startswith("application/json")
    return json.loads(response.body or b"")["errors"][0]["extensions"]["code"]


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", "x"])
async def test_pages_of_other_origins_open_no_socket(stack: TestStack, origin: str) -> None:
    assert await refused(stack.graphql_ws_url, origin) == "FORBIDDEN"


async def test_our_own_pages_do(stack: TestStack) -> None:
    async with open_socket(stack.graphql_ws_url, origin=stack.gateway_url) as socket:
        assert socket.subprotocol


async def test_pages_of_chosen_origins_do(stack: TestStack) -> None:
    with process(stack, {"allowed_origins": f'["{ORIGIN}"]'}) as port:
        url = f"ws://127.0.0.1:{port}/graphql"
        async with open_socket(url, origin=ORIGIN) as socket:
            assert socket.subprotocol
        assert await refused(url, f"{ORIGIN}.evil.example") == "FORBIDDEN"


async def test_a_process_that_ends_has_its_clients_come_back(stack: TestStack) -> None:
    async with AsyncExitStack() as sockets:
        with process(stack, {}) as port:
            url = f"ws://127.0.0.1:{port}/graphql"
            socket = await sockets.enter_async_context(begun(url))
        assert await close_code(socket) == 1012
