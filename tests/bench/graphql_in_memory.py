"""How many pages a second GraphQL and HTTP alone allow on one core, in Python and in Node.

Ours is the real door before a house that has everything in memory. The peers have the very page
that it answers with in memory, as the objects that GraphQL goes through, and know no viewers.
"""

from contextlib import AsyncExitStack

from tests.bench.bare_server import running_bare
from tests.bench.load import fetch, graphql_request
from tests.bench.node_peers.process import Kind, running_node_peer
from tests.bench.one_core import beside_peers
from tests.bench.page_server import PageServer
from tests.bench.pages import FIRST, QUERY, page_of, same_page
from tests.bench.report import Figure
from tests.bench.rounds import Say
from tests.stack import TestStack

APPLICATION = "tests.bench.in_memory:production"
KINDS = (Kind.IN_MEMORY, Kind.YOGA_JIT_IN_MEMORY, Kind.YOGA_IN_MEMORY)


async def measure(stack: TestStack, say: Say) -> list[Figure]:
    """Pages of 50 posts a second, and CPU milliseconds a page, beside each peer.

    All serve the same page over 16 keep-alive connections, straight to their ports.
    """
    request = graphql_request("any", QUERY, first=FIRST)
    async with AsyncExitStack() as closing:
        door = await closing.enter_async_context(running_bare(stack, APPLICATION))
        page = page_of(await fetch(door.port, request))
        peers = [
            await closing.enter_async_context(running_node_peer(stack, kind, page=page))
            for kind in KINDS
        ]
        processes = [door, *peers]
        asks = await same_page(*((process.port, request) for process in processes))
        ours, *theirs = (
            PageServer(process=process, asks=(ask,))
            for process, ask in zip(processes, asks, strict=True)
        )
        return await beside_peers(stack, ours, dict(zip(KINDS, theirs, strict=True)), say)
