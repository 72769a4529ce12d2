"""Resumable uploads on their way through the load balancer: bytes as they come, no second try."""

import socket
import time
from collections.abc import Iterator
from threading import Event, Thread
from typing import Final

import pytest

from docker.local.ports import HOST, Ports
from tests.stores.gateways import IMPATIENT, Edge, assert_refused, running_edge
from tests.stores.origins import CLOSES
from tests.wire import WireAnswer, answer_to

METHODS: Final = "POST, HEAD, PATCH, DELETE, OPTIONS"
ID: Final = "/uploads/VXBsb2FkOjEyMw=="
LARGE: Final = 25 * 1024**2
SECONDS: Final = 10


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    """The API processes are played by what plays stores elsewhere."""
    folder, tireless = tmp_path_factory.mktemp("edge"), {"max_fails=1": "max_fails=0"}
    with running_edge(folder, IMPATIENT, tireless, played=("api-1", "api-2")) as edge:
        yield edge


@pytest.fixture
def apis(edge: Edge) -> Edge:
    for origin in edge.origins.values():
        origin.asked.clear()
        origin.otherwise = 204
        origin.told = "\n"
    return edge


def ask(edge: Edge, line: str, body: bytes = b"", *headers: str) -> WireAnswer:
    lines = "".join(f"{header}\r\n" for header in headers)
    head = f"{line} HTTP/1.1\r\nHost: x\r\n{lines}Content-Length: {len(body)}\r\n\r\n"
    return answer_to(edge.ports["gateway"], head.encode() + body)


def times_asked(edge: Edge) -> int:
    return sum(len(some) for origin in edge.origins.values() for some in origin.asked.values())


@pytest.mark.parametrize("path", ["/uploads", ID, "/uploads/abc_DEF-123"])
@pytest.mark.parametrize("method", ["POST", "HEAD", "PATCH", "DELETE", "OPTIONS"])
def test_the_methods_of_resumable_uploads_reach_the_api(apis: Edge, method: str, path: str) -> None:
    told = ("Tus-Resumable: 1.0.0", "Upload-Offset: 0", "X-HTTP-Method-Override: PATCH")
    answer = ask(apis, f"{method} {path}", b"", *told, "Authorization: Bearer x")
    assert answer.status == 204
    (request,) = [r for origin in apis.origins.values() for r in origin.asked[path]]
    assert request.line == f"{method} {path} HTTP/1.1"
    assert request.headers["Authorization"] == "Bearer x"
    for header in told:
        name, _, value = header.partition(": ")
        assert request.headers[name] == value
    assert request.headers["X-Forwarded-For"] == HOST


@pytest.mark.parametrize("path", ["/uploads", ID])
@pytest.mark.parametrize("method", ["GET", "PUT", "TRACE", "COPY"])
def test_no_other_method_does(apis: Edge, method: str, path: str) -> None:
    answer = ask(apis, f"{method} {path}")
    assert_refused(answer, 405, "METHOD_NOT_ALLOWED")
    assert answer.headers["Allow"] == METHODS
    assert not times_asked(apis)


@pytest.mark.parametrize("line", ["PATCH /graphql", "DELETE /graphql", "PATCH /uploadsx"])
def test_elsewhere_those_methods_are_refused_as_ever(apis: Edge, line: str) -> None:
    assert_refused(ask(apis, line), 405, "METHOD_NOT_ALLOWED")
    assert not times_asked(apis)


@pytest.mark.parametrize("path", ["/uploads/", "/uploads/a/b", "/uploads/a%2fb", "/uploads/a.b"])
def test_no_other_path_does(apis: Edge, path: str) -> None:
    assert_refused(ask(apis, f"PATCH {path}"), 404, "NOT_FOUND")
    assert not times_asked(apis)


def test_nobody_is_upgraded(apis: Edge) -> None:
    upgrade = ("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13")
    key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
    assert ask(apis, "POST /uploads", b"", *upgrade, key).status == 204
    (request,) = [r for origin in apis.origins.values() for r in origin.asked["/uploads"]]
    assert {"Upgrade", "Connection"}.isdisjoint(request.headers)


def test_a_request_that_is_too_large_is_refused(apis: Edge) -> None:
    head = f"PATCH {ID} HTTP/1.1\r\nHost: x\r\nContent-Length: {LARGE}\r\n\r\n"
    answer = answer_to(apis.ports["gateway"], head.encode())
    assert_refused(answer, 413, "PAYLOAD_TOO_LARGE")


@pytest.mark.parametrize("method", ["PATCH", "POST"])
def test_what_an_api_process_may_have_begun_is_not_sent_to_another(apis: Edge, method: str) -> None:
    for origin in apis.origins.values():
        origin.otherwise = CLOSES
    assert_refused(ask(apis, f"{method} {ID}", b"part"), 502, "BAD_GATEWAY")
    assert times_asked(apis) == 1


def test_an_upload_is_one_process_s_and_others_are_others(apis: Edge) -> None:
    for number in range(16):
        for method in ("HEAD", "PATCH", "HEAD"):
            assert ask(apis, f"{method} {ID}{number}").status == 204
    asked = [{path: len(some) for path, some in o.asked.items()} for o in apis.origins.values()]
    assert all(asked)
    assert set(asked[0]).isdisjoint(asked[1])
    assert set((asked[0] | asked[1]).values()) == {3}


class Listening:
    """An API process that keeps what it has read of a body until the connection ends."""

    def __init__(self, ports: Ports) -> None:
        self.read = b""
        self.ended = Event()
        self._server = socket.create_server((HOST, ports["api-1"]))
        self._server.settimeout(SECONDS)
        self._thread = Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        connection, _ = self._server.accept()
        connection.settimeout(SECONDS)
        with connection:
            while got := connection.recv(1 << 16):
                self.read += got
        self.ended.set()

    def wait_for(self, body: bytes) -> None:
        deadline = time.monotonic() + SECONDS
        while not self.read.endswith(body):
            assert time.monotonic() < deadline, self.read
            time.sleep(0.02)

    def close(self) -> None:
        self._thread.join()
        self._server.close()


@pytest.mark.parametrize("how", ["hangs up", "falls silent"])
def test_what_has_arrived_of_a_body_reaches_the_api_at_once_and_the_end_too(
    tmp_path_factory: pytest.TempPathFactory, how: str
) -> None:
    folder = tmp_path_factory.mktemp("edge")
    with running_edge(folder, IMPATIENT, played=()) as edge:
        ports = edge.ports
        api = Listening(ports)
        with socket.create_connection((HOST, ports["gateway"]), timeout=SECONDS) as phone:
            head = f"PATCH {ID} HTTP/1.1\r\nHost: x\r\nContent-Length: 999999\r\n\r\n"
            phone.sendall(head.encode())
            for part in (b"some", b"more"):
                phone.sendall(part)
                api.wait_for(part)
            if how == "hangs up":
                phone.close()
            assert api.ended.wait(SECONDS)
        assert api.read.endswith(b"\r\n\r\nsomemore")
        api.close()
