"""Media types and methods of all kinds: taken or refused as they should be, at either door."""

import gzip
import json
from typing import Final

import pytest

from tests.api.hostile import (
    AS_JSON,
    JSON,
    RESPONSE,
    TYPENAME,
    Doors,
    codes_of,
)

pytestmark = pytest.mark.usefixtures("unharmed")

BODY: Final = json.dumps(TYPENAME).encode()

NO_JSON: Final = (
    "text/plain",
    "application/xml",
    "application/graphql",
    "application/x-www-form-urlencoded",
    "text/application/json",
    "application/jsonp",
    "application/json5",
    "application/ json",
    "application",
    "json",
    "x",
    "",
    ";",
    "application/json, text/plain",
    "application/json; charset=utf-16",
    "application/json; charset=latin-1",
    "application/json; charset=nonsense",
    "application/json; charset=",
    "application/json; charset*=utf-16''x",
    "application/" + "j" * 5_000,
)
IS_JSON: Final = (
    "application/json",
    "application/JSON",
    "Application/Json ; charset=UTF-8",
    'application/json;charset="utf-8"',
    "application/json; charset=utf8",
    "application/json;",
    "application/json; q=1; x=y",
)
NOT_ACCEPTED: Final = (
    "application/xml",
    "text/*",
    "image/png, text/plain",
    "application/json;q=0",
    "application/json; q=0.000, application/graphql-response+json;Q=0",
    "application/graphql-response+json;q=0",
    "nonsense",
    "*",
    "application/jsonx",
)
ACCEPTED: Final = {
    None: JSON,
    "*/*": JSON,
    "application/*": JSON,
    "*/*;q=0.1": JSON,
    JSON: JSON,
    "APPLICATION/JSON": JSON,
    RESPONSE: RESPONSE,
    f"{RESPONSE}, {JSON}": RESPONSE,
    f"{JSON};q=0.9, {RESPONSE}": RESPONSE,
    f"{RESPONSE};q=0.5, {JSON}": JSON,
    f"text/html, {JSON};q=0.1": JSON,
    "text/html;q=nonsense, */*;q=nan": JSON,
    ";;;,,,q=, */*": JSON,
    ", ".join(f"x/{n}" for n in range(700)) + ", */*": JSON,
}


@pytest.mark.parametrize("sent_as", NO_JSON)
def test_a_type_that_is_no_json_is_not_supported(doors: Doors, sent_as: str) -> None:
    for door, client in doors.items():
        answer = client.post("/graphql", content=BODY, headers={"Content-Type": sent_as})
        assert (answer.status_code, codes_of(answer)) == (415, {"UNSUPPORTED_MEDIA_TYPE"}), door


@pytest.mark.parametrize("sent_as", IS_JSON)
def test_json_may_be_called_so_in_many_ways(doors: Doors, sent_as: str) -> None:
    for door, client in doors.items():
        answer = client.post("/graphql", content=BODY, headers={"Content-Type": sent_as})
        assert answer.json()["data"] == {"__typename": "Query"}, door


def test_a_body_says_what_it_is_and_is_not_compressed(doors: Doors) -> None:
    for door, client in doors.items():
        untyped = client.post("/graphql", content=BODY)
        assert (untyped.status_code, codes_of(untyped)) == (415, {"UNSUPPORTED_MEDIA_TYPE"}), door
        for coding in ("gzip", "deflate", "br", "zstd", "gzip, gzip", "x", "identity, gzip"):
            headers = {**AS_JSON, "Content-Encoding": coding}
            answer = client.post("/graphql", content=gzip.compress(BODY), headers=headers)
            assert (answer.status_code, codes_of(answer)) == (415, {"UNSUPPORTED_MEDIA_TYPE"})


@pytest.mark.parametrize("accept", NOT_ACCEPTED)
def test_what_cannot_be_answered_is_not_acceptable(doors: Doors, accept: str) -> None:
    for door, client in doors.items():
        answer = client.post("/graphql", json=TYPENAME, headers={"Accept": accept})
        assert (answer.status_code, codes_of(answer)) == (406, {"NOT_ACCEPTABLE"}), door


@pytest.mark.parametrize("accept", ACCEPTED)
def test_an_answer_is_what_was_asked_for(doors: Doors, accept: str | None) -> None:
    for door, client in doors.items():
        request = client.build_request("POST", "/graphql", json=TYPENAME)
        del request.headers["Accept"]
        request.headers.update({"Accept": accept} if accept else {})
        answer = client.send(request)
        assert answer.headers["content-type"] == f"{ACCEPTED[accept]}; charset=utf-8", door
        assert answer.json()["data"] == {"__typename": "Query"}, door
        assert "accept" in answer.headers["vary"].lower(), door


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "PROPFIND"])
def test_other_methods_are_not_allowed(doors: Doors, method: str) -> None:
    for door, client in doors.items():
        for body in (TYPENAME, None):
            answer = client.request(method, "/graphql", json=body)
            assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST"), door
            if method == "HEAD":
                assert answer.content == b""
            else:
                assert codes_of(answer) == {"METHOD_NOT_ALLOWED"}, door
