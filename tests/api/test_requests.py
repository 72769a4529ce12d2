"""Whatever a client sends is answered in JSON, with a code, and is never our fault."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

import httpx2
import pytest

from tests.client import SIGN_UP, TIMEOUT_SECONDS, Api
from tests.stack import TestStack

JSON: Final = {"Content-Type": "application/json"}
PREFLIGHT: Final = {"GraphQL-Require-Preflight": "1"}
TYPENAME: Final = {"query": "{ __typename }"}

BODIES: Final[Mapping[str, bytes]] = {
    "nothing": b"",
    "null": b"null",
    "a string": b'"x"',
    "a number": b"5",
    "a list": b"[]",
    "a list of requests": b'[{"query": "{ __typename }"}]',
    "an empty object": b"{}",
    "no JSON": b"{ __typename }",
    "half": b'{"query": "{ __type',
    "invalid UTF-8": b'{"query": "{ __typename }\xff"}',
    "UTF-16": '{"query": "{ __typename }"}'.encode("utf-16"),
    "very deep": b"[" * 100_000,
    "very deep and closed": b"[" * 100_000 + b"]" * 100_000,
    "a lone surrogate": b'{"query": "{ __typename }", "variables": {"x": "\\ud800"}}',
    "query null": b'{"query": null}',
    "query a number": b'{"query": 5}',
    "query a list": b'{"query": ["{ __typename }"]}',
    "query empty": b'{"query": ""}',
    "query NUL": b'{"query": "\\u0000"}',
    "only a fragment": b'{"query": "fragment f on Query { __typename }"}',
    "variables a list": b'{"query": "{ __typename }", "variables": [1]}',
    "variables a string": b'{"query": "{ __typename }", "variables": "x"}',
    "operationName a number": b'{"query": "{ __typename }", "operationName": 5}',
    "operationName unknown": b'{"query": "{ __typename }", "operationName": "x"}',
    "extensions a string": b'{"query": "{ __typename }", "extensions": "x"}',
    "subscription": b'{"query": "subscription { feedUpdates { __typename } }"}',
}


@pytest.fixture
async def http(stack: TestStack) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of the load balancer that sends anything."""
    async with httpx2.AsyncClient(base_url=stack.gateway_url, timeout=TIMEOUT_SECONDS) as http:
        yield http


def _code(answer: httpx2.Response) -> str:
    """The code of the error that a refused request was answered with."""
    assert 400 <= answer.status_code < 500, (answer.status_code, answer.text)
    assert answer.headers["content-type"].startswith("application/json")
    (error,) = answer.json()["errors"]
    assert error["message"]
    assert "Traceback" not in answer.text
    return str(error["extensions"]["code"])


async def _raw(stack: TestStack, sent: bytes) -> bytes:
    """What an API process answers to bytes that no client library would send."""
    reader, writer = await asyncio.open_connection("127.0.0.1", stack.port("api-1"))
    writer.write(sent)
    await writer.drain()
    async with asyncio.timeout(10):
        answered = await reader.readuntil(b"\r\n\r\n")
    writer.close()
    await writer.wait_closed()
    return answered


async def test_a_body_that_is_no_request_is_the_client_s_mistake(
    http: httpx2.AsyncClient, stack: TestStack
) -> None:
    for name, body in BODIES.items():
        for url in ("/graphql", f"http://127.0.0.1:{stack.port('api-1')}/graphql"):
            answer = await http.post(url, content=body, headers=JSON)
            if answer.status_code == 200:
                codes = [e["extensions"]["code"] for e in answer.json()["errors"]]
                assert codes == ["GRAPHQL_PARSE_FAILED"], name
                continue
            assert _code(answer) in {"BAD_REQUEST", "METHOD_NOT_ALLOWED"}, name


