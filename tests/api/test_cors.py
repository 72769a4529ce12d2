"""Pages of other origins: those that were chosen may call the API, and no others."""

from collections.abc import Iterator
from typing import Any, Final

import httpx2
import pytest

from tests.api.applications import process
from tests.api.hostile import ANSWER_SECONDS, JSON, TYPENAME, codes_of
from tests.stack import TestStack

ALLOWED: Final = ("https://app.example.org", "http://localhost:5173")
OTHERS: Final = (
    "null",
    "https://evil.example",
    "http://app.example.org",
    "https://app.example.org:8443",
    "https://app.example.org.evil.example",
    "https://evil-app.example.org",
    "https://app.example.org/",
    "https://app.example.org, https://evil.example",
    "*",
    "",
)
SENT: Final = (
    *("authorization", "content-type", "x-request-id"),
    *("apollo-require-preflight", "graphql-require-preflight", "x-requested-with"),
)
EXPOSED: Final = {
    *("x-request-id", "retry-after"),
    *("ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"),
}

UPLOADS_EXPOSED: Final = {
    *("location", "upload-offset", "upload-length", "upload-metadata", "upload-expires"),
    *("tus-resumable", "tus-version", "tus-extension", "tus-max-size", "tus-checksum-algorithm"),
}


@pytest.fixture(scope="module")
def http(stack: TestStack) -> Iterator[httpx2.Client]:
    """An API process that pages of some origins may call."""
    chosen = {"allowed_origins": f'["{ALLOWED[0]}", "{ALLOWED[1]}"]'}
    with process(stack, chosen) as port:
        url = f"http://127.0.0.1:{port}"
        with httpx2.Client(base_url=url, timeout=ANSWER_SECONDS) as client:
            yield client


def preflight(http: httpx2.Client, origin: str, headers: str, method: str) -> httpx2.Response:
    """What a browser asks before a page's request."""
    asked = {"Origin": origin, "Access-Control-Request-Method": method}
    asked |= {"Access-Control-Request-Headers": headers} if headers else {}
    return http.options("/graphql", headers=asked)


def listed(answer: httpx2.Response, name: str) -> set[str]:
    """The members of a header, in small letters."""
    return {each.strip().lower() for each in answer.headers.get(name, "").split(",")}


def allows_nothing(answer: httpx2.Response) -> bool:
    return "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("origin", ALLOWED)
@pytest.mark.parametrize("headers", [*SENT, ",".join(sorted(SENT)), ""])
def test_a_chosen_origin_gets_leave_to_send_what_clients_send(
    http: httpx2.Client, origin: str, headers: str
) -> None:
    for method in ("POST", "GET"):
        answer = preflight(http, origin, headers, method)
        assert answer.status_code in {200, 204}, answer.text
        assert answer.headers["access-control-allow-origin"] == origin
        assert {"get", "post"} <= listed(answer, "access-control-allow-methods")
        if headers:
            assert set(headers.split(",")) <= listed(answer, "access-control-allow-headers")
        assert int(answer.headers["access-control-max-age"]) >= 600
        assert "origin" in listed(answer, "vary")


