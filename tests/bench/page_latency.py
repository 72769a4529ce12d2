"""How long somebody waits for one page of a feed, whatever page, and whomever they follow."""

import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from statistics import median, quantiles
from time import perf_counter

from app.settings import Settings
from app.wiring import Database
from schema.nodes import Kind, global_id
from tests.bench import seeds, timelines
from tests.bench.bare import FIRST
from tests.bench.feed_pages import QUERY
from tests.bench.load import graphql_request, open_connection
from tests.bench.report import Figure
from tests.bench.rounds import BenchError, Say
from tests.stack import TestStack

FEW = 10
MANY = 200
MOST = 5_000
PULLED = 100
POSTS_AN_AUTHOR = 20
DEEP_PAGE = 10
"""The last that a timeline of 500 has all posts of."""

DEEPER_PAGE = 12
BASE = "page_1"
ROUNDS = 40

Ask = Callable[[bytes], Awaitable[bytes]]


@dataclass(frozen=True, kw_only=True)
class _Viewer:
    """Somebody, and the posts that MongoDB has for their feed, newest first."""

    id: int
    token: str
    post_ids: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class _Case:
    """A page to be asked for again and again; a cold one is without timeline each time."""

    name: str
    viewer: _Viewer
    page: int = 1
    is_cold: bool = False
    times_ms: list[float] = field(default_factory=list)

    @property
    def post_ids(self) -> tuple[str, ...]:
        """The posts of this page."""
        return self.viewer.post_ids[(self.page - 1) * FIRST : self.page * FIRST]


async def measure(stack: TestStack, say: Say) -> list[Figure]:
    """Milliseconds of one request at a time over one connection, straight to an API process.

    The limit is the first page of somebody who follows 200 accounts, with a warm timeline. Every
    answer has exactly the posts that MongoDB has for it, or nothing is measured.
    """
    async with _populated(stack.settings) as cases, open_connection(stack.port("api-1")) as ask:
        with timelines.open_cache(stack.settings) as cache:
            requests = [await _request(ask, case) for case in cases]
            order = list(zip(cases, requests, strict=True))
            for number in range(ROUNDS):
                random.shuffle(order)
                for case, request in order:
                    case.times_ms.append(await _time(ask, cache, case, request))
                if (number + 1) % 10 == 0:
                    say(f"{number + 1}/{ROUNDS}: {_medians(cases)}")
    return _figures(cases)


async def _request(ask: Ask, case: _Case) -> bytes:
    """The request of a case, once all pages before it have been read and found right."""
    after = None
    for page in range(1, case.page):
        answer = await ask(_page_request(case.viewer, after))
        before = _Case(name=f"page {page} before {case.name}", viewer=case.viewer, page=page)
        after = _checked(before, answer)
    return _page_request(case.viewer, after)


def _page_request(viewer: _Viewer, after: str | None) -> bytes:
    return graphql_request(viewer.token, QUERY, first=FIRST, after=after)


async def _time(ask: Ask, cache: timelines.Cache, case: _Case, request: bytes) -> float:
    if case.is_cold:
        cache.delete(timelines.key(case.viewer.id))
    begin = perf_counter()
    answer = await ask(request)
    milliseconds = (perf_counter() - begin) * 1000
    _checked(case, answer)
    return milliseconds


def _checked(case: _Case, answer: bytes) -> str:
    """The end cursor of a page, if it is full and right."""
    feed = json.loads(answer)["data"]["feed"]
    shown = tuple(edge["node"]["id"] for edge in feed["edges"])
    if shown != case.post_ids or len(shown) != FIRST or not feed["pageInfo"]["hasNextPage"]:
        wrong = len(set(case.post_ids) - set(shown))
        raise BenchError(f"{case.name}: {len(shown)} posts, and {wrong} are missing")
    return str(feed["pageInfo"]["endCursor"])


