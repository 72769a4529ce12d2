"""Forms for the staging area of a region's bucket: what of them reaches the store."""

import time
from collections.abc import Iterator
from typing import Final

import httpx2
import pytest

from tests.stores.forms import (
    ALLOWED,
    BUCKET,
    FORM,
    HIDDEN,
    TYPE,
    asked,
    assert_form_refused,
    form_edge,
    send,
    visitor,
)
from tests.stores.gateways import Edge
from tests.wire import answer_to

LARGE: Final = 25 * 1024**2


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    with form_edge(tmp_path_factory.mktemp("edge")) as edge:
        yield edge


@pytest.fixture
def http(edge: Edge) -> Iterator[httpx2.Client]:
    with visitor(edge) as client:
        yield client


def test_a_form_reaches_the_bucket_with_its_type_and_its_length(
    edge: Edge, http: httpx2.Client
) -> None:
    for region in ("eu", "us"):
        answer = send(http, f"/uploads/{region}")
        assert (answer.status_code, answer.content) == (204, b"")
        assert HIDDEN.isdisjoint(answer.headers)
        assert answer.headers["cache-control"] == "no-store"
        (request,) = asked(edge)[f"/photofeed-{region}"]
        assert request.line == f"POST /photofeed-{region} HTTP/1.1"
        assert request.body == FORM
        assert dict(request.headers) == {
            "Host": "store",
            "Content-Type": TYPE,
            "Content-Length": str(len(FORM)),
        }


def test_nothing_else_of_a_request_reaches_a_store(edge: Edge, http: httpx2.Client) -> None:
    hostile = {
        "X_HTTP_Method_Override": "DELETE",
        "X_HTTP_Method": "PUT",
        "Expect": "100-continue",
        "x_amz_acl": "public-read",
        "x_amz_copy_source": "/photofeed-eu/originals/1",
        "x_amz_meta_a": "b",
        "X_Amz_Date": "20261125T000000Z",
        "Authorization": "AWS4 x",
        "Cookie": "a=b",
        "Host": "photofeed-us.store",
        "X_Forwarded_Host": "evil.example",
        "Range": "bytes=0-1",
        "If_None_Match": "*",
        "Accept_Encoding": "gzip",
        "TE": "trailers",
        "Upgrade": "h2c",
        "Connection": "keep-alive, Upgrade",
        "X_Request_Id": "mine-12345678",
    }
    for query in ("", "?policy", "?delete", "?acl&uploads", "?X-Amz-Signature=1", "?", "?/../us"):
        assert send(http, f"/uploads/eu{query}", **hostile).status_code == 204
    assert set(asked(edge)) == {BUCKET}
    for request in asked(edge)[BUCKET]:
        assert request.line == f"POST {BUCKET} HTTP/1.1"
        assert set(request.headers) == {"Host", "Content-Type", "Content-Length"}
        assert request.headers["Host"] == "store"


@pytest.mark.parametrize(
    "path",
    [
        *("/uploads", "/uploads/", "/uploads/mars", "/uploads/EU", "/uploads/eu/", "/uploads/eu/x"),
        *("/uploads/eu/../us", "/uploads/eu%2f", "/uploads/eu%3Fpolicy", "/uploads/eu;acl"),
        *("/uploads/eu%00", "/photofeed-eu", "/eu", "/_form_error", "/_form_preflight", "/gone"),
        *("/uploads/eu/staging/1", "/uploads/eu%0d%0aHost:x", "/uploads/eu%20", "/uploads//us/x"),
    ],
)
def test_no_other_path_takes_forms(edge: Edge, http: httpx2.Client, path: str) -> None:
    answer = answer_to(
        edge.port,
        f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {TYPE}\r\n"
        f"Content-Length: {len(FORM)}\r\n\r\n".encode()
        + FORM,
    )
    told = ("us",) if path == "/uploads/eu/../us" else ()
    assert answer.status == (204 if told else 400 if "%00" in path else 404), answer.body
    assert set(asked(edge)) == {f"/photofeed-{region}" for region in told}


@pytest.mark.parametrize(
    "method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "COPY", "PROPFIND", "TRACE", "post"]
)
def test_no_other_method_reaches_a_store(edge: Edge, http: httpx2.Client, method: str) -> None:
    head = f"{method} /uploads/eu HTTP/1.1\r\nHost: x\r\nContent-Type: {TYPE}\r\n"
    if method == "HEAD":
        answer = http.head("/uploads/eu")
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST, OPTIONS")
    else:
        got = answer_to(edge.port, f"{head}Content-Length: 0\r\n\r\n".encode())
        assert got.status == (400 if method == "post" else 405)
        assert got.status == 400 or got.headers["Allow"] == "POST, OPTIONS"
    assert not asked(edge)


@pytest.mark.parametrize(
    "content_type",
    [
        *("", "application/json", "application/x-www-form-urlencoded", "multipart/form-data"),
        *(
            "multipart/mixed; boundary=x",
            "text/plain; multipart/form-data; boundary=x",
            "image/webp",
        ),
        *("multipart/form-datax; boundary=x", "application/xml"),
    ],
)
def test_only_forms_with_files_are_forms(
    edge: Edge, http: httpx2.Client, content_type: str
) -> None:
    assert_form_refused(send(http, Content_Type=content_type), 415, "UNSUPPORTED_MEDIA_TYPE")
    assert not asked(edge)


def test_a_form_that_is_larger_than_any_photo_is_refused_at_once(
    edge: Edge, http: httpx2.Client
) -> None:
    head = f"POST /uploads/eu HTTP/1.1\r\nHost: x\r\nContent-Type: {TYPE}\r\n"
    announced = answer_to(edge.port, f"{head}Content-Length: {LARGE}\r\n\r\n".encode())
    chunk = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
    chunked = answer_to(
        edge.port, [f"{head}Transfer-Encoding: chunked\r\n\r\n".encode(), *[chunk] * 25]
    )
    for answer in (announced, chunked):
        assert answer.status == 413
        assert answer.json["errors"][0]["extensions"] == {"code": "PAYLOAD_TOO_LARGE"}
    assert not asked(edge)


def test_a_form_that_stops_arriving_is_told_so_and_keeps_no_store_waiting(
    edge: Edge, http: httpx2.Client
) -> None:
    begun = f"POST /uploads/eu HTTP/1.1\r\nHost: x\r\nContent-Type: {TYPE}\r\nOrigin: {ALLOWED[0]}"
    answer = answer_to(edge.port, f"{begun}\r\nContent-Length: 10\r\n\r\nhalf".encode())
    assert answer.status == 408
    assert answer.json["errors"][0]["extensions"] == {"code": "REQUEST_TIMEOUT"}
    assert answer.headers["Access-Control-Allow-Origin"] == ALLOWED[0]
    assert not asked(edge)


def test_a_form_that_arrives_slowly_reaches_the_store_at_once(
    edge: Edge, http: httpx2.Client
) -> None:
    def slowly() -> Iterator[bytes]:
        yield f"POST /uploads/eu HTTP/1.1\r\nHost: x\r\nContent-Type: {TYPE}\r\n".encode()
        yield f"Content-Length: {len(FORM)}\r\n\r\n".encode()
        for part in (FORM[:3], FORM[3:9], FORM[9:]):
            time.sleep(0.4)
            assert not asked(edge)
            yield part

    assert answer_to(edge.port, slowly()).status == 204
    assert asked(edge)[BUCKET][0].body == FORM
