"""How many feed pages a second one API process serves, and what the reads alone would allow."""

import asyncio
import json
import random
import time
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from statistics import median
from typing import Any

from tests.bench import seeds
from tests.bench.bare import FIRST
from tests.bench.bare_server import running_bare
from tests.bench.load import (
    Ask,
    Load,
    answers_per_second,
    fetch,
    graphql_request,
    request_head,
)
from tests.bench.machine import cpu_seconds
from tests.bench.report import Figure
from tests.bench.rounds import BenchError, Say, take_turns
from tests.stack import TestStack

AUTHORS = 200
POSTS_AN_AUTHOR = 20
VIEWERS = 64
FOLLOWEES = 100
CONNECTIONS = 16
ROUNDS = 5
WARM_UP_SECONDS = 0.5
TURN_SECONDS = 2.0
BARE = "tests.bench.bare:production"

QUERY = """query Feed($first: Int, $after: String) { feed(first: $first, after: $after) {
  edges { cursor node {
    id description altText createdAt status failure
    author { id username displayName }
    image { url width height thumbhash
      variants { url width height format byteSize sha256 } } } }
  pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  updatesCursor } }"""


@dataclass(frozen=True, kw_only=True)
class _Server:
    """A process that serves feed pages, and what it has used of a core."""

    port: int
    pid: int
    asks: tuple[Ask, ...]
    page_cpu_ms: list[float] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)

    async def warm_up(self, pool: Executor) -> None:
        await self._run(pool, WARM_UP_SECONDS)

    async def pages_per_second(self, pool: Executor) -> float:
        begin, used = time.perf_counter(), cpu_seconds(self.pid)
        rate = await self._run(pool, TURN_SECONDS)
        busy = (cpu_seconds(self.pid) - used) / (time.perf_counter() - begin)
        self.busy.append(busy)
        self.page_cpu_ms.append(busy / rate * 1000)
        return rate

    @property
    def effort(self) -> str:
        return f"{median(self.busy):.0%} of a core, {median(self.page_cpu_ms):.1f} ms a page"

    async def _run(self, pool: Executor, seconds: float) -> float:
        load = Load(port=self.port, asks=self.asks, connections=CONNECTIONS, seconds=seconds)
        return await asyncio.get_running_loop().run_in_executor(pool, answers_per_second, load)


async def measure(stack: TestStack, say: Say) -> list[Figure]:
    """Pages of 50 posts a second; the limit is the bare application of the same reads.

    Both serve 64 viewers with warm timelines over 16 keep-alive connections, straight to their
    ports. Each viewer's page is the same JSON from both, or nothing is measured.
    """
    tokens = await _populate(stack)
    api_port, api_pid = stack.port("api-1"), stack.status()["api-1"].pid
    async with running_bare(stack, BARE) as (bare_port, bare_pid):
        pairs = [await _same_page(token, api_port, bare_port) for token in tokens]
        api = _Server(port=api_port, pid=api_pid, asks=tuple(pair[0] for pair in pairs))
        bare = _Server(port=bare_port, pid=bare_pid, asks=tuple(pair[1] for pair in pairs))
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            await api.warm_up(pool)
            await bare.warm_up(pool)
            rounds = await take_turns(
                ROUNDS,
                lambda: api.pages_per_second(pool),
                lambda: bare.pages_per_second(pool),
                say,
            )
    return [
        Figure(
            name="feed_pages",
            value=rounds.value,
            unit="pages/s",
            limit=rounds.limit,
            note=f"{rounds.spread}; API {api.effort}; limit {bare.effort}",
        )
    ]


async def _populate(stack: TestStack) -> list[str]:
    """Write authors, posts, viewers and edges; returns the viewers' access tokens."""
    settings = stack.settings
    draw = random.Random(1)  # noqa: S311 - the same graph in every run
    async with seeds.open_database(settings) as database:
        authors, viewers = seeds.new_ids(AUTHORS), seeds.new_ids(VIEWERS)
        await seeds.insert_accounts(database, authors + viewers)
        await seeds.insert_edges(
            database,
            [(viewer, author) for viewer in viewers for author in draw.sample(authors, FOLLOWEES)],
        )
        published = authors * POSTS_AN_AUTHOR
        draw.shuffle(published)
        await seeds.insert_posts(
            database, [seeds.new_post(author, settings.region) for author in published]
        )
        return [await seeds.sign_in(database, settings, viewer) for viewer in viewers]


async def _same_page(token: str, api_port: int, bare_port: int) -> tuple[Ask, Ask]:
    """A viewer's two requests, once it is known that both have the same page for an answer."""
    asked = graphql_request(token, QUERY, first=FIRST)
    asked_bare = request_head("GET /feed", token)
    page, bare_page = await fetch(api_port, asked), await fetch(bare_port, asked_bare)
    if _feed(page) != _feed(bare_page) or len(_feed(page)["edges"]) != FIRST:
        raise BenchError(f"Two pages that should be one:\n{page!r:.2000}\n{bare_page!r:.2000}")
    return (
        Ask(request=asked, answer_bytes=len(page)),
        Ask(request=asked_bare, answer_bytes=len(bare_page)),
    )


def _feed(answer: bytes) -> Any:
    """The page in an answer, without the moment at which it was read."""
    feed = json.loads(answer)["data"]["feed"]
    return {name: value for name, value in feed.items() if name != "updatesCursor"}