@asynccontextmanager
async def _populated(settings: Settings) -> AsyncIterator[list[_Case]]:
    """Write authors of whom some are pulled, their posts, and a viewer for each kind of graph."""
    async with seeds.open_database(settings) as database:
        followed, pulled = seeds.new_ids(MANY), seeds.new_ids(PULLED)
        others = seeds.new_ids(MOST - MANY)
        await seeds.insert_accounts(database, followed + pulled + others)
        published = (followed + pulled) * POSTS_AN_AUTHOR + others
        random.shuffle(published)
        await seeds.insert_posts(
            database, [seeds.new_post(author, settings.region) for author in published]
        )
        await _pull(database, pulled)
        graphs = _Graphs(database=database, settings=settings)
        try:
            yield await _cases(graphs, followed, pulled, others)
        finally:
            await database["pulls"].delete_many({"_id": {"$in": pulled}})


async def _cases(
    graphs: "_Graphs", followed: list[int], pulled: list[int], others: list[int]
) -> list[_Case]:
    many = await graphs.viewer(followed)
    few, most = await graphs.viewer(followed[:FEW]), await graphs.viewer(followed + others)
    some_pulled = [
        await graphs.viewer(followed[count:] + pulled[:count]) for count in (FEW, PULLED)
    ]
    cold = [await graphs.viewer(followees) for followees in (followed, followed + others)]
    return [
        _Case(name=BASE, viewer=many),
        _Case(name=f"page_{DEEP_PAGE}", viewer=many, page=DEEP_PAGE),
        _Case(name=f"page_{DEEPER_PAGE}", viewer=many, page=DEEPER_PAGE),
        _Case(name=f"{FEW}_followees", viewer=few),
        _Case(name=f"{MOST}_followees", viewer=most),
        _Case(name=f"{FEW}_pulled", viewer=some_pulled[0]),
        _Case(name=f"{PULLED}_pulled", viewer=some_pulled[1]),
        _Case(name=f"cold_{MANY}_followees", viewer=cold[0], is_cold=True),
        _Case(name=f"cold_{MOST}_followees", viewer=cold[1], is_cold=True),
    ]


async def _pull(database: Database, account_ids: Sequence[int]) -> None:
    """Let these accounts' posts be pulled by readers, not pushed to followers."""
    await database["accounts"].update_many(
        {"_id": {"$in": account_ids}}, {"$set": {"is_pulled": True}}
    )
    await database["pulls"].insert_many(
        [{"_id": account_id, "is_pulled": True, "since": 0} for account_id in account_ids]
    )


@dataclass(frozen=True, kw_only=True)
class _Graphs:
    """Makes viewers, each with a graph of their own."""

    database: Database
    settings: Settings

    async def viewer(self, followees: Sequence[int]) -> _Viewer:
        """A new viewer who follows these."""
        (viewer_id,) = seeds.new_ids(1)
        await seeds.insert_accounts(self.database, [viewer_id])
        await seeds.insert_edges(self.database, [(viewer_id, each) for each in followees])
        posts = (
            self.database["posts"]
            .find({"author_id": {"$in": list(followees)}, "state": "READY"}, {"_id": 1})
            .sort("_id", -1)
        )
        return _Viewer(
            id=viewer_id,
            token=await seeds.sign_in(self.database, self.settings, viewer_id),
            post_ids=tuple(
                [global_id(Kind.POST, post["_id"]) for post in await posts.to_list(None)]
            ),
        )


def _medians(cases: Sequence[_Case]) -> str:
    return ", ".join(f"{case.name} {median(case.times_ms):.1f}" for case in cases)


def _figures(cases: Sequence[_Case]) -> list[Figure]:
    base = next(median(case.times_ms) for case in cases if case.name == BASE)
    return [
        Figure(
            name=f"page_latency_{case.name}",
            value=median(case.times_ms),
            unit="ms",
            limit=None if case.name == BASE else base,
            less_is_better=True,
            note=f"{median(case.times_ms) / base:.2f} times {BASE} of {MANY} followees; "
            f"p95 {quantiles(case.times_ms, n=20)[-1]:.1f}",
        )
        for case in cases
    ]
