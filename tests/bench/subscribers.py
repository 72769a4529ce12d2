"""Many subscribers in a process of their own: `python -m tests.bench.subscribers`.

The first line of its input is JSON: `{"port", "query", "tokens"}`, a token a subscriber. For each
post that has come to all of them, it writes a line: `{"post", "first", "last", "message"}`, the
moments at which it came to the first and to the last, as `time.perf_counter` says, which is one
clock for all processes of a machine. Anything else that comes is written as `{"unexpected"}`.

A message takes it less than it takes the barest server to send one, so that it is not what is
measured.
"""

import asyncio
import json
import re
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

import uvloop

from docker.local.ports import HOST
from tests.bench.frames import CLOSE, PING, PONG, TEXT, Frames, masked, upgrade
from tests.live import PROTOCOL

_POST = re.compile(rb'"__typename": ?"FeedPostAdded".*?"post": ?\{"id": ?"([^"]+)"')
_HEAD_END = b"\r\n\r\n"
_SWITCHED = b"HTTP/1.1 101 "


@dataclass(kw_only=True, slots=True)
class _Arrival:
    """A post, when it came first, and whom it has come to."""

    first_at: float
    had_by: set[int] = field(default_factory=set)


@dataclass(kw_only=True)
class _Arrivals:
    """Who has had which post."""

    subscribers: int
    by_post: dict[bytes, _Arrival] = field(default_factory=dict)

    def note(self, subscriber: int, message: bytes) -> None:
        """Take in what came to a subscriber."""
        now = time.perf_counter()
        found = _POST.search(message)
        if found is None:
            _write(unexpected=message.decode())
            return
        arrival = self.by_post.get(found[1])
        if arrival is None:
            arrival = self.by_post[found[1]] = _Arrival(first_at=now)
        if subscriber in arrival.had_by:
            _write(unexpected=f"Twice: {message.decode()}")
        arrival.had_by.add(subscriber)
        if len(arrival.had_by) == self.subscribers:
            post, text = found[1].decode(), message.decode()
            _write(post=post, first=arrival.first_at, last=now, message=text)


class _Subscriber(asyncio.Protocol):
    """One socket, from its upgrade on."""

    def __init__(self, number: int, token: str, query: str, arrivals: _Arrivals) -> None:
        self._number = number
        self._arrivals = arrivals
        self._to_say = [
            {"type": "connection_init", "payload": {"Authorization": f"Bearer {token}"}},
            {"id": "1", "type": "subscribe", "payload": {"query": query}},
        ]
        self._head: bytes | None = b""  # None once it is a socket
        self._frames = Frames()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for a socket."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's own are no subclass
        self._transport.write(upgrade("/graphql", PROTOCOL))

    def data_received(self, data: bytes) -> None:
        """Take in whatever has come."""
        if self._head is not None:
            data = self._upgraded(self._head + data)
        for kind, payload in self._frames.feed(data):
            if kind == TEXT and not self._to_say:
                self._arrivals.note(self._number, payload)
            else:
                self._take(kind, payload)

    def connection_lost(self, _: Exception | None) -> None:
        """Say so: it is for who measures to end it."""
        _write(unexpected=f"Socket {self._number} was closed")

    def _upgraded(self, received: bytes) -> bytes:
        """What has come behind the head of the answer, once that is whole."""
        head, ended, rest = received.partition(_HEAD_END)
        if not ended:
            self._head = received
            return b""
        self._head = None
        if not head.startswith(_SWITCHED):
            _write(unexpected=head.decode())
        self._say_next()
        return rest

    def _take(self, kind: int, payload: bytes) -> None:
        if kind == PING:
            self._transport.write(masked(PONG, payload))
        elif kind == TEXT and b'"connection_ack"' in payload:
            self._say_next()
        elif kind != CLOSE:
            _write(unexpected=payload.decode(errors="replace"))

    def _say_next(self) -> None:
        self._transport.write(masked(TEXT, json.dumps(self._to_say.pop(0)).encode()))


async def _listen(port: int, query: str, tokens: Sequence[str]) -> None:
    loop, arrivals = asyncio.get_running_loop(), _Arrivals(subscribers=len(tokens))
    for number, token in enumerate(tokens):
        made = partial(_Subscriber, number, token, query, arrivals)
        await loop.create_connection(made, HOST, port)
    await asyncio.Event().wait()


def _write(**line: Any) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    spec = json.loads(sys.stdin.readline())
    uvloop.run(_listen(spec["port"], spec["query"], spec["tokens"]))
