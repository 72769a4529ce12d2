"""A load generator: keep-alive connections that ask as fast as they are answered."""

import asyncio
import itertools
import json
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, cast

import uvloop

from docker.local.ports import HOST

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
_OK = b"HTTP/1.1 200 "


@dataclass(frozen=True, kw_only=True)
class Ask:
    """A request as it goes over the wire, and how many bytes the body of its answer has."""

    request: bytes
    answer_bytes: int


@dataclass(frozen=True, kw_only=True)
class Load:
    """Whom to ask, what, over how many connections, for how long."""

    port: int
    asks: tuple[Ask, ...]
    connections: int
    seconds: float


class WrongAnswerError(Exception):
    """The server did not answer what it was asked."""


def answers_per_second(load: Load) -> float:
    """Run a load; blocks, so that it can have a process of its own.

    Raises:
        WrongAnswerError: an answer was not 200, or not as long as it has to be.
    """
    return uvloop.run(_answers_per_second(load))


async def fetch(port: int, request: bytes) -> bytes:
    """The body of one answer, over a connection of its own; raises as `answers_per_second`."""
    async with open_connection(port) as ask:
        return await ask(request)


@asynccontextmanager
async def open_connection(port: int) -> AsyncIterator[Callable[[bytes], Awaitable[bytes]]]:
    """Stay connected; yields what takes a request and returns the body of its answer."""
    reader, writer = await asyncio.open_connection(HOST, port)
    try:
        yield lambda request: _exchange(reader, writer, request)
    finally:
        writer.close()


def graphql_request(token: str, query: str, **variables: Any) -> bytes:
    """An operation as it goes over the wire."""
    body = json.dumps({"query": query, "variables": variables}).encode()
    lines = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return request_head("POST /graphql", token, lines) + body


def request_head(asked: str, token: str, more: str = "") -> bytes:
    """What comes before the body of somebody's request."""
    return (
        f"{asked} HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Bearer {token}\r\n{more}\r\n"
    ).encode()


async def _answers_per_second(load: Load) -> float:
    loop, begin = asyncio.get_running_loop(), time.perf_counter()
    asks = itertools.cycle(load.asks)
    made = await asyncio.gather(
        *(
            loop.create_connection(lambda: _Asking(asks, begin + load.seconds), HOST, load.port)
            for _ in range(load.connections)
        )
    )
    counts = await asyncio.gather(*(asking.ended for _, asking in made))
    return sum(counts) / (time.perf_counter() - begin)


class _Asking(asyncio.Protocol):
    """A connection that asks anew once it is answered.

    Bodies are counted, and kept by nobody: that takes a tenth of what the fastest server takes.
    """

    def __init__(self, asks: Iterator[Ask], deadline: float) -> None:
        self.ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._asks = asks
        self._deadline = deadline
        self._answers = 0
        self._head = b""
        self._missing_bytes: int | None = None  # of the body, once its head is there

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to ask."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's own are no subclass
        self._ask()

    def data_received(self, data: bytes) -> None:
        """Take in what has come of an answer."""
        try:
            body = data if self._missing_bytes is not None else self._behind_head(data)
        except WrongAnswerError as error:
            self._end(error)
            return
        if self._missing_bytes is not None:
            self._missing_bytes -= len(body)
            if not self._missing_bytes:
                self._answered()

    def connection_lost(self, exc: Exception | None) -> None:
        """Say so, unless it was over."""
        self._end(exc or WrongAnswerError("The server hung up"))

    def _ask(self) -> None:
        self._asked = next(self._asks)
        self._transport.write(self._asked.request)

    def _behind_head(self, data: bytes) -> bytes:
        """What there is of the body, if the head is whole and right."""
        self._head += data
        head, ended, body = self._head.partition(b"\r\n\r\n")
        if not ended:
            return b""
        length = _LENGTH.search(head + ended)
        self._missing_bytes = int(length[1]) if length else 0
        if not head.startswith(_OK) or self._missing_bytes != self._asked.answer_bytes:
            raise WrongAnswerError(
                f"Not the {self._asked.answer_bytes} bytes of the answer: {self._head[:1000]!r}"
            )
        self._head = b""
        return body

    def _answered(self) -> None:
        self._missing_bytes = None
        self._answers += 1
        if time.perf_counter() < self._deadline:
            self._ask()
        else:
            self._end(None)

    def _end(self, error: Exception | None) -> None:
        if not self.ended.done():
            if error:
                self.ended.set_exception(error)
            else:
                self.ended.set_result(self._answers)
        self._transport.close()


async def _exchange(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
) -> bytes:
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    length = _LENGTH.search(head)
    body = await reader.readexactly(int(length[1]) if length else 0)
    if not head.startswith(_OK):
        raise WrongAnswerError(f"{head[:100]!r}: {body[:500]!r}")
    return body
