"""How many FeedPostAdded a second one API process delivers, and what bare sockets would allow."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from statistics import median

import httpx2

from docker.local.ports import HOST
from schema.nodes import Kind, global_id
from tests.bench import seeds
from tests.bench.audience import Audience, listening_to
from tests.bench.bare_server import running_bare
from tests.bench.machine import cpu_seconds
from tests.bench.publishing import Publisher, open_publisher
from tests.bench.report import Figure
from tests.bench.rounds import BenchError, Say, take_turns
from tests.stack import TestStack

SUBSCRIBERS = 500
POSTS = 4
BARE_POSTS = 40
ROUNDS = 5
BARE = "tests.bench.bare_live:production"
HEARD_SECONDS = 2.0
CONNECTED_SECONDS = 60.0


@dataclass(kw_only=True)
class _Server:
    """A process that delivers, those who listen to it, and what both have used of a core."""

    pid: int
    audience: Audience
    busy: list[float] = field(default_factory=list)
    audience_busy: list[float] = field(default_factory=list)

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """Note how busy both are meanwhile."""
        pids = (self.pid, self.audience.process.pid)
        begin, used = time.perf_counter(), [cpu_seconds(pid) for pid in pids]
        yield
        seconds = time.perf_counter() - begin
        for pid, before, busy in zip(pids, used, (self.busy, self.audience_busy), strict=True):
            busy.append((cpu_seconds(pid) - before) / seconds)

    @property
    def effort(self) -> str:
        return f"{median(self.busy):.0%} of a core, subscribers {median(self.audience_busy):.0%}"


async def measure(stack: TestStack, say: Say) -> list[Figure]:
    """Deliveries a second to 500 subscribers, straight to a port, from the first to the last.

    Somebody whom all follow publishes posts back to back, which pass broker and worker as ever.
    The limit is a bare application under the same server that sends the same bytes.
    """
    async with (
        open_publisher(stack.settings) as publisher,
        running_bare(stack, BARE) as bare_process,
    ):
        author_id, tokens = await _populate(stack)
        async with (
            listening_to(stack.port("api-1"), tokens) as hearing_api,
            listening_to(bare_process.port, tokens) as hearing_bare,
            httpx2.AsyncClient(base_url=f"http://{HOST}:{bare_process.port}", timeout=60) as http,
        ):
            api_pid = stack.status()["api-1"].pid
            api = _Server(pid=api_pid, audience=hearing_api)
            bare = _Server(pid=bare_process.pid, audience=hearing_bare)
            post_id = await _until_heard(publisher, author_id, api)
            lines = _Lines(http=http, message=hearing_api.arrivals[post_id].message, id=post_id)
            await lines.until_heard(bare)
            rounds = await take_turns(
                ROUNDS,
                lambda: _by_api(publisher, author_id, api),
                lambda: lines.by_bare(bare),
                say,
            )
    return [
        Figure(
            name="live_deliveries",
            value=rounds.value,
            unit="deliveries/s",
            limit=rounds.limit,
            note=f"{rounds.spread}; API {api.effort}; limit {bare.effort}",
        )
    ]


async def _populate(stack: TestStack) -> tuple[int, list[str]]:
    """Write an author and whoever follows; returns the author and the followers' access tokens."""
    async with seeds.open_database(stack.settings) as database:
        author_id, *viewer_ids = seeds.new_ids(1 + SUBSCRIBERS)
        await seeds.insert_accounts(database, [author_id, *viewer_ids])
        await seeds.insert_edges(database, [(viewer, author_id) for viewer in viewer_ids])
        signing_in = (seeds.sign_in(database, stack.settings, viewer) for viewer in viewer_ids)
        return author_id, await asyncio.gather(*signing_in)


async def _until_heard(publisher: Publisher, author_id: int, api: _Server) -> str:
    """Publish until all are connected and have a post; returns its id."""
    async with asyncio.timeout(CONNECTED_SECONDS):
        while True:
            post = await publisher.publish(author_id)
            if await api.audience.hears(post.node_id, HEARD_SECONDS):
                return post.node_id


async def _by_api(publisher: Publisher, author_id: int, api: _Server) -> float:
    async with api.watched():
        post_ids = [(await publisher.publish(author_id)).node_id for _ in range(POSTS)]
        return await api.audience.deliveries_per_second(post_ids)


@dataclass(frozen=True, kw_only=True)
class _Lines:
    """Has the bare application send what the API has sent, each time with another post's id."""

    http: httpx2.AsyncClient
    message: str
    id: str

    async def until_heard(self, bare: _Server) -> None:
        async with asyncio.timeout(CONNECTED_SECONDS):
            while not await bare.audience.hears((await self._send(1))[0], HEARD_SECONDS):
                pass

    async def by_bare(self, bare: _Server) -> float:
        async with bare.watched():
            return await bare.audience.deliveries_per_second(await self._send(BARE_POSTS))

    async def _send(self, count: int) -> list[str]:
        post_ids: list[str] = [global_id(Kind.POST, post_id) for post_id in seeds.new_ids(count)]
        messages = [self.message.replace(self.id, post_id) for post_id in post_ids]
        answer = await self.http.post("/publish", content="\n".join(messages))
        if answer.status_code != 200:
            raise BenchError(f"The bare application answered {answer.status_code}")
        return post_ids
