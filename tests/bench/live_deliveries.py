"""How many FeedPostAdded a second one API process delivers, and what bare sockets would allow."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from statistics import median
from types import MappingProxyType

import httpx2

from docker.local.ports import HOST
from schema.nodes import Kind, global_id
from tests.bench import seeds
from tests.bench.audience import Audience, listening_to
from tests.bench.bare_server import running_bare
from tests.bench.cores import apart
from tests.bench.machine import cpu_seconds
from tests.bench.publishing import Publisher, open_publisher
from tests.bench.report import Figure
from tests.bench.rounds import BenchError, Say, between, take_turns
from tests.bench.started import Process, of_stack
from tests.live import FEED_UPDATES
from tests.stack import TestStack

SUBSCRIBERS = 500
AUTHORS = 8
POSTS_AN_AUTHOR = 5
ROUNDS = 5
BARE = "tests.bench.bare_live:production"
HEARD_SECONDS = 2.0
CONNECTED_SECONDS = 60.0

SHARED = """subscription { feedUpdates { __typename ... on FeedPostAdded { post {
  id description altText createdAt status failure
  author { id username displayName createdAt postCount }
  image { url width height thumbhash } } } } }"""
"""Twenty fields that are the same for all who ask."""

DOCUMENTS: Mapping[str, str] = MappingProxyType(
    {"live_deliveries": SHARED, "live_deliveries_with_cursor": FEED_UPDATES}
)
"""What subscribers ask, by what it is called; a cursor is each viewer's own."""


@dataclass(kw_only=True)
class _Server:
    """A process that delivers, those who listen to it, and what both have used of a core."""

    process: Process
    audience: Audience
    a_cpu_second: list[float] = field(default_factory=list)
    audience_busy: list[float] = field(default_factory=list)

    @asynccontextmanager
    async def watched(self, deliveries: int) -> AsyncIterator[None]:
        """Note what these deliveries take of a core, here and at the audience."""
        pids = (self.process.pid, self.audience.process.pid)
        begin, before = time.perf_counter(), [cpu_seconds(pid) for pid in pids]
        yield
        seconds = time.perf_counter() - begin
        used, used_there = (cpu_seconds(p) - b for p, b in zip(pids, before, strict=True))
        self.a_cpu_second.append(deliveries / used)
        self.audience_busy.append(used_there / seconds)

    @property
    def effort(self) -> str:
        """What is delivered in a second of a core, in words."""
        return f"{between(self.a_cpu_second)}; subscribers {median(self.audience_busy):.0%}"


async def measure(stack: TestStack, say: Say) -> list[Figure]:
    """Deliveries to 500 subscribers, straight to a port: a second, and a second of a core.

    Eight accounts whom all follow publish posts back to back, which pass broker and worker as ever.
    The limit is a bare application under the same server that sends the same bytes. Both have a
    core to themselves; each subscriber has each post exactly once, or nothing is measured.
    """
    async with open_publisher(stack.settings) as publisher, running_bare(stack, BARE) as bare:
        author_ids, tokens = await _populate(stack)
        measured = of_stack(stack, "api-1"), bare
        others = {pid for name in stack.names for pid in stack.pids(name)} | {os.getpid()}
        figures: list[Figure] = []
        with apart([each.pid for each in measured], others - {each.pid for each in measured}):
            for name, query in DOCUMENTS.items():
                publishing = _Publishing(publisher=publisher, author_ids=author_ids)
                figures += await _measured(name, query, tokens, measured, publishing, say)
    return figures