async def test_a_type_that_is_no_json_is_refused(http: httpx2.AsyncClient) -> None:
    body = json.dumps(TYPENAME).encode()
    for content_type in ("text/plain", "application/xml", "x", "", "application/graphql"):
        answer = await http.post("/graphql", content=body, headers={"Content-Type": content_type})
        assert _code(answer) in {"BAD_REQUEST", "UNSUPPORTED_MEDIA_TYPE"}, content_type
    for content_type in ("application/json", "application/json; charset=utf-8"):
        answer = await http.post("/graphql", content=body, headers={"Content-Type": content_type})
        assert answer.json() == {"data": {"__typename": "Query"}}, content_type


FORMS: Final[Mapping[str, tuple[dict[str, str], dict[str, Any]]]] = {
    "map a list": ({"operations": json.dumps(TYPENAME), "map": "[1]"}, {}),
    "map a string": ({"operations": json.dumps(TYPENAME), "map": '"x"'}, {}),
    "map null": ({"operations": json.dumps(TYPENAME), "map": "null"}, {}),
    "map no JSON": ({"operations": json.dumps(TYPENAME), "map": "{"}, {}),
    "map to a number": ({"operations": json.dumps(TYPENAME), "map": '{"0": 5}'}, {"0": b"x"}),
    "map to numbers": ({"operations": json.dumps(TYPENAME), "map": '{"0": [5]}'}, {"0": b"x"}),
    "map of a missing file": (
        {"operations": json.dumps(TYPENAME), "map": '{"0": ["variables.x"]}'},
        {},
    ),
    "map to nowhere": (
        {"operations": json.dumps(TYPENAME), "map": '{"0": ["variables.a.b.c"]}'},
        {"0": b"x"},
    ),
    "map into a text": (
        {"operations": json.dumps(TYPENAME), "map": '{"0": ["query.x"]}'},
        {"0": b"x"},
    ),
    "map onto the query": (
        {"operations": json.dumps(TYPENAME), "map": '{"0": ["query"]}'},
        {"0": b"x"},
    ),
    "operations a list": ({"operations": "[]", "map": "{}"}, {}),
    "operations null": ({"operations": "null", "map": "{}"}, {}),
    "operations no JSON": ({"operations": "{", "map": "{}"}, {}),
    "operations very deep": ({"operations": "[" * 100_000, "map": "{}"}, {}),
    "no operations": ({"map": "{}"}, {}),
    "operations a file": ({"map": "{}"}, {"operations": json.dumps(TYPENAME).encode()}),
}


async def test_a_form_that_is_no_request_is_the_client_s_mistake(http: httpx2.AsyncClient) -> None:
    for name, (fields, files) in FORMS.items():
        parts = {key: (None, value) for key, value in fields.items()}
        named = {key: ("photo", value) for key, value in files.items()}
        answer = await http.post("/graphql", files={**parts, **named}, headers=PREFLIGHT)
        assert _code(answer) == "BAD_REQUEST", name


