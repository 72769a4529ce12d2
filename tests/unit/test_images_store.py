"""How the stores' clients behave when a server does not: each fault is a small server's doing."""

import io
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar

import pytest
from pydantic import HttpUrl

from app.images import store
from app.images.model import ObjectStoreAwayError, ObjectStoreError
from app.images.store import ObjectStores
from app.settings import Settings


class CutShort(BaseHTTPRequestHandler):
    """Promises more bytes than it sends."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b"only these")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Refusing(CutShort):
    """Answers what no S3 store would."""

    def do_GET(self) -> None:
        self.send_response(400)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", "0")
        self.end_headers()


class Broken(CutShort):
    """Says that it cannot work."""

    def do_GET(self) -> None:
        self.send_error(503)


class Cutting(CutShort):
    """Cuts the first connection, as a restart does."""

    connections: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.connections.append(self.path)
        if len(self.connections) > 1:
            self.send_response(200)
            self.send_header("Content-Length", "5")
            self.end_headers()
            self.wfile.write(b"bytes")


@contextmanager
def answering(handler: type[BaseHTTPRequestHandler]) -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@contextmanager
def silent() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def stores(port: int) -> ObjectStores:
    settings = Settings(
        region="eu",
        object_stores={"eu": HttpUrl(f"http://127.0.0.1:{port}")},
        object_store_access_key="access",
        object_store_secret_key="secret",
        object_store_upload_access_key="upload-access",
        object_store_upload_secret_key="upload-secret",
        mongodb_url="mongodb://nowhere",
        broker_url="redis://nowhere",
        cache_url="redis://nowhere",
        cdn_url=HttpUrl("http://nowhere"),
        token_secret="secret" * 6,
    )
    return ObjectStores.from_settings(settings)


def put(objects: ObjectStores, region: str = "eu") -> None:
    objects.put(region, "key", io.BytesIO(b"bytes"), byte_size=5, content_type="image/webp")


@pytest.mark.parametrize(
    "ask",
    [
        put,
        lambda objects: objects.fetch("eu", "key", Path("nowhere")),
        lambda objects: objects.copy("eu", "key", "other"),
        lambda objects: objects.remove("eu", "key"),
        lambda objects: objects.remove_all("eu", ["key"]),
        lambda objects: objects.keys("eu", "prefix"),
        lambda objects: objects.prepare("eu"),
        lambda objects: objects.check("eu"),
    ],
    ids=["put", "fetch", "copy", "remove", "remove all", "keys", "prepare", "check"],
)
def test_a_store_that_is_down_is_an_error_of_its_region(
    ask: Callable[[ObjectStores], object],
) -> None:
    with pytest.raises(ObjectStoreAwayError) as failed:
        ask(stores(free_port()))
    assert failed.value.region == "eu"


def test_a_region_without_a_store_is_an_error() -> None:
    with pytest.raises(ObjectStoreError, match="region us"):
        put(stores(free_port()), "us")


def test_a_silent_store_is_found_out_soon() -> None:
    began = time.monotonic()
    with silent() as port, pytest.raises(ObjectStoreError):
        stores(port).check("eu")
    assert time.monotonic() - began < 5


def test_a_silent_store_is_not_waited_for_twice(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(store, "READ_MAX_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as server:
        objects = stores(server.getsockname()[1])
        for ask in (put, lambda objects: objects.fetch("eu", "key", tmp_path / "original")):
            with pytest.raises(ObjectStoreAwayError):
                ask(objects)
        server.settimeout(0)
        for _ in range(2):
            server.accept()[0].close()
        with pytest.raises(BlockingIOError):
            server.accept()


def test_a_connection_that_is_cut_is_made_anew(tmp_path: Path) -> None:
    Cutting.connections.clear()
    with answering(Cutting) as port:
        stores(port).fetch("eu", "key", tmp_path / "original")
    assert (tmp_path / "original").read_bytes() == b"bytes"
    assert len(Cutting.connections) == 2


@pytest.mark.parametrize(
    ("handler", "is_away"), [(Broken, True), (Refusing, False), (CutShort, False)]
)
def test_a_store_that_says_it_cannot_work_is_away(
    handler: type[BaseHTTPRequestHandler], tmp_path: Path, *, is_away: bool
) -> None:
    with answering(handler) as port, pytest.raises(ObjectStoreError) as failed:
        stores(port).fetch("eu", "key", tmp_path / "original")
    assert isinstance(failed.value, ObjectStoreAwayError) == is_away


def test_an_object_cut_short_is_not_taken_for_whole(tmp_path: Path) -> None:
    with answering(CutShort) as port, pytest.raises(ObjectStoreError):
        stores(port).fetch("eu", "key", tmp_path / "original")


def test_an_answer_that_is_not_s3_is_an_error(tmp_path: Path) -> None:
    with answering(Refusing) as port, pytest.raises(ObjectStoreError):
        stores(port).fetch("eu", "key", tmp_path / "original")
