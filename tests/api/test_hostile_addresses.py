"""Addresses and headers of all kinds: taken or refused as they should be, at either door."""

import json
from typing import Final

import pytest

from tests.api.hostile import (
    JSON,
    NOT_RUN,
    PREFLIGHT,
    RESPONSE,
    TYPENAME,
    Doors,
    codes_of,
)
from tests.stack import TestStack
from tests.wire import WireAnswer, answer_to, post

pytestmark = pytest.mark.usefixtures("unharmed")

BODY: Final = json.dumps(TYPENAME).encode()
MUTATION: Final = "mutation { logOut { errors { code } } }"
SUBSCRIPTION: Final = "subscription { feedUpdates { __typename } }"


def test_an_address_can_ask_but_not_change(doors: Doors) -> None:
    for door, client in doors.items():
        for accept in ("*/*", JSON, RESPONSE, "text/event-stream, */*"):
            headers = {"Accept": accept}
            asked = client.get("/graphql", params={"query": "{ __typename }"}, headers=headers)
            assert asked.json()["data"] == {"__typename": "Query"}, door
            for query in (MUTATION, f"query a {{ __typename }} {MUTATION.replace('{', 'b {', 1)}"):
                parameters = {"query": query} | ({"operationName": "b"} if "a {" in query else {})
                answer = client.get("/graphql", params=parameters, headers=headers | PREFLIGHT)
                assert (answer.status_code, codes_of(answer)) == (405, {"METHOD_NOT_ALLOWED"})
                assert answer.headers["allow"] in {"POST", "GET, POST"}


def test_a_subscription_needs_a_stream(doors: Doors) -> None:
    for door, client in doors.items():
        for answer in (
            client.post("/graphql", json={"query": SUBSCRIPTION}),
            client.get("/graphql", params={"query": SUBSCRIPTION}),
        ):
            assert answer.status_code in {405, 406}, door
            assert codes_of(answer) <= {"METHOD_NOT_ALLOWED", "NOT_ACCEPTABLE"}, door


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?",
        "?query",
        "?query=",
        "?variables={}",
        "?query={__typename}&variables={",
        "?query={__typename}&variables=[]",
        "?query={__typename}&variables=5",
        "?query={__typename}&variables=" + "[" * 3_000,
        "?query={__typename}&extensions=x",
        "?query={__typename}&extensions=[]",
        "?query={__typename}&operationName=x",
        "?query={__typename}&query={__typename}",
        "?query=%ff",
        "?query=%ed%a0%80",
        "?query={__typename}&x=%ff",
        "?query%ff={__typename}",
        "?" + "&" * 5_000,
        "?" + "&".join(f"x{n}=" for n in range(1_000)),
    ],
)
def test_an_address_that_is_no_request(doors: Doors, query: str) -> None:
    for door, client in doors.items():
        answer = client.get(f"/graphql{query}", headers={"Accept": JSON})
        assert (answer.status_code, codes_of(answer)) == (400, {"BAD_REQUEST"}), door


@pytest.mark.parametrize("query", ["%00", "%7B%20__typename", "fragment+f+on+Query+{id}", "{a}"])
def test_an_address_that_cannot_be_run(doors: Doors, query: str) -> None:
    for door, client in doors.items():
        answer = client.get(f"/graphql?query={query}", headers={"Accept": RESPONSE})
        assert answer.status_code == 400, door
        assert codes_of(answer) <= NOT_RUN, door


def test_there_is_nothing_elsewhere(doors: Doors) -> None:
    for door, client in doors.items():
        for path in ("/nowhere", "/graphql/", "/graphql/x", "/%00", "/%ff", "/..%2fetc", "/x//y"):
            answer = client.post(path, json=TYPENAME)
            assert codes_of(answer) <= {"NOT_FOUND", "BAD_REQUEST"}, (door, path)


@pytest.mark.parametrize(
    "headers",
    [
        {"Expect": "100-continue"},
        {"Expect": "nonsense"},
        {"Connection": "close, x, \t"},
        {"Upgrade": "\xff"},
        {"TE": "trailers, deflate;q=0.5"},
        {"Cookie": "\xff=\xfe; ;;="},
        {"X_Forwarded_For": "\xff,,,[::1, abc", "Forwarded": "for=;;;"},
        {"Origin": "null"},
        {"Origin": "\xff://\xff"},
        {"Range": "bytes=0-1,5-"},
        {"If_None_Match": "*", "If_Modified_Since": "yesterday"},
        {"X_HTTP_Method_Override": "DELETE"},
        {"Accept_Encoding": "x;q=9, \xff", "Accept_Language": "-" * 4_000},
    ],
)
def test_headers_that_are_none_of_ours_change_nothing(
    stack: TestStack, headers: dict[str, str]
) -> None:
    sent = post("/graphql", BODY, Content_Type=JSON, **headers)
    for name in ("gateway", "api-1"):
        answer = answer_to(stack.port(name), sent)
        assert answer.status == 200, (name, answer.body)
        assert answer.json["data"] == {"__typename": "Query"}, name


def test_an_upgrade_that_is_none_is_a_plain_request(stack: TestStack) -> None:
    for upgrade in ("h2c", "websocket", "\xff"):
        sent = post("/graphql", BODY, Content_Type=JSON, Connection="upgrade", Upgrade=upgrade)
        answer = answer_to(stack.port("gateway"), sent)
        assert answer.status == 200, (upgrade, answer.body)
        assert answer.json["data"] == {"__typename": "Query"}, upgrade


@pytest.mark.parametrize(
    "sent",
    [
        post("/graphql", BODY, Content_Type=JSON, X_Odd="\x01"),
        post("/graphql", BODY, Content_Type=JSON, Authorization="Bearer \x7f"),
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Odd: \x1b[0m\r\n\r\n",
    ],
)
def test_control_characters_are_refused_in_headers(stack: TestStack, sent: bytes) -> None:
    for name in ("gateway", "api-1"):
        _assert_malformed(answer_to(stack.port(name), sent))


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"NOTHING /graphql HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /graphql?\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
        b"POST /graphql HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_what_is_no_http_is_refused_by_a_process_too(stack: TestStack, sent: bytes) -> None:
    _assert_malformed(answer_to(stack.port("api-1"), sent))


def _assert_malformed(answer: WireAnswer) -> None:
    assert (answer.status, answer.headers.get_content_type()) == (400, JSON), answer.body
    assert answer.json["errors"][0]["extensions"] == {"code": "BAD_REQUEST"}
    assert answer.headers["X-Request-Id"]
