"""What the load balancer hands on to the API, and what it keeps to itself."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any, Final

import pytest

from docker.local.ports import HOST
from tests.stores.gateways import impatient_gateway
from tests.wire import answer_to, post

KEY: Final = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
VERSION: Final = "Sec-WebSocket-Version: 13"
UPGRADE: Final = "Upgrade: websocket"


class Told(BaseHTTPRequestHandler):
    """Stands where the API would, and answers with the headers that it got."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        body = json.dumps(dict(self.headers)).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_PATCH = do_HEAD = do_DELETE = do_OPTIONS = do_POST  # noqa: N815 - their hooks

    def log_message(self, *_: object) -> None:
        """A test run reports failures only."""


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with (
        impatient_gateway(tmp_path_factory.mktemp("nginx")) as ports,
        HTTPServer((HOST, ports["api-1"]), Told) as server,
    ):
        serving = Thread(target=server.serve_forever)
        serving.start()
        yield ports["gateway"]
        server.shutdown()
        serving.join()


def told(gateway: int, *headers: str, line: str = "GET /graphql") -> Any:
    """The headers that the API gets of a request with these, which has no body."""
    sent = "\r\n".join([f"{line} HTTP/1.1", "Host: x", *headers, "", ""])
    return answer_to(gateway, sent.encode()).json


def test_the_api_is_told_where_a_request_came_from(gateway: int) -> None:
    forged = {"X_Forwarded_For": "6.6.6.6", "X_Forwarded_Host": "evil"}
    for sent in (post("/graphql", b"{}", **forged), post("/graphql", b"", **forged)):
        headers = answer_to(gateway, sent, source="127.0.0.5").json
        assert headers["X-Forwarded-For"] == "127.0.0.5"
        assert (headers["X-Forwarded-Host"], headers["Host"]) == ("x", "x")
        assert len(headers["X-Request-Id"]) == 32


def test_the_api_is_told_the_client_s_id(gateway: int) -> None:
    for body in (b"{}", b""):
        headers = answer_to(gateway, post("/graphql", body, X_Request_Id="upload-7.retry_2")).json
        assert headers["X-Request-Id"] == "upload-7.retry_2"


def test_who_asks_for_a_websocket_as_one_should_is_upgraded(gateway: int) -> None:
    extension = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"
    protocol = "Sec-WebSocket-Protocol: graphql-transport-ws, graphql-ws"
    headers = told(gateway, UPGRADE, "Connection: Upgrade", KEY, VERSION, extension, protocol)
    assert (headers["Upgrade"], headers["Connection"]) == ("websocket", "upgrade")
    assert f"Sec-WebSocket-Extensions: {headers['Sec-WebSocket-Extensions']}" == extension
    assert f"Sec-WebSocket-Protocol: {headers['Sec-WebSocket-Protocol']}" == protocol


@pytest.mark.parametrize(
    ("line", "headers"),
    [
        ("GET /graphql", [UPGRADE, VERSION]),
        ("GET /graphql", [UPGRADE, KEY]),
        ("GET /graphql", [UPGRADE, KEY, "Sec-WebSocket-Version: 12"]),
        ("GET /graphql", [UPGRADE, "Sec-WebSocket-Key: x", VERSION]),
        ("GET /graphql", ["Upgrade: h2c", KEY, VERSION]),
        ("GET /healthz", [UPGRADE, KEY, VERSION]),
        ("POST /graphql", [UPGRADE, KEY, VERSION]),
        ("GET /graphql", [UPGRADE, KEY, VERSION, "Content-Length: 2\r\n\r\n{}"]),
    ],
)
def test_any_other_upgrade_is_a_plain_request(gateway: int, line: str, headers: list[str]) -> None:
    got = told(gateway, "Connection: Upgrade", *headers, line=line)
    assert "Upgrade" not in got
    assert "Connection" not in got


def test_what_no_websocket_says_is_not_handed_on(gateway: int) -> None:
    for odd in ("Sec-WebSocket-Protocol: ,,;", "Sec-WebSocket-Extensions: =;,"):
        headers = told(gateway, UPGRADE, KEY, VERSION, odd)
        assert headers["Upgrade"] == "websocket"
        assert odd.partition(":")[0] not in headers
