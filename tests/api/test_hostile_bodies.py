"""Bodies that are no request: the client's mistake, said in JSON, through either door."""

import json
from collections.abc import Mapping
from typing import Final

import httpx2
import pytest

from tests.api.hostile import AS_JSON, RESPONSE, TYPENAME, Doors, codes_of
from tests.stack import TestStack

pytestmark = pytest.mark.usefixtures("unharmed")

QUERY: Final = b'{"query": "{ __typename }", '
IDS: Final = b'{"query": "query($x: [ID!]!) { nodes(ids: $x) { id } }", "variables": {"x": %b}}'
MEBIBYTE: Final = 1024**2

NO_REQUEST: Final[Mapping[str, bytes]] = {
    "nothing": b"",
    "spaces": b" " * 100_000,
    "null": b"null",
    "true": b"true",
    "a string": b'"x"',
    "a number": b"5",
    "a number beyond all": b"1e999",
    "an integer of 400 digits": b"1" + b"0" * 400,
    "an integer of 100,000 digits": b"9" * 100_000,
    "not a number": b"NaN",
    "a list": b"[]",
    "a list of requests": b'[{"query": "{ __typename }"}]',
    "an empty object": b"{}",
    "no JSON": b"{ __typename }",
    "single quotes": b"{'query': '{ __typename }'}",
    "a comment": b'{"query": "{ __typename }" /* x */}',
    "a comma too many": b'{"query": "{ __typename }",}',
    "half": b'{"query": "{ __type',
    "two of them": b'{"query": "{ __typename }"}{"query": "{ __typename }"}',
    "NUL after it": b'{"query": "{ __typename }"}\0',
    "NUL": b"\0" * 1_000,
    "invalid UTF-8": b'{"query": "{ __typename }\xff"}',
    "overlong UTF-8": b'{"query": "{ __typename }\xc0\xaf"}',
    "a surrogate in UTF-8": b'{"query": "{ __typename }\xed\xa0\x80"}',
    "UTF-16": json.dumps(TYPENAME).encode("utf-16"),
    "UTF-16 without its mark": json.dumps(TYPENAME).encode("utf-16-le"),
    "UTF-32": json.dumps(TYPENAME).encode("utf-32"),
    "UTF-8 with a mark": b"\xef\xbb\xbf" + json.dumps(TYPENAME).encode(),
    "very deep": b"[" * 100_000,
    "very deep and closed": b"[" * 100_000 + b"]" * 100_000,
    "very deep objects": b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
    "a lone surrogate": b'{"query": "{ __typename }", "variables": {"x": "\\ud800"}}',
    "a lone surrogate in the query": b'{"query": "{ __typename } #\\udfff"}',
    "query null": b'{"query": null}',
    "query a number": b'{"query": 5}',
    "query a list": b'{"query": ["{ __typename }"]}',
    "query an object": b'{"query": {"__typename": true}}',
    "query empty": b'{"query": ""}',
    "variables a list": QUERY + b'"variables": [1]}',
    "variables a string": QUERY + b'"variables": "x"}',
    "variables a number": QUERY + b'"variables": 0}',
    "variables very deep": QUERY + b'"variables": {"x": ' + b"[" * 10_000 + b"]" * 10_000 + b"}}",
    "operationName a number": QUERY + b'"operationName": 5}',
    "operationName a list": QUERY + b'"operationName": ["x"]}',
    "operationName unknown": QUERY + b'"operationName": "x"}',
    "extensions a string": QUERY + b'"extensions": "x"}',
    "extensions a list": QUERY + b'"extensions": []}',
    "a persisted query that is none": b'{"extensions": {"persistedQuery": 5}}',
    "a hash that is none": b'{"extensions": {"persistedQuery": {"version": 1, "sha256Hash": 5}}}',
    "a hash of something else": QUERY
    + b'"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "00"}}}',
}

NOT_RUN: Final[Mapping[str, tuple[bytes, str]]] = {
    "query spaces": (b'{"query": " , ,"}', "GRAPHQL_PARSE_FAILED"),
    "only a fragment": (
        b'{"query": "fragment f on Query { __typename }"}',
        "GRAPHQL_VALIDATION_FAILED",
    ),
    "query NUL": (b'{"query": "\\u0000"}', "GRAPHQL_PARSE_FAILED"),
    "query with a mark": (b'{"query": "\\ufffe{ __typename }"}', "GRAPHQL_PARSE_FAILED"),
    "a variable missing": (IDS.replace(b'"x": %b', b""), "BAD_USER_INPUT"),
    "a variable null": (IDS % b"null", "BAD_USER_INPUT"),
    "a variable an object": (IDS % b'{"__class__": {"__proto__": 1}}', "BAD_USER_INPUT"),
    "a variable deep": (IDS % (b"[" * 400 + b"]" * 400), "BAD_USER_INPUT"),
    "a variable deeper": (IDS % (b"[" * 1_000 + b"]" * 1_000), "BAD_USER_INPUT"),
    "a variable of deep objects": (
        IDS % (b'{"a":' * 1_000 + b"1" + b"}" * 1_000),
        "BAD_USER_INPUT",
    ),
    "a variable with NUL in it": (IDS % b'[null, "\\u0000"]', "BAD_USER_INPUT"),
    "very many of a variable": (
        IDS % (b"[" + b",".join([b"null"] * 40_000) + b"]"),
        "BAD_USER_INPUT",
    ),
}

