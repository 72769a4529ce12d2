"""Pushes from one process, and what Redis itself can do, on one server or on a cluster."""

import random
import socket
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

from app.clients import open_clients
from app.feeds.store import TimelineStore
from app.settings import Settings
from tests.bench import seeds, timelines
from tests.bench.rounds import BenchError

POSTS = 5
CHECKED = 200
SOCKET_SECONDS = 10.0
ANSWER = b":1\r\n"

Address = tuple[str, int]


@dataclass(kw_only=True)
class RawPushes:
    """Pushes of some posts to some viewers, as bytes that were packed beforehand.

    They are what TimelineStore sends, back to back over one plain socket a server.
    """

    bytes_by_server: dict[Address, list[bytes]]
    calls: int
    deliveries: int

    def send(self) -> float:
        """Send all; returns deliveries a second."""
        sockets = {
            address: socket.create_connection(address, SOCKET_SECONDS)
            for address in self.bytes_by_server
        }
        answered = b""
        begin = time.perf_counter()
        for chunk in zip(*self.bytes_by_server.values(), strict=True):
            for each, packed in zip(sockets.values(), chunk, strict=True):
                each.sendall(packed)
            for each, packed in zip(sockets.values(), chunk, strict=True):
                answered += _received(each, packed.count(b"EVAL\r\n"))
        seconds = time.perf_counter() - begin
        for each in sockets.values():
            each.close()
        if answered != ANSWER * self.calls:
            raise BenchError(f"A push was answered by {answered[:100]!r}")
        return self.deliveries / seconds


def _received(answers: socket.socket, count: int) -> bytes:
    answered = b""
    while len(answered) < count * len(ANSWER):
        answered += answers.recv(count * len(ANSWER))
    return answered


class _Recorder:
    """A client whose pipelines keep what they are told to send."""

    def __init__(self) -> None:
        self.commands: list[tuple[Any, ...]] = []

    async def initialize(self) -> None: ...

    def pipeline(self, *, transaction: bool) -> "_Recorder":
        return self

    def execute_command(self, *command: Any) -> None:
        self.commands.append(command)

    async def execute(self) -> None: ...


async def packed_pushes(
    settings: Settings,
    post_ids: Sequence[int],
    viewer_ids: Sequence[int],
    server_of: Callable[[str], Address],
) -> RawPushes:
    """Pack what TimelineStore would send, chunk by chunk, for each server."""
    packed: defaultdict[Address, list[bytes]] = defaultdict(list)
    calls, chunk = 0, settings.fan_out_chunk_followers
    for post_id in post_ids:
        for start in range(0, len(viewer_ids), chunk):
            recorder = _Recorder()
            store = TimelineStore(
                cast("Any", recorder), posts_max=settings.timeline_max_posts, timeout_seconds=1
            )
            await store.push(post_id, viewer_ids[start : start + chunk])
            calls += len(recorder.commands)
            by_server: defaultdict[Address, list[tuple[Any, ...]]] = defaultdict(list)
            for command in recorder.commands:
                by_server[server_of(command[3])].append(command)
            for address, commands in by_server.items():
                packed[address].append(b"".join(map(_packed, commands)))
    return RawPushes(
        bytes_by_server=dict(packed), calls=calls, deliveries=len(post_ids) * len(viewer_ids)
    )


def _packed(command: tuple[str | bytes | int, ...]) -> bytes:
    parts = [part if isinstance(part, bytes) else str(part).encode() for part in command]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%b\r\n" % (len(p), p) for p in parts)


@dataclass(kw_only=True)
class Pushes:
    """Some viewers whose timelines are as long as they are in the long run."""

    settings: Settings
    store: TimelineStore
    viewer_ids: Sequence[int]
    server_of: Callable[[str], Address]
    delivered_ids: list[int] = field(default_factory=list)

    async def by_store(self) -> float:
        """Deliveries a second of TimelineStore, one push after the other."""
        chunk, post_ids = self.settings.fan_out_chunk_followers, self._new_posts()
        begin = time.perf_counter()
        for post_id in post_ids:
            for start in range(0, len(self.viewer_ids), chunk):
                await self.store.push(post_id, self.viewer_ids[start : start + chunk])
        return len(post_ids) * len(self.viewer_ids) / (time.perf_counter() - begin)

    async def by_redis_alone(self) -> float:
        """Deliveries a second of the same bytes, packed beforehand."""
        raw = await packed_pushes(self.settings, self._new_posts(), self.viewer_ids, self.server_of)
        return raw.send()

    def check(self) -> None:
        """Look whether the deliveries have arrived, at some viewers."""
        with timelines.open_cache(self.settings) as cache:
            for viewer_id in random.sample(self.viewer_ids, CHECKED):
                held = timelines.held_ids(cache, viewer_id)
                if missing := set(self.delivered_ids[-POSTS:]) - held:
                    raise BenchError(f"{len(missing)} posts are not in timeline {viewer_id:x}")

    def _new_posts(self) -> list[int]:
        post_ids = seeds.new_ids(POSTS)
        self.delivered_ids += post_ids
        return post_ids


@asynccontextmanager
async def opened_pushes(
    settings: Settings, viewer_ids: Sequence[int], server_of: Callable[[str], Address]
) -> AsyncIterator[Pushes]:
    """Fill the timelines; each server is connected to once they are."""
    with timelines.open_cache(settings) as cache:
        timelines.fill(cache, viewer_ids, posts_max=settings.timeline_max_posts)
    async with AsyncExitStack() as closing:
        store = TimelineStore(
            open_clients(settings, None, closing).cache,
            posts_max=settings.timeline_max_posts,
            timeout_seconds=settings.cache_timeout_seconds,
        )
        yield Pushes(settings=settings, store=store, viewer_ids=viewer_ids, server_of=server_of)
