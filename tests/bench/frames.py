"""As much of WebSocket (RFC 6455) as a client takes that is to cost next to nothing.

There are no extensions and no fragments: no server that is measured here makes any.
"""

import base64
import os
import struct
from collections.abc import Iterator

from docker.local.ports import HOST

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
_FINAL = 0x80
_MASKED = 0x80
_LENGTH_MAX = 125
_LENGTH_16 = 126
_LENGTH_64 = 127
_HEADER_BYTES = 2


def upgrade(path: str, protocol: str) -> bytes:
    """The request that opens a socket."""
    key = base64.b64encode(os.urandom(16)).decode()
    return (
        f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
        f"Sec-WebSocket-Protocol: {protocol}\r\n\r\n"
    ).encode()


def masked(kind: int, payload: bytes) -> bytes:
    """A frame as a client sends it; the mask is all zeros, so that the payload stays as it is."""
    head = bytes((_FINAL | kind,))
    if len(payload) <= _LENGTH_MAX:
        head += bytes((_MASKED | len(payload),))
    else:
        head += bytes((_MASKED | _LENGTH_16,)) + struct.pack(">H", len(payload))
    return head + bytes(4) + payload


class Frames:
    """What a server sends, cut into frames."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Kind and payload of each frame that is whole now."""
        data = self._rest + data if self._rest else data
        at = 0
        while (bounds := _bounds(data, at)) and bounds[1] <= len(data):
            start, end = bounds
            yield data[at] & ~_FINAL, data[start:end]
            at = end
        self._rest = data[at:]


def _bounds(data: bytes, at: int) -> tuple[int, int] | None:
    """Where the payload of the frame at a place begins and ends; None if that cannot be told."""
    start = at + _HEADER_BYTES
    if len(data) < start:
        return None
    length = data[at + 1]
    if length == _LENGTH_16:
        start += 2
    elif length == _LENGTH_64:
        start += 8
    if length > _LENGTH_MAX:
        if len(data) < start:
            return None
        length = int.from_bytes(data[at + _HEADER_BYTES : start], "big")
    return start, start + length