HARMLESS: Final[Mapping[str, bytes]] = {
    "keys twice": b'{"query": "{", "query": "{ __typename }"}',
    "a prototype": QUERY + b'"__proto__": {"query": "{"}, "constructor": {"prototype": 1}}',
    "keys of Python": QUERY + b'"__class__": 1, "variables": {"__init__": {"__globals__": 1}}}',
    "variables that nobody asked for": QUERY + b'"variables": {"x": 1.7976931348623157e308}}',
    "a variable without a name": QUERY + b'"variables": {"": {}, "\\u0000": []}}',
    "nulls": QUERY + b'"variables": null, "operationName": null, "extensions": null}',
    "extensions nobody knows": QUERY + b'"extensions": {"persisted_query": 5, "x": [[]]}}',
    "a name that is empty": QUERY + b'"operationName": ""}',
    "space around": b" \r\n\t" + QUERY + b'"variables": {}} \n',
}


@pytest.mark.parametrize("name", NO_REQUEST)
def test_what_is_no_request_is_the_client_s_mistake(doors: Doors, name: str) -> None:
    for door, client in doors.items():
        answer = client.post("/graphql", content=NO_REQUEST[name], headers=AS_JSON)
        assert answer.status_code == 400, (door, answer.text)
        assert codes_of(answer) == {"BAD_REQUEST"}, door


@pytest.mark.parametrize("name", NOT_RUN)
def test_what_is_a_request_and_cannot_be_run_is_so_too(doors: Doors, name: str) -> None:
    body, code = NOT_RUN[name]
    for door, client in doors.items():
        plain = client.post("/graphql", content=body, headers=AS_JSON)
        assert (plain.status_code, codes_of(plain)) == (200, {code}), door
        newer = client.post("/graphql", content=body, headers={**AS_JSON, "Accept": RESPONSE})
        assert (newer.status_code, codes_of(newer)) == (400, {code}), door


@pytest.mark.parametrize("name", HARMLESS)
def test_what_is_only_odd_is_answered(doors: Doors, name: str) -> None:
    for door, client in doors.items():
        answer = client.post("/graphql", content=HARMLESS[name], headers=AS_JSON)
        assert answer.status_code == 200, (door, answer.text)
        assert answer.json()["data"] == {"__typename": "Query"}, door


@pytest.mark.parametrize("number", [b"1e999", b"-1e999", b"1" + b"0" * 400, b"1e-999", b"-0.0"])
def test_numbers_that_are_none_of_ours(doors: Doors, number: bytes) -> None:
    query = b'{"query": "query($n: Int) { feed(first: $n) { updatesCursor } }", "variables": %b}'
    body = query % (b'{"n": %b}' % number)
    for client in doors.values():
        answer = client.post("/graphql", content=body, headers=AS_JSON)
        assert codes_of_any(answer) <= {"BAD_REQUEST", "BAD_USER_INPUT", "UNAUTHENTICATED"}


def codes_of_any(answer: httpx2.Response) -> set[str]:
    """The codes of a request that may have been run."""
    assert answer.status_code < 500, answer.text
    codes: set[str] = {error["extensions"]["code"] for error in answer.json()["errors"]}
    return codes


def test_a_body_has_its_size(doors: Doors, stack: TestStack) -> None:
    most = stack.settings.operation_max_bytes
    fits = json.dumps({"query": "{ __typename }", "x": ""})
    padding = "x" * (most - len(fits))
    for door, client in doors.items():
        answer = client.post(
            "/graphql", content=fits.replace('""', f'"{padding}"'), headers=AS_JSON
        )
        assert answer.status_code == 200, (door, answer.text)
        for size in (most + 1, MEBIBYTE, 20 * MEBIBYTE):
            pieces = (b"x" * min(65_536, size - at) for at in range(0, size, 65_536))
            for content in (b"x" * size, pieces):
                answer = client.post("/graphql", content=content, headers=AS_JSON)
                assert answer.status_code == 413, (door, size)
                assert codes_of(answer) == {"PAYLOAD_TOO_LARGE"}