async def test_a_broken_form_is_the_client_s_mistake(http: httpx2.AsyncClient) -> None:
    boundary = "multipart/form-data; boundary=b"
    for content_type, body in (
        ("multipart/form-data", b"--b\r\n"),
        (boundary, b""),
        (boundary, b"--b\r\n"),
        (boundary, b"no form at all"),
        (boundary, b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n"),
        (boundary, b'--b\r\nContent-Disposition: form-data; name="map"\r\n\r\n{}'),
        ("multipart/form-data; boundary=" + "b" * 5_000, b"x"),
    ):
        headers = {"Content-Type": content_type, **PREFLIGHT}
        answer = await http.post("/graphql", content=body, headers=headers)
        assert _code(answer) == "BAD_REQUEST", (content_type[:50], body)


async def test_an_address_can_ask_but_not_change(http: httpx2.AsyncClient) -> None:
    answer = await http.get("/graphql", params={"query": "{ __typename }"})
    assert answer.json() == {"data": {"__typename": "Query"}}
    answer = await http.get("/graphql", params={"query": "mutation { logOut { errors { code } } }"})
    assert (_code(answer), answer.status_code) == ("METHOD_NOT_ALLOWED", 405)
    assert "POST" in answer.headers["allow"]
    no_page = {"Accept": "application/json"}
    for parameters in ({}, {"query": "{ __typename }", "variables": "{"}, {"variables": "{}"}):
        answer = await http.get("/graphql", params=parameters, headers=no_page)
        assert _code(answer) == "BAD_REQUEST", parameters
    for odd in ("%ff", "%00", "%7B%20__typename"):
        answer = await http.get(f"/graphql?query={odd}")
        assert answer.status_code < 500
        assert answer.json()["errors"][0]["extensions"]["code"] == "GRAPHQL_PARSE_FAILED"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
async def test_other_methods_are_not_allowed(http: httpx2.AsyncClient, method: str) -> None:
    answer = await http.request(method, "/graphql", json=TYPENAME)
    assert (_code(answer), answer.status_code) == ("METHOD_NOT_ALLOWED", 405)
    assert answer.headers["allow"]


async def test_there_is_nothing_elsewhere(http: httpx2.AsyncClient, stack: TestStack) -> None:
    for base in (stack.gateway_url, f"http://127.0.0.1:{stack.port('api-1')}"):
        for path in ("/nowhere", "/graphql/", "/graphql/x", "/%00", "/%ff", "/..%2fetc"):
            answer = await http.post(base + path, json=TYPENAME)
            assert _code(answer) in {"NOT_FOUND", "BAD_REQUEST"}, (base, path)


async def test_odd_values_are_told_from_our_faults(api: Api) -> None:
    person = await api.sign_up()
    feed = """query($first: Int, $after: String) {
      feed(first: $first, after: $after) { updatesCursor } }"""
    for query, variables in (
        (feed, {"first": 10**20}),
        (feed, {"first": 2**31}),
        (feed, {"first": 1.5}),
        (feed, {"first": "1"}),
        (feed, {"first": True}),
        (feed, {"after": 5}),
        (feed, {"after": ["x"]}),
        (SIGN_UP, {"input": None}),
        (SIGN_UP, {"input": "x"}),
        (SIGN_UP, {"input": {"username": "ada"}}),
        (SIGN_UP, {"input": {"username": "ada", "password": "x" * 8, "role": "admin"}}),
        (SIGN_UP, {"input": {"username": ["ada"], "password": "x" * 8}}),
        ("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": [None]}),
        ("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": [{"a": 1}]}),
    ):
        answer = await api.ask(query, variables, token=person.access_token)
        assert set(answer.codes) == {"BAD_USER_INPUT"}, (variables, answer.body)
    for query in (
        "{ feed(first: 99999999999999999999) { updatesCursor } }",
        '{ user(username: "\\uD800") { id } }',
        "{ " + "viewer { id } " * 3 + "nope }",
        "{ node(id: {a: 1}) { id } }",
    ):
        answer = await api.ask(query, token=person.access_token)
        assert set(answer.codes) <= {"GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED"}, query
        assert answer.codes


async def test_numbers_are_ids_too(api: Api) -> None:
    answer = await api.ask("{ node(id: 5) { id } nodes(ids: [99999999999999999999]) { id } }")
    assert answer.data == {"node": None, "nodes": [None]}


async def test_a_token_of_other_letters_is_no_token(stack: TestStack) -> None:
    body = json.dumps({"query": "{ viewer { id } }"}).encode()
    for authorization in (b"Bearer \xc3\xa4\xff", b"Bearer ", b"\xff", b"Bearer " + b"a" * 8_000):
        answered = await _raw(
            stack,
            b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b"Authorization: %b\r\nContent-Length: %d\r\n\r\n%b" % (authorization, len(body), body),
        )
        assert answered.startswith((b"HTTP/1.1 200", b"HTTP/1.1 400")), (authorization, answered)
