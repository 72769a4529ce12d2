"""graphql-ws, unchanged: how connections are opened, used, and ended."""

import asyncio
import hashlib
import json
import secrets
from typing import Any, Final

import pytest

from tests.client import Person
from tests.clients.conftest import World
from tests.clients.node import Node
from tests.stack import TestStack

LOG_OUT: Final = "mutation { logOut { errors { code } } }"
INIT: Final = {"type": "connection_init"}
TYPENAME: Final = {"query": "{ __typename }"}
LISTENING: Final = {"query": "subscription { feedUpdates { __typename } }"}


def subscribe(payload: dict[str, Any]) -> dict[str, Any]:
    return {"id": "1", "type": "subscribe", "payload": payload}


async def test_it_queries(node: Node, stack: TestStack, viewer: Person) -> None:
    result = await node.run("sockets", "query", ws=stack.graphql_ws_url, token=viewer.access_token)
    assert result["data"]["viewer"]["username"] == viewer.username


async def test_it_mutates(node: Node, stack: TestStack, world: World) -> None:
    result = await node.run(
        "sockets",
        "mutation",
        ws=stack.graphql_ws_url,
        token=world.viewer.access_token,
        userId=world.author.id,
    )
    assert result["data"]["unfollow"]["user"]["viewerFollows"] is False


@pytest.mark.parametrize("name", ["Authorization", "authorization", "AUTHORIZATION"])
async def test_the_token_is_in_connection_init_in_any_case(
    node: Node, stack: TestStack, viewer: Person, name: str
) -> None:
    params = {name: f"Bearer {viewer.access_token}"}
    result = await node.run("sockets", "query", ws=stack.graphql_ws_url, params=params)
    assert result["data"]["viewer"]["id"] == viewer.id


async def test_a_bad_token_ends_the_connection(node: Node, stack: TestStack) -> None:
    end = await node.run("sockets", "ending", ws=stack.graphql_ws_url, token="broken")
    assert end["code"] == 4403


async def test_signing_out_ends_the_connection(
    node: Node, stack: TestStack, viewer: Person
) -> None:
    given = {"ws": stack.graphql_ws_url, "token": viewer.access_token}
    async with node.running("sockets", "ending", **given) as script:
        assert await script.heard() == "connected"
        await viewer.ask(LOG_OUT)
        end = await script.last()
    assert end["code"] == 4403


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ("{ viewer {", "GRAPHQL_PARSE_FAILED"),
        ("{ viewer { age } }", "GRAPHQL_VALIDATION_FAILED"),
        ("query($id: ID!) { post(id: $id) { id } }", "BAD_USER_INPUT"),
        ('subscription { feedUpdates(after: "?") { __typename } }', "BAD_USER_INPUT"),
    ],
    ids=["syntax", "unknown field", "no variable", "bad moment"],
)
async def test_an_error_of_an_operation_leaves_the_connection(
    node: Node, stack: TestStack, viewer: Person, document: str, code: str
) -> None:
    after = await node.run(
        "sockets",
        "survival",
        ws=stack.graphql_ws_url,
        token=viewer.access_token,
        document=document,
    )
    assert after["refusal"]["isErrorMessage"]
    assert codes(after["refusal"]) == [code]
    assert (after["viewer"]["id"], after["opened"]) == (viewer.id, 1)


async def test_nobody_can_listen(node: Node, stack: TestStack) -> None:
    document = "subscription { feedUpdates { __typename } }"
    refusal = await node.run("sockets", "refusal", ws=stack.graphql_ws_url, document=document)
    assert refusal["isErrorMessage"]
    assert codes(refusal) == ["UNAUTHENTICATED"]


@pytest.mark.parametrize(
    ("code", "send"),
    [
        pytest.param(4400, ["no JSON"], id="no JSON"),
        pytest.param(4400, ["[]"], id="no object"),
        pytest.param(4400, [INIT, {"type": "hello"}], id="unknown message"),
        pytest.param(4400, [INIT, {"type": "subscribe", "id": "1"}], id="no payload"),
        pytest.param(4401, [subscribe(TYPENAME)], id="no connection_init"),
        pytest.param(4429, [INIT, INIT], id="two connection_inits"),
    ],
)
async def test_a_connection_is_ended_with_the_code_of_its_fault(
    node: Node, stack: TestStack, code: int, send: list[Any]
) -> None:
    sent = [frame if isinstance(frame, str) else json.dumps(frame) for frame in send]
    end = await node.run("sockets", "frames", ws=stack.graphql_ws_url, send=sent)
    assert end["code"] == code


async def test_an_id_is_used_once_at_a_time(node: Node, stack: TestStack, viewer: Person) -> None:
    init = {**INIT, "payload": {"Authorization": f"Bearer {viewer.access_token}"}}
    sent = [json.dumps(frame) for frame in (init, subscribe(LISTENING), subscribe(LISTENING))]
    end = await node.run("sockets", "frames", ws=stack.graphql_ws_url, send=sent)
    assert end["code"] == 4409


async def test_silence_is_taken_for_five_seconds(node: Node, stack: TestStack) -> None:
    loop = asyncio.get_running_loop()
    begin = loop.time()
    end = await node.run("sockets", "frames", ws=stack.graphql_ws_url, send=[])
    assert end["code"] == 4408
    assert 5 <= loop.time() - begin < 10


async def test_the_legacy_protocol_is_refused(node: Node, stack: TestStack) -> None:
    end = await node.run(
        "sockets",
        "frames",
        ws=stack.graphql_ws_url,
        protocol="graphql-ws",
        send=[json.dumps(INIT)],
    )
    assert end["said"] == []
    assert end["code"] in {1006, 4406}


async def test_it_asks_by_hash(node: Node, stack: TestStack, viewer: Person) -> None:
    document, extensions = fresh_document()
    asked = await node.run(
        "sockets",
        "persisted",
        ws=stack.graphql_ws_url,
        token=viewer.access_token,
        document=document,
        hash=extensions["persistedQuery"]["sha256Hash"],
    )
    assert codes(asked["miss"]) == ["PERSISTED_QUERY_NOT_FOUND"]
    answers = [asked[name]["data"]["viewer"]["id"] for name in ("registered", "hit")]
    assert (answers, asked["opened"]) == ([viewer.id] * 2, 1)


async def test_a_hash_needs_no_document(node: Node, stack: TestStack) -> None:
    document, extensions = fresh_document()
    by_hash = {"extensions": extensions}
    operations = [subscribe(each) for each in (by_hash, {**by_hash, "query": document}, by_hash)]
    sent = [json.dumps(frame) for frame in (INIT, *operations)]
    said = await node.run("sockets", "dialogue", ws=stack.graphql_ws_url, send=sent)
    answered = ["next", "complete"]
    assert [each["type"] for each in said] == ["connection_ack", "error", *answered, *answered]
    assert codes({"errors": said[1]["payload"]}) == ["PERSISTED_QUERY_NOT_FOUND"]


def codes(result: dict[str, Any]) -> list[str]:
    return [error["extensions"]["code"] for error in result["errors"]]


def fresh_document() -> tuple[str, dict[str, Any]]:
    """A document that nobody has sent, and the extensions that name it."""
    document = f"query Q{secrets.token_hex(8)} {{ viewer {{ id }} }}"
    sha256 = hashlib.sha256(document.encode()).hexdigest()
    return document, {"persistedQuery": {"version": 1, "sha256Hash": sha256}}
