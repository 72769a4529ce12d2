"""The load generator, against servers that answer well and badly, and cores to be kept to."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from docker.local.ports import HOST
from tests.bench import edge_load
from tests.bench.cores import apart
from tests.bench.load import Ask, Load, WrongAnswerError, _answers_per_second
from tests.bench.rounds import BenchError

BODY = b"x" * 300_000
REQUEST = b"GET / HTTP/1.1\r\n\r\n"
SECONDS = 0.2


def head(length: int, status: str = "200 OK") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {length}\r\n\r\n".encode()


@asynccontextmanager
async def serving(*pieces: bytes) -> AsyncIterator[int]:
    """Answer every request with these pieces, one after the other; yields the port."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                for piece in pieces:
                    writer.write(piece)
                    await writer.drain()
                if not pieces:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        writer.close()

    async with await asyncio.start_server(answer, HOST, 0) as server:
        yield server.sockets[0].getsockname()[1]


def load(port: int, answer_bytes: int) -> Load:
    ask = Ask(request=REQUEST, answer_bytes=answer_bytes)
    return Load(port=port, asks=(ask,), connections=3, seconds=SECONDS)


@pytest.mark.parametrize(
    "pieces",
    [
        (head(len(BODY)) + BODY,),
        (head(len(BODY)), BODY[:1], BODY[1:]),
        (head(len(BODY))[:10], head(len(BODY))[10:] + BODY[:10], BODY[10:]),
    ],
)
async def test_answers_are_counted_however_they_come_apart(pieces: tuple[bytes, ...]) -> None:
    async with serving(*pieces) as port:
        assert await _answers_per_second(load(port, len(BODY))) >= 3 / SECONDS / 2


@pytest.mark.parametrize(
    "pieces",
    [
        (),
        (head(len(BODY) - 1) + BODY[1:],),
        (head(len(BODY), "500 Internal Server Error") + BODY,),
        (b"HTTP/1.1 200 OK\r\n\r\n",),
    ],
)
async def test_any_other_answer_ends_the_load(pieces: tuple[bytes, ...]) -> None:
    async with serving(*pieces) as port:
        with pytest.raises(WrongAnswerError):
            await _answers_per_second(load(port, len(BODY)))


def test_a_process_is_kept_to_a_core_only_as_long_as_it_is_measured() -> None:
    cores = os.sched_getaffinity(0)
    if len(cores) == 1:
        with pytest.raises(BenchError, match="two cores"), apart([os.getpid()], []):
            pass
        return
    with apart([os.getpid()], []) as rest:
        assert os.sched_getaffinity(0) == cores - rest == {min(cores)}
    assert os.sched_getaffinity(0) == cores
    with apart([], [os.getpid()]) as rest:
        assert os.sched_getaffinity(0) == rest
    assert os.sched_getaffinity(0) == cores


async def test_many_requests_at_once_are_answered_as_the_first_was() -> None:
    async with serving(head(len(BODY)), BODY) as port:
        load = edge_load.Pipelined(port=port, path="/", body=BODY, seconds=SECONDS)
        assert await asyncio.to_thread(edge_load.answers_per_second, load) > 0
        wrong = edge_load.Pipelined(port=port, path="/", body=BODY[:-1] + b"y", seconds=SECONDS)
        with pytest.raises(edge_load.WrongAnswerError):
            await asyncio.to_thread(edge_load.answers_per_second, wrong)
