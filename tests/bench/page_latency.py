"""How long somebody waits for one page of a feed, whatever page, and whomever they follow."""

import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from statistics import median, quantiles
from time import perf_counter

from app.ids import ID_MAX
from tests.bench import seeds, timelines
from tests.bench.graphs import Graphs, Viewer, open_graphs
from tests.bench.load import graphql_request, open_connection
from tests.bench.pages import FIRST, QUERY
from tests.bench.report import Figure
from tests.bench.rounds import BenchError, Say
from tests.stack import TestStack

FEW = 10
MANY = 200
MOST = 5_000
PULLED = 100
POSTS_AN_AUTHOR = 20
PUSHED = 250
"""Posts that were published after timelines of 500 were built, so that those are longer now."""

DEEP_PAGE = 10
"""From the timeline, and near its end."""

DEEPER_PAGE = 20
"""From MongoDB."""

BASE = "page_1"
ROUNDS = 40

Ask = Callable[[bytes], Awaitable[bytes]]


@dataclass(frozen=True, kw_only=True)
class _Case:
    """A page to be asked for again and again; a cold one is without timeline each time."""

    name: str
    viewer: Viewer
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
    async with open_connection(stack.port("api-1")) as ask, _populated(stack, ask) as cases:
        with timelines.open_cache(stack.settings) as cache:
            requests = [await _request(ask, case) for case in cases]
            order = list(zip(cases, requests, strict=True))
            for number in range(ROUNDS):
                random.shuffle(order)
                for case, request in order:
                    case.times_ms.append(await _time(ask, cache, case, request))
                if (number + 1) % 10 == 0:
                    say(f"{number + 1}/{ROUNDS}: {_medians(cases)}")
            for case in cases:
                _check_timeline(cache, case)
    return _figures(cases)


async def _request(ask: Ask, case: _Case) -> bytes:
    """The request of a case, once all pages before it have been read and found right."""
    after = None
    for page in range(1, case.page):
        answer = await ask(_page_request(case.viewer, after))
        before = _Case(name=f"page {page} before {case.name}", viewer=case.viewer, page=page)
        after = _checked(before, answer)
    return _page_request(case.viewer, after)


def _page_request(viewer: Viewer, after: str | None) -> bytes:
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


def _check_timeline(cache: timelines.Cache, case: _Case) -> None:
    """Look whether a page came from where its case says."""
    timeline = timelines.held(cache, case.viewer.id)
    if timeline is None or frozenset(timeline.pulled_ids) != case.viewer.pulled:
        raise BenchError(f"{case.name}: the timeline is not what it was built for")
    is_below = len(timeline.between(ID_MAX)) <= (case.page - 1) * FIRST
    if is_below != (case.page == DEEPER_PAGE):
        raise BenchError(f"{case.name}: the timeline has {len(timeline.post_ids)} posts")


@asynccontextmanager
async def _populated(stack: TestStack, ask: Ask) -> AsyncIterator[list[_Case]]:
    """Write authors of whom some are pulled, their posts, and a viewer for each kind of graph.

    Most posts are there before anybody reads; the last ones are pushed to timelines that are.
    """
    async with open_graphs(stack.settings) as graphs:
        followed, pulled = seeds.new_ids(MANY), seeds.new_ids(PULLED)
        others = seeds.new_ids(MOST - MANY)
        await seeds.insert_accounts(graphs.database, followed + pulled + others)
        published = (followed + pulled) * POSTS_AN_AUTHOR + others
        random.shuffle(published)
        await graphs.publish(published)
        await graphs.cross(pulled, followers=1, is_pulled=False)
        try:
            viewers = await _viewers(graphs, followed, pulled, others)
            for viewer in viewers.values():
                await ask(_page_request(viewer, None))
            await graphs.publish(random.choices(followed, k=PUSHED))  # noqa: S311 - no secret
            await graphs.publish(random.choices(pulled, k=PUSHED))  # noqa: S311 - likewise
            yield _cases({name: await graphs.seen(viewers[name]) for name in viewers})
        finally:
            await graphs.cross(pulled, followers=0, is_pulled=True)


async def _viewers(
    graphs: Graphs, followed: list[int], pulled: list[int], others: list[int]
) -> dict[str, Viewer]:
    return {
        "few": await graphs.viewer(followed[:FEW]),
        "many": await graphs.viewer(followed),
        "most": await graphs.viewer(followed + others),
        "few pulled": await graphs.viewer(followed[FEW:], pulled[:FEW]),
        "many pulled": await graphs.viewer(followed[PULLED:], pulled),
        "cold many": await graphs.viewer(followed),
        "cold most": await graphs.viewer(followed + others),
    }


def _cases(viewers: Mapping[str, Viewer]) -> list[_Case]:
    many = viewers["many"]
    return [
        _Case(name=BASE, viewer=many),
        _Case(name=f"page_{DEEP_PAGE}", viewer=many, page=DEEP_PAGE),
        _Case(name=f"page_{DEEPER_PAGE}", viewer=many, page=DEEPER_PAGE),
        _Case(name=f"{FEW}_followees", viewer=viewers["few"]),
        _Case(name=f"{MOST}_followees", viewer=viewers["most"]),
        _Case(name=f"{FEW}_pulled", viewer=viewers["few pulled"]),
        _Case(name=f"{PULLED}_pulled", viewer=viewers["many pulled"]),
        _Case(name=f"cold_{MANY}_followees", viewer=viewers["cold many"], is_cold=True),
        _Case(name=f"cold_{MOST}_followees", viewer=viewers["cold most"], is_cold=True),
    ]


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
