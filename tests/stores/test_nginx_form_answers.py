"""Forms for the staging area of a region's bucket: what whoever sends them is told."""

from collections.abc import Iterator
from typing import Final

import httpx2
import pytest

from tests.stores.forms import (
    ALLOWED,
    BUCKET,
    HIDDEN,
    asked,
    assert_form_refused,
    form_edge,
    send,
    visitor,
)
from tests.stores.gateways import Edge
from tests.stores.origins import CLOSES

OTHERS: Final = (
    *("https://evil.example", "https://app.example.org.evil.example", "http://app.example.org"),
    *("https://app.example.org:8443", "https://appxexample.org", "null"),
)


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    with form_edge(tmp_path_factory.mktemp("edge")) as edge:
        yield edge


@pytest.fixture
def http(edge: Edge) -> Iterator[httpx2.Client]:
    with visitor(edge) as client:
        yield client


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        *((said, 403, "FORBIDDEN") for said in (301, 303, 307, 401, 403)),
        *((said, 400, "BAD_REQUEST") for said in (400, 411, 412)),
        (413, 413, "PAYLOAD_TOO_LARGE"),
        *((said, 503, "SERVICE_UNAVAILABLE") for said in (404, 429, 500, 501, 502, 503, 504)),
        (CLOSES, 503, "SERVICE_UNAVAILABLE"),
    ],
)
def test_what_a_store_refuses_is_refused_in_our_own_words(
    edge: Edge, http: httpx2.Client, said: int | str, status: int, code: str
) -> None:
    edge.origins["eu"].otherwise = said
    answer = send(http, Origin=ALLOWED[0])
    assert_form_refused(answer, status, code)
    assert answer.headers["access-control-allow-origin"] == ALLOWED[0]
    assert answer.headers.get("retry-after") == ("5" if status == 503 else None)
    assert len(asked(edge)[BUCKET]) == 1


@pytest.mark.parametrize("said", [200, 201])
def test_of_what_a_store_says_of_success_nothing_gets_out(
    edge: Edge, http: httpx2.Client, said: int
) -> None:
    edge.origins["eu"].otherwise = said
    answer = send(http)
    assert (answer.status_code, answer.content) == (said, b"")
    assert HIDDEN.isdisjoint(answer.headers)
    assert send(http).status_code == said


def test_a_store_that_is_away_is_to_be_asked_later(edge: Edge, http: httpx2.Client) -> None:
    edge.origins["eu"].stop()
    try:
        assert_form_refused(send(http), 503, "SERVICE_UNAVAILABLE")
    finally:
        edge.origins["eu"].start()
    assert send(http).status_code == 204


@pytest.mark.parametrize("origin", ALLOWED)
def test_pages_of_chosen_origins_may_send_forms(http: httpx2.Client, origin: str) -> None:
    asks = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    asks |= {"Access-Control-Request-Headers": "content-type"}
    leave = http.options("/uploads/eu", headers=asks)
    assert (leave.status_code, leave.content) == (204, b"")
    assert leave.headers["access-control-allow-methods"] == "POST"
    assert "content-type" in leave.headers["access-control-allow-headers"].lower()
    assert int(leave.headers["access-control-max-age"]) >= 600
    for answer in (leave, send(http, Origin=origin), send(http, Origin=origin, Content_Type="x")):
        assert answer.headers["access-control-allow-origin"] == origin
        assert answer.headers["vary"] == "Origin"
        assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize("origin", [*OTHERS, ""])
def test_pages_of_others_may_not(edge: Edge, http: httpx2.Client, origin: str) -> None:
    asks = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    leave = http.options("/uploads/eu", headers=asks if origin else {})
    assert_form_refused(leave, 403, "FORBIDDEN")
    for answer in (leave, send(http, Origin=origin), send(http, "/uploads/us", Content_Type="x")):
        assert "access-control-allow-origin" not in answer.headers
        assert answer.headers["vary"] == "Origin"
