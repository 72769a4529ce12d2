"""A load generator for one answer, again and again: it costs little more than reading its bytes."""

import socket
import time
from dataclasses import dataclass

from docker.local.ports import HOST

CONNECTIONS = 8
AT_ONCE = 8
BATCHES_A_CONNECTION = 100
"""nginx closes a connection after 1,000 requests."""

_BUFFER_BYTES = 1 << 20
_HEAD_BYTES_MAX = 4096


@dataclass(frozen=True, kw_only=True)
class Pipelined:
    """What to ask whom, which body is right, and for how long to go on."""

    port: int
    path: str
    body: bytes
    seconds: float


class WrongAnswerError(Exception):
    """The server did not answer what it was asked."""


def answers_per_second(load: Pipelined) -> float:
    """Ask as fast as it is answered; blocks, so that it can have a process of its own.

    The first answers are looked at, and all others have to be as long as the second.

    Raises:
        WrongAnswerError: it is not 200 with that body.
    """
    request = f"GET {load.path} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()
    _answer_bytes(load, request)  # of a miss
    batch, answer_bytes = request * AT_ONCE, _answer_bytes(load, request) * AT_ONCE
    buffer, answers, begin = memoryview(bytearray(_BUFFER_BYTES)), 0, time.perf_counter()
    while time.perf_counter() < begin + load.seconds:
        connections = [socket.create_connection((HOST, load.port)) for _ in range(CONNECTIONS)]
        for _ in range(BATCHES_A_CONNECTION):
            for connection in connections:
                connection.sendall(batch)
            for connection in connections:
                _read(connection, answer_bytes, buffer)
            answers += AT_ONCE * CONNECTIONS
        for connection in connections:
            connection.close()
    return answers / (time.perf_counter() - begin)


def _answer_bytes(load: Pipelined, request: bytes) -> int:
    with socket.create_connection((HOST, load.port)) as connection:
        connection.sendall(request)
        got = b""
        while b"\r\n\r\n" not in got[:_HEAD_BYTES_MAX] or len(got) < len(load.body):
            got += _some(connection)
        head, _, body = got.partition(b"\r\n\r\n")
        while len(body) < len(load.body):
            body += _some(connection)
    if not head.startswith(b"HTTP/1.1 200 ") or body != load.body:
        raise WrongAnswerError(f"Not the {len(load.body)} bytes of {load.path}: {head[:1000]!r}")
    return len(head) + len(b"\r\n\r\n") + len(body)


def _some(connection: socket.socket) -> bytes:
    got = connection.recv(_BUFFER_BYTES)
    if not got:
        raise WrongAnswerError("The server hung up")
    return got


def _read(connection: socket.socket, missing_bytes: int, buffer: memoryview) -> None:
    while missing_bytes:
        got = connection.recv_into(buffer, min(missing_bytes, _BUFFER_BYTES))
        if not got:
            raise WrongAnswerError("The server hung up")
        missing_bytes -= got
