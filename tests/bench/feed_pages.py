"""How many feed pages a second one API process serves, and what the reads alone would allow."""

from os import sched_getaffinity

from tests.bench.bare_server import running_bare
from tests.bench.load import Ask, graphql_request, request_head
from tests.bench.page_server import PageServer, asking_process
from tests.bench.pages import FIRST, QUERY, populate, same_page
from tests.bench.report import Figure
from tests.bench.rounds import Say, take_turns
from tests.bench.started import Process, of_stack
from tests.stack import TestStack

ROUNDS = 5
BARE = "tests.bench.bare:production"


async def measure(stack: TestStack, say: Say) -> list[Figure]:
    """Pages of 50 posts a second; the limit is the bare application of the same reads.

    Both serve 64 viewers with warm timelines over 16 keep-alive connections, straight to their
    ports. Each viewer's page is the same JSON from both, or nothing is measured.
    """
    tokens = await populate(stack)
    api_process = of_stack(stack, "api-1")
    async with running_bare(stack, BARE) as bare_process:
        pairs = [await _same_page(token, api_process, bare_process) for token in tokens]
        api_asks, bare_asks = zip(*pairs, strict=True)
        api = PageServer(process=api_process, asks=api_asks)
        bare = PageServer(process=bare_process, asks=bare_asks)
        with asking_process(sched_getaffinity(0)) as pool:
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


async def _same_page(token: str, api: Process, bare: Process) -> tuple[Ask, ...]:
    """A viewer's two requests, once it is known that both have the same page for an answer."""
    asked = graphql_request(token, QUERY, first=FIRST)
    return await same_page((api.port, asked), (bare.port, request_head("GET /feed", token)))
