"""What nginx refuses by itself, it refuses in JSON: a real one, of which no API is behind."""

import json
import subprocess
import time
from collections.abc import Iterator
from http.client import RemoteDisconnected
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import chain, repeat
from pathlib import Path
from threading import Thread
from typing import Final

import pytest

from docker.local.home import Home
from docker.local.nginx import local_variables, render
from docker.local.ports import HOST, Ports, free_ports, is_free
from docker.local.processes import nginx_command
from docker.local.servers import find_servers
from tests.wire import WireAnswer, answer_to, post

START_SECONDS: Final = 10
IMPATIENT: Final = {"PHOTOFEED_NGINX_HEADER_TIMEOUT": "1s", "PHOTOFEED_NGINX_BODY_TIMEOUT": "1s"}
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
}


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ports]:
    """Where a load balancer listens that waits for nobody longer than a second."""
    home = Home(root=tmp_path_factory.mktemp("nginx"))
    home.make()
    ports = free_ports()
    configuration = render(local_variables(ports, home.run, "photofeed") | IMPATIENT)
    (home.run / "nginx.conf").write_text(configuration)
    with (home.run / "log").open("wb") as log:
        command = nginx_command(home, find_servers().nginx)
        nginx = subprocess.Popen(command, stdout=log, stderr=log)  # noqa: S603 - our own
    try:
        _wait_until_listening(ports["gateway"], home.run / "log")
        yield ports
    finally:
        nginx.terminate()
        nginx.wait(START_SECONDS)
        ports.release()


@pytest.fixture(scope="module")
def gateway(ports: Ports) -> int:
    return ports["gateway"]


def _wait_until_listening(port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while is_free(port):
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)


def assert_refused(answer: WireAnswer, status: int, code: str) -> None:
    assert answer.status == status, answer.body
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert len(answer.headers["X-Request-Id"]) == 32
    (error,) = answer.json["errors"]
    assert error == {"message": error["message"], "extensions": {"code": code}}
    assert error["message"].endswith(".")


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
        b"PUT /graphql HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n",
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


class Told(BaseHTTPRequestHandler):
    """Answers with the headers of the request."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        body = json.dumps(dict(self.headers)).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST  # noqa: N815 - http.server's hook

    def log_message(self, *_: object) -> None:
        """A test run reports failures only."""


@pytest.fixture
def _upstream(ports: Ports) -> Iterator[None]:
    """Somebody in the place of the API."""
    with HTTPServer((HOST, ports["api-1"]), Told) as server:
        serving = Thread(target=server.serve_forever)
        serving.start()
        yield
        server.shutdown()
        serving.join()


@pytest.mark.usefixtures("_upstream")
def test_the_api_is_told_where_a_request_came_from(gateway: int) -> None:
    forged = {"X_Forwarded_For": "6.6.6.6", "X_Forwarded_Host": "evil", "Forwarded": "for=6.6.6.6"}
    for sent in (post("/graphql", b"{}", **forged), post("/graphql", b"", **forged)):
        told = answer_to(gateway, sent, source="127.0.0.5").json
        assert told["X-Forwarded-For"] == "127.0.0.5"
        assert (told["X-Forwarded-Host"], told["Host"]) == ("x", "x")
        assert len(told["X-Request-Id"]) == 32


@pytest.mark.usefixtures("_upstream")
def test_the_api_is_told_the_client_s_id(gateway: int) -> None:
    for body in (b"{}", b""):
        told = answer_to(gateway, post("/graphql", body, X_Request_Id="upload-7.retry_2")).json
        assert told["X-Request-Id"] == "upload-7.retry_2"
