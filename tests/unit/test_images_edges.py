"""Edges are warmed, and none of them keeps a photo back for long."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import httpx2
import pytest

from app.images.edges import Edges
from app.images.model import Image, ImageFormat, Variant

IMAGE = Image(
    region="eu",
    thumbhash="1QcSHQ",
    variants=tuple(
        Variant(
            key=f"renditions/1/2/320.{kind.extension}",
            width_px=320,
            height_px=200,
            format=kind,
            byte_size=4_321,
            sha256="0123456789abcdef" * 4,
        )
        for kind in (ImageFormat.JPEG, ImageFormat.WEBP)
    ),
)
ASKED = ["HEAD /eu/renditions/1/2/320.jpg", "HEAD /eu/renditions/1/2/320.webp"]


class Edge(ThreadingHTTPServer):
    """An edge that notes what it is asked."""

    def __init__(self, status: int) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.status = status
        self.asked: list[str] = []
        self.address = f"http://127.0.0.1:{self.server_port}"


class Answering(BaseHTTPRequestHandler):
    def do_HEAD(self) -> None:
        assert isinstance(self.server, Edge)
        self.server.asked.append(f"{self.command} {self.path}")
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def an_edge(status: int = 200) -> Iterator[Edge]:
    with Edge(status) as edge:
        thread = Thread(target=edge.serve_forever, args=(0.01,))
        thread.start()
        yield edge
        edge.shutdown()
        thread.join()


@pytest.fixture
async def http() -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient() as http:
        yield http


def complaints(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was said of edges that were not warmed."""
    return [record.getMessage() for record in caplog.records if record.name == "app.images.edges"]


async def test_every_edge_is_asked_for_every_variant(
    http: httpx2.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    with an_edge() as one, an_edge() as other:
        await Edges(addresses=[one.address, f"{other.address}/"], http=http).warm(IMAGE)
        assert sorted(one.asked) == sorted(other.asked) == ASKED
    assert complaints(caplog) == []


async def test_an_edge_that_has_it_not_is_told_of(
    http: httpx2.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    with an_edge(404) as edge:
        edges = Edges(addresses=[edge.address], http=http)
        for _ in range(2):
            await edges.warm(IMAGE)
        assert len(edge.asked) == 4
    told = f"The edge {edge.address} was not warmed: it answered [404, 404]"
    assert complaints(caplog) == [told] * 2


async def test_an_edge_that_is_silent_costs_its_time_once(
    http: httpx2.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, an_edge() as other:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        edges = Edges(addresses=[address, other.address], http=http)
        async with asyncio.timeout(5):
            await edges.warm(IMAGE)
        silent.settimeout(0)
        for _ in IMAGE.variants:
            silent.accept()[0].close()
        await edges.warm(IMAGE)
        with pytest.raises(BlockingIOError):
            silent.accept()
        assert len(other.asked) == 4
    assert complaints(caplog) == [f"The edge {address} was not warmed: TimeoutError()"]


async def test_an_edge_that_is_down_harms_nobody(http: httpx2.AsyncClient) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        address = f"http://127.0.0.1:{gone.getsockname()[1]}"
    await Edges(addresses=[address], http=http).warm(IMAGE)