async def _measured(
    name: str,
    query: str,
    tokens: Sequence[str],
    processes: tuple[Process, Process],
    publishing: "_Publishing",
    say: Say,
) -> list[Figure]:
    api_process, bare_process = processes
    async with (
        listening_to(api_process.port, query, tokens) as hearing_api,
        listening_to(bare_process.port, query, tokens) as hearing_bare,
        httpx2.AsyncClient(base_url=f"http://{HOST}:{bare_process.port}", timeout=60) as http,
    ):
        api = _Server(process=api_process, audience=hearing_api)
        bare = _Server(process=bare_process, audience=hearing_bare)
        post_id = await publishing.until_heard(api)
        lines = _Lines(http=http, message=hearing_api.arrivals[post_id].message, id=post_id)
        await lines.until_heard(bare)
        rounds = await take_turns(
            ROUNDS, lambda: publishing.by_api(api), lambda: lines.by_bare(bare), say
        )
    return [
        Figure(
            name=name,
            value=rounds.value,
            unit="deliveries/s",
            limit=rounds.limit,
            note=rounds.spread,
        ),
        Figure(
            name=f"{name}_a_core",
            value=median(api.a_cpu_second),
            unit="deliveries/s",
            limit=median(bare.a_cpu_second),
            note=f"in a second of CPU time; {api.effort}; limit {bare.effort}",
        ),
    ]


async def _populate(stack: TestStack) -> tuple[list[int], list[str]]:
    """Write authors and whoever follows them; returns the authors and the followers' tokens."""
    async with seeds.open_database(stack.settings) as database:
        author_ids, viewer_ids = seeds.new_ids(AUTHORS), seeds.new_ids(SUBSCRIBERS)
        await seeds.insert_accounts(database, [*author_ids, *viewer_ids])
        edges = [(viewer, author) for viewer in viewer_ids for author in author_ids]
        await seeds.insert_edges(database, edges)
        signing_in = (seeds.sign_in(database, stack.settings, viewer) for viewer in viewer_ids)
        return author_ids, await asyncio.gather(*signing_in)


@dataclass(frozen=True, kw_only=True)
class _Publishing:
    """Has posts published, by some authors at once, each one after the other."""

    publisher: Publisher
    author_ids: Sequence[int]

    async def until_heard(self, api: _Server) -> str:
        """Publish until all are connected and have a post; returns its id."""
        async with asyncio.timeout(CONNECTED_SECONDS):
            while True:
                post = await self.publisher.publish(self.author_ids[0])
                if await api.audience.hears(post.node_id, HEARD_SECONDS):
                    return post.node_id

    async def by_api(self, api: _Server) -> float:
        """Deliveries a second."""
        async with api.watched(len(self.author_ids) * POSTS_AN_AUTHOR * SUBSCRIBERS):
            published = await asyncio.gather(*(self._by_author(each) for each in self.author_ids))
            post_ids = [post_id for post_ids in published for post_id in post_ids]
            return await api.audience.deliveries_per_second(post_ids)

    async def _by_author(self, author_id: int) -> list[str]:
        return [(await self.publisher.publish(author_id)).node_id for _ in range(POSTS_AN_AUTHOR)]


@dataclass(frozen=True, kw_only=True)
class _Lines:
    """Has the bare application send what the API has sent, each time with another post's id."""

    http: httpx2.AsyncClient
    message: str
    id: str

    async def until_heard(self, bare: _Server) -> None:
        """Send until all are connected and have a post."""
        async with asyncio.timeout(CONNECTED_SECONDS):
            while not await bare.audience.hears((await self._send(1))[0], HEARD_SECONDS):
                pass

    async def by_bare(self, bare: _Server) -> float:
        """Deliveries a second."""
        posts = AUTHORS * POSTS_AN_AUTHOR
        async with bare.watched(posts * SUBSCRIBERS):
            return await bare.audience.deliveries_per_second(await self._send(posts))

    async def _send(self, count: int) -> list[str]:
        post_ids: list[str] = [global_id(Kind.POST, post_id) for post_id in seeds.new_ids(count)]
        messages = [self.message.replace(self.id, post_id) for post_id in post_ids]
        answer = await self.http.post("/publish", content="\n".join(messages))
        if answer.status_code != 200:
            raise BenchError(f"The bare application answered {answer.status_code}")
        return post_ids
