"""HTTP by the byte: requests that no client library would send, and what is answered."""

import json
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPResponse
from typing import Any

HOST = "127.0.0.1"
SECONDS = 10.0


@dataclass(frozen=True, kw_only=True)
class WireAnswer:
    """The status, the headers and the body of an answer."""

    status: int
    headers: Message
    body: bytes

    @property
    def json(self) -> Any:
        """The body, which has to be JSON."""
        return json.loads(self.body)


def answer_to(
    port: int, sent: bytes | Iterable[bytes], *, seconds: float = SECONDS, source: str = HOST
) -> WireAnswer:
    """Send these bytes to a port of this machine, all of them, and read one answer.

    Args:
        port: where it is listened.
        sent: a request, as a whole or in pieces.
        seconds: to wait at each step.
        source: the address of this machine to send from.

    Raises:
        TimeoutError: there is no answer in time.
        ConnectionError: there is none at all.
    """
    with socket.create_connection(
        (HOST, port), timeout=seconds, source_address=(source, 0)
    ) as connection:
        for piece in [sent] if isinstance(sent, bytes) else sent:
            connection.sendall(piece)
        return _read(connection)


def post(path: str, body: bytes, **headers: str) -> bytes:
    """A POST; an underscore in the name of a header is a dash."""
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\n{lines}Content-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def _read(connection: socket.socket) -> WireAnswer:
    with HTTPResponse(connection) as response:
        response.begin()
        return WireAnswer(status=response.status, headers=response.headers, body=response.read())
