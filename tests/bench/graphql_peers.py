"""How many feed pages a second the API serves on one core, and servers of Node that read the same.

The peers are Mercurius with its compiler: one that reads all that we read, one that reads no more
than a page takes, and one that keeps posts, accounts and followees in its process, as we do.
"""

from contextlib import AsyncExitStack

from tests.bench.load import graphql_request
from tests.bench.node_peers.process import Kind, running_node_peer
from tests.bench.one_core import beside_peers
from tests.bench.page_server import PageServer
from tests.bench.pages import FIRST, QUERY, populate, same_page
from tests.bench.report import Figure
from tests.bench.rounds import Say
from tests.bench.started import of_stack
from tests.stack import TestStack

KINDS = (Kind.EVERY_READ, Kind.LEAN, Kind.CACHED)


async def measure(stack: TestStack, say: Say) -> list[Figure]:
    """Pages of 50 posts a second, and CPU milliseconds a page, beside each peer.

    All serve 64 viewers with warm timelines over 16 keep-alive connections, straight to their
    ports, from the same MongoDB and Redis. Each viewer's page is the same JSON from all, or nothing
    is measured.
    """
    tokens = await populate(stack)
    async with AsyncExitStack() as closing:
        peers = [
            await closing.enter_async_context(running_node_peer(stack, kind)) for kind in KINDS
        ]
        processes = [of_stack(stack, "api-1"), *peers]
        requests = [graphql_request(token, QUERY, first=FIRST) for token in tokens]
        checked = [
            await same_page(*((process.port, request) for process in processes))
            for request in requests
        ]
        ours, *theirs = (
            PageServer(process=process, asks=asks)
            for process, asks in zip(processes, zip(*checked, strict=True), strict=True)
        )
        return await beside_peers(stack, ours, dict(zip(KINDS, theirs, strict=True)), say)
