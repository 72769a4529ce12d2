"""Over a WebSocket the same limits hold, and a few of its own; what is refused leaves it open."""

import json
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any, Final

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.api.applications import process
from tests.api.persisting import NOT_FOUND, a_document, hash_of, named
from tests.client import Api
from tests.live import PROTOCOL
from tests.stack import TestStack

ANSWER: Final = {"__typename": "Query"}
UPDATES: Final = {"query": "subscription { feedUpdates { __typename } }"}
TYPENAME: Final = {"query": "{ __typename }"}
PAGE: Final = "posts(first: 100) { edges { node { author { "
TOO_DEAR: Final = "{ viewer { " + PAGE * 2 + "id" + " } } } }" * 2 + " } }"
MESSAGE_MAX_BYTES: Final = 2_000
CHOSEN: Final = {
    "socket_operations_max": "2",
    "socket_message_max_bytes": str(MESSAGE_MAX_BYTES),
    "rate_viewer_max_cost": "20",
}


@pytest.fixture(scope="module")
def url(stack: TestStack) -> Iterator[str]:
    """An application with small limits, as sockets reach it."""
    with process(stack, CHOSEN) as port:
        yield f"ws://127.0.0.1:{port}/graphql"


@asynccontextmanager
async def opened(url: str, token: str | None = None) -> AsyncIterator[ClientConnection]:
    """A socket that is acknowledged."""
    async with connect(url, subprotocols=[PROTOCOL]) as connection:
        payload = {"Authorization": f"Bearer {token}"} if token else {}
        await connection.send(json.dumps({"type": "connection_init", "payload": payload}))
        assert json.loads(await connection.recv())["type"] == "connection_ack"
        yield connection


async def subscribe(connection: ClientConnection, payload: dict[str, Any]) -> str:
    """Ask for an operation; returns its id."""
    operation_id = secrets.token_hex(4)
    message = {"id": operation_id, "type": "subscribe", "payload": payload}
    await connection.send(json.dumps(message))
    return operation_id


async def answer(connection: ClientConnection, payload: dict[str, Any]) -> Any:
    """The data of an operation, or the codes of why it is refused."""
    operation_id = await subscribe(connection, payload)
    told = json.loads(await connection.recv())
    assert told["id"] == operation_id
    if told["type"] == "error":
        return [error["extensions"]["code"] for error in told["payload"]]
    assert json.loads(await connection.recv()) == {"id": operation_id, "type": "complete"}
    return told["payload"]["data"]


async def test_a_socket_takes_persisted_queries_and_a_miss_leaves_it_open(url: str) -> None:
    document = a_document(f"q{secrets.token_hex(8)}")
    async with opened(url) as connection:
        assert await answer(connection, named(hash_of(document))) == NOT_FOUND
        assert await answer(connection, named(hash_of(document), query=document)) == ANSWER
        assert await answer(connection, named(hash_of(document))) == ANSWER
        wrong = named("0" * 64, query=document)
        assert await answer(connection, wrong) == ["BAD_REQUEST"]
        assert await answer(connection, named(hash_of(document), query="")) == ANSWER


async def test_sockets_and_requests_share_what_is_persisted(url: str, api: Api) -> None:
    document = a_document(f"q{secrets.token_hex(8)}")
    await api.post(json=named(hash_of(document), query=document))
    async with opened(url) as connection:
        assert await answer(connection, named(hash_of(document))) == ANSWER


async def test_too_many_operations_at_once_are_refused_one_by_one(url: str, api: Api) -> None:
    person = await api.sign_up()
    async with opened(url, person.access_token) as connection:
        first, _ = [await subscribe(connection, UPDATES) for _ in range(2)]
        assert await answer(connection, UPDATES) == ["TOO_MANY_OPERATIONS"]
        assert await answer(connection, TYPENAME) == ["TOO_MANY_OPERATIONS"]
        await connection.send(json.dumps({"id": first, "type": "complete"}))
        assert await answer(connection, TYPENAME) == ANSWER


async def test_a_message_that_is_too_big_closes_the_socket(url: str) -> None:
    async with opened(url) as connection:
        padding = MESSAGE_MAX_BYTES - len('{"type":"ping","payload":{"x":""}}')
        await connection.send(f'{{"type":"ping","payload":{{"x":"{"x" * padding}"}}}}')
        assert json.loads(await connection.recv())["type"] == "pong"
        await connection.send(f'{{"type":"ping","payload":{{"x":"{"x" * (padding + 1)}"}}}}')
        with pytest.raises(ConnectionClosed) as closed:
            await connection.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1009


async def test_what_the_server_itself_finds_too_big_is_no_message(url: str) -> None:
    async with opened(url) as connection:
        await connection.send("x" * 100_000)
        with pytest.raises(ConnectionClosed) as closed:
            await connection.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1009


async def test_a_rate_that_is_spent_is_an_error_and_the_socket_lives(url: str, api: Api) -> None:
    person = await api.sign_up()
    dear = {"query": "{ viewer { posts(first: 5) { edges { node { id } } } } }"}
    async with opened(url, person.access_token) as connection:
        assert await answer(connection, dear)
        operation_id = await subscribe(connection, dear)
        told = json.loads(await connection.recv())
        assert (told["id"], told["type"]) == (operation_id, "error")
        extensions = told["payload"][0]["extensions"]
        assert extensions["code"] == "RATE_LIMITED"
        assert 1 <= extensions["retryAfter"] <= 120
        assert await answer(connection, TYPENAME) == ANSWER


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ " + "__typename " * 21 + "}", "OPERATION_TOO_COMPLEX"),
        (TOO_DEAR, "OPERATION_TOO_COMPLEX"),
    ],
)
async def test_what_cannot_be_run_is_an_error_and_the_socket_lives(
    url: str, query: str, code: str
) -> None:
    async with opened(url) as connection:
        assert await answer(connection, {"query": query}) == [code]
        assert await answer(connection, TYPENAME) == ANSWER