@pytest.mark.parametrize("origin", ALLOWED)
def test_a_chosen_origin_reads_the_answer_and_its_headers(http: httpx2.Client, origin: str) -> None:
    answer = http.post("/graphql", json=TYPENAME, headers={"Origin": origin})
    assert answer.json()["data"] == {"__typename": "Query"}
    assert answer.headers["access-control-allow-origin"] == origin
    assert listed(answer, "access-control-expose-headers") >= EXPOSED
    assert listed(answer, "vary") >= {"origin", "accept", "authorization"}
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize(
    ("status", "request_"),
    [
        (400, {"method": "POST", "url": "/graphql", "content": b"{", "headers": {}}),
        (404, {"method": "GET", "url": "/nowhere"}),
        (405, {"method": "PUT", "url": "/graphql"}),
        (406, {"method": "POST", "url": "/graphql", "json": TYPENAME, "headers": {"Accept": "x"}}),
        (413, {"method": "POST", "url": "/graphql", "content": b"x" * 1024**2}),
        (415, {"method": "POST", "url": "/graphql", "headers": {"Content-Type": "text/plain"}}),
        (200, {"method": "POST", "url": "/graphql", "json": {"query": "{ nope }"}}),
    ],
)
def test_a_chosen_origin_reads_why_it_was_refused(
    http: httpx2.Client, status: int, request_: dict[str, Any]
) -> None:
    headers = {"Origin": ALLOWED[0], "Content-Type": JSON, **request_.pop("headers", {})}
    answer = http.request(**request_, headers=headers)
    assert answer.status_code == status
    assert codes_of(answer)
    assert answer.headers["access-control-allow-origin"] == ALLOWED[0]
    assert listed(answer, "access-control-expose-headers") >= EXPOSED


@pytest.mark.parametrize("origin", OTHERS)
def test_any_other_origin_gets_no_leave(http: httpx2.Client, origin: str) -> None:
    refused = preflight(http, origin, "content-type", "POST")
    assert allows_nothing(refused)
    assert refused.status_code >= 400
    assert codes_of(refused)
    for answer in (
        http.post("/graphql", json=TYPENAME, headers={"Origin": origin}),
        http.get("/graphql", params=TYPENAME, headers={"Origin": origin}),
        http.post("/graphql", content=b"{", headers={"Origin": origin}),
        http.get("/nowhere", headers={"Origin": origin}),
    ):
        assert allows_nothing(answer)


def test_no_leave_for_other_methods(http: httpx2.Client) -> None:
    refused = preflight(http, ALLOWED[0], "", "DELETE")
    assert refused.status_code >= 400
    assert codes_of(refused)


def test_without_a_choice_nobody_gets_leave(stack: TestStack) -> None:
    with httpx2.Client(base_url=stack.gateway_url, timeout=ANSWER_SECONDS) as http:
        for origin in ALLOWED:
            refused = preflight(http, origin, "content-type", "POST")
            assert allows_nothing(refused)
            assert codes_of(refused)
            assert allows_nothing(http.post("/graphql", json=TYPENAME, headers={"Origin": origin}))


def test_a_chosen_origin_uploads_in_parts_and_reads_how_far_it_came(http: httpx2.Client) -> None:
    sent = "authorization,tus-resumable,upload-length,upload-offset,upload-checksum,content-type"
    for method in ("POST", "HEAD", "PATCH", "DELETE"):
        asked = {"Origin": ALLOWED[0], "Access-Control-Request-Method": method}
        asked |= {"Access-Control-Request-Headers": sent}
        for path in ("/uploads", "/uploads/x"):
            answer = http.options(path, headers=asked)
            assert answer.status_code in {200, 204}
            assert answer.headers["access-control-allow-origin"] == ALLOWED[0]
            assert method.lower() in listed(answer, "access-control-allow-methods")
            assert set(sent.split(",")) <= listed(answer, "access-control-allow-headers")
    for answer in (
        http.options("/uploads", headers={"Origin": ALLOWED[0]}),
        http.post("/uploads", headers={"Origin": ALLOWED[0], "Tus-Resumable": "1.0.0"}),
    ):
        assert answer.status_code in {204, 401}
        assert answer.headers["tus-resumable"] == "1.0.0"
        assert answer.headers["access-control-allow-origin"] == ALLOWED[0]
        assert listed(answer, "access-control-expose-headers") >= EXPOSED | UPLOADS_EXPOSED


def test_any_other_origin_uploads_nothing(http: httpx2.Client) -> None:
    for origin in OTHERS:
        asked = {"Origin": origin, "Access-Control-Request-Method": "PATCH"}
        refused = http.options("/uploads/x", headers=asked)
        assert allows_nothing(refused)
        assert codes_of(refused)
        assert allows_nothing(http.post("/uploads", headers={"Origin": origin}))
