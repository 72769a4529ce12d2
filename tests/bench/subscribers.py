"""Many subscribers in a process of their own: `python -m tests.bench.subscribers`.

The first line of its input is JSON: `{"port", "query", "tokens"}`, a token a subscriber. For each
post that has come to all of them, it writes a line: `{"post", "first", "last", "message"}`, the
moments at which it came to the first and to the last, as `time.perf_counter` says, which is one
clock for all processes of a machine. Anything else that comes is written as `{"unexpected"}`.
"""

import asyncio
import json
import re
import sys
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import uvloop
from websockets.asyncio.client import ClientConnection, connect

from docker.local.ports import HOST
from tests.live import PROTOCOL

_POST = re.compile(r'"__typename": ?"FeedPostAdded".*?"post": ?\{"id": ?"([^"]+)"')


@dataclass(kw_only=True)
class _Arrivals:
    """Who has had which post."""

    subscribers: int
    first_at: dict[str, float] = field(default_factory=dict)
    had_by: dict[str, set[int]] = field(default_factory=dict)

    def note(self, subscriber: int, message: str) -> None:
        """Take in what came to a subscriber."""
        now = time.perf_counter()
        found = _POST.search(message)
        if found is None:
            _write(unexpected=message)
            return
        post_id = found[1]
        had_by = self.had_by.setdefault(post_id, set())
        first_at = self.first_at.setdefault(post_id, now)
        if subscriber in had_by:
            _write(unexpected=f"Twice: {message}")
        had_by.add(subscriber)
        if len(had_by) == self.subscribers:
            _write(post=post_id, first=first_at, last=now, message=message)


async def _listen(port: int, query: str, tokens: Sequence[str]) -> None:
    arrivals = _Arrivals(subscribers=len(tokens))
    async with AsyncExitStack() as closing, asyncio.TaskGroup() as listening:
        for number, token in enumerate(tokens):
            socket = await closing.enter_async_context(
                connect(f"ws://{HOST}:{port}/graphql", subprotocols=[PROTOCOL], ping_interval=None)
            )
            await _subscribe(socket, query, token)
            listening.create_task(_keep_listening(socket, number, arrivals))


async def _subscribe(socket: ClientConnection, query: str, token: str) -> None:
    await _send(socket, type="connection_init", payload={"Authorization": f"Bearer {token}"})
    acknowledged = json.loads(await socket.recv())
    if acknowledged["type"] != "connection_ack":
        raise ConnectionError(f"Not acknowledged: {acknowledged}")
    await _send(socket, id="1", type="subscribe", payload={"query": query})


async def _keep_listening(socket: ClientConnection, number: int, arrivals: _Arrivals) -> None:
    async for message in socket:
        arrivals.note(number, str(message))
    _write(unexpected=f"Socket {number} was closed: {socket.close_reason}")


async def _send(socket: ClientConnection, **message: Any) -> None:
    await socket.send(json.dumps(message))


def _write(**line: Any) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    spec = json.loads(sys.stdin.readline())
    uvloop.run(_listen(spec["port"], spec["query"], spec["tokens"]))
