"""A load generator: keep-alive connections that ask as fast as they are answered."""

import asyncio
import itertools
import json
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

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
    begin = time.perf_counter()
    asks = itertools.cycle(load.asks)
    counts = await asyncio.gather(
        *(_keep_asking(load.port, asks, begin + load.seconds) for _ in range(load.connections))
    )
    return sum(counts) / (time.perf_counter() - begin)


async def _keep_asking(port: int, asks: Iterator[Ask], deadline: float) -> int:
    reader, writer = await asyncio.open_connection(HOST, port)
    count = 0
    try:
        while time.perf_counter() < deadline:
            ask = next(asks)
            body = await _exchange(reader, writer, ask.request)
            if len(body) != ask.answer_bytes:
                raise WrongAnswerError(f"{len(body)} bytes, not {ask.answer_bytes}: {body[:500]!r}")
            count += 1
    finally:
        writer.close()
    return count


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
