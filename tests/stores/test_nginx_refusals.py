"""What nginx refuses by itself, it refuses in JSON."""

import time
from collections.abc import Iterator
from http.client import RemoteDisconnected
from itertools import chain, repeat
from typing import Final

import pytest

from tests.stores.gateways import assert_refused, impatient_gateway
from tests.wire import answer_to

POST: Final = b"POST /graphql HTTP/1.1\r\nHost: x\r\n"
GET: Final = b"GET /graphql HTTP/1.1\r\nHost: x\r\n"
CHUNKED: Final = b"Transfer-Encoding: chunked\r\n\r\n"
CHUNK: Final = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
LARGE: Final = 30 * 1024**2

MALFORMED: Final = {
    "a handshake of TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "no method": b" /graphql HTTP/1.1\r\nHost: x\r\n\r\n",
    "a method in small letters": b"get /graphql HTTP/1.1\r\nHost: x\r\n\r\n",
    "no protocol": b"GET /graphql FTP/1.1\r\nHost: x\r\n\r\n",
    "HTTP of the future": b"GET /graphql HTTP/3.0\r\nHost: x\r\n\r\n",
    "HTTP/2 unasked": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "an escape that is none": b"GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n",
    "NUL in the path": b"GET /graphql%00 HTTP/1.1\r\nHost: x\r\n\r\n",
    "bytes that are no ASCII in the path": b"GET /graphql\xff HTTP/1.1\r\nHost: x\r\n\r\n",
    "bytes that are no ASCII in the query": b"GET /graphql?\xff HTTP/1.1\r\nHost: x\r\n\r\n",
    "above the root": b"GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
    "no host": b"GET /graphql HTTP/1.1\r\n\r\n",
    "two hosts": GET + b"Host: y\r\n\r\n",
    "a host that is none": b"GET /graphql HTTP/1.1\r\nHost: a b\r\n\r\n",
    "a header with NUL": GET + b"X\0: y\r\n\r\n",
    "a header with a space": GET + b"X y: y\r\n\r\n",
    "two lengths": POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
    "a length of letters": POST + b"Content-Length: x\r\n\r\n",
    "a length below nothing": POST + b"Content-Length: -1\r\n\r\n",
    "a length beyond all numbers": POST + b"Content-Length: " + b"9" * 30 + b"\r\n\r\n",
    "a length and chunks": POST + b"Content-Length: 1\r\n" + CHUNKED + b"0\r\n\r\n",
    "a coding that is unknown": POST + b"Transfer-Encoding: gzip\r\n\r\n",
    "two codings": POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "a coding in capitals and a space": POST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "chunks that are none": POST + CHUNKED + b"zz\r\n",
    "a chunk below nothing": POST + CHUNKED + b"-1\r\n",
}
METHODS: Final = {
    b"TRACE /graphql": "GET, POST",
    b"TRACE /graphql?query=x": "GET, POST",
    b"TRACE /healthz": "GET, HEAD",
    b"CONNECT example.org:443": "GET, HEAD",
    b"PUT /graphql": "GET, POST",
    b"PROPFIND /graphql": "GET, POST",
    b"NO_METHOD /graphql": "GET, POST",
    b"DELETE /healthz": "GET, HEAD",
}


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with impatient_gateway(tmp_path_factory.mktemp("nginx")) as ports:
        yield ports["gateway"]


@pytest.mark.parametrize("name", MALFORMED)
def test_what_is_no_request_is_malformed(gateway: int, name: str) -> None:
    assert_refused(answer_to(gateway, MALFORMED[name]), 400, "BAD_REQUEST")


@pytest.mark.parametrize("line", METHODS)
def test_methods_that_nobody_serves_are_told_which_are_served(gateway: int, line: bytes) -> None:
    answer = answer_to(gateway, line + b" HTTP/1.1\r\nHost: x\r\n\r\n")
    assert_refused(answer, 405, "METHOD_NOT_ALLOWED")
    assert answer.headers["Allow"] == METHODS[line]


def test_an_address_has_its_length(gateway: int) -> None:
    for length, status, code in (
        (8_000, 502, "BAD_GATEWAY"),
        (8_200, 414, "URI_TOO_LONG"),
        (1_000_000, 414, "URI_TOO_LONG"),
    ):
        address = b"GET /graphql?query=" + b"x" * length + b" HTTP/1.1\r\nHost: x\r\n\r\n"
        assert_refused(answer_to(gateway, address), status, code)


def test_headers_have_their_size(gateway: int) -> None:
    for headers in (
        b"X-Large: " + b"x" * 9_000 + b"\r\n",
        b"Cookie: " + b"x" * 100_000 + b"\r\n",
        b"".join(b"X-%d: y\r\n" % number for number in range(5_000)),
    ):
        assert_refused(answer_to(gateway, GET + headers + b"\r\n"), 431, "HEADERS_TOO_LARGE")


def test_who_announces_too_much_is_refused_and_may_send_on(gateway: int) -> None:
    head = POST + b"Content-Length: %d\r\n" % LARGE
    for announced in (head + b"\r\n", head + b"Expect: 100-continue\r\n\r\n"):
        assert_refused(answer_to(gateway, announced), 413, "PAYLOAD_TOO_LARGE")
    sent = chain([head + b"\r\n"], repeat(b"x" * 0x10000, LARGE // 0x10000))
    assert_refused(answer_to(gateway, sent), 413, "PAYLOAD_TOO_LARGE")


def test_who_sends_too_much_unannounced_is_refused_and_may_send_on(gateway: int) -> None:
    sent = chain([POST + CHUNKED], repeat(CHUNK, LARGE // 0x10000))
    assert_refused(answer_to(gateway, sent), 413, "PAYLOAD_TOO_LARGE")
    at_once = chain([POST + CHUNKED + b"%x\r\n" % LARGE], repeat(CHUNK, LARGE // 0x10000))
    assert_refused(answer_to(gateway, at_once), 413, "PAYLOAD_TOO_LARGE")


@pytest.mark.parametrize(
    "begun",
    [
        POST + b"Content-Length: 10\r\n\r\n",
        POST + b"Content-Length: 10\r\n\r\nhalf",
        POST + b"Content-Length: 20000000\r\n\r\n" + b"x" * 1_000_000,
        POST + CHUNKED + b"5\r\nha",
        POST + CHUNKED + b"5\r\nwhole\r\n",
        GET + b"Content-Length: 10\r\n\r\n",
        b"OPTIONS /graphql HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n",
    ],
)
def test_a_body_that_stops_arriving_is_told_so(gateway: int, begun: bytes) -> None:
    begin = time.monotonic()
    assert_refused(answer_to(gateway, begun), 408, "REQUEST_TIMEOUT")
    assert 0.9 < time.monotonic() - begin < 4


def test_a_body_that_arrives_slowly_is_waited_for(gateway: int) -> None:
    def slowly() -> Iterator[bytes]:
        yield POST + b"Content-Length: 4\r\n\r\n"
        for letter in (b"s", b"l", b"o", b"w"):
            time.sleep(0.4)
            yield letter

    assert_refused(answer_to(gateway, slowly()), 502, "BAD_GATEWAY")


@pytest.mark.parametrize("begun", [b"POST /gra", POST, POST + b"Content-Le"])
def test_who_does_not_finish_asking_is_hung_up_on(gateway: int, begun: bytes) -> None:
    with pytest.raises((ConnectionResetError, RemoteDisconnected)):
        answer_to(gateway, begun)
