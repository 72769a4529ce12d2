"""Our pages beside those of peers, each on a core that is its own while it is measured."""

from collections.abc import Mapping
from concurrent.futures import Executor
from statistics import median

from tests.bench.cores import apart
from tests.bench.page_server import PageServer, asking_process
from tests.bench.report import Figure
from tests.bench.rounds import Say, Turn, between, in_turns
from tests.stack import TestStack

OURS = "ours"
ROUNDS = 7


async def beside_peers(
    stack: TestStack, ours: PageServer, peers: Mapping[str, PageServer], say: Say
) -> list[Figure]:
    """Pages a second and CPU milliseconds a page, ours beside each peer.

    They take their turns on the same core. Who asks has the others, and so has the whole stack.
    """
    servers = {OURS: ours, **peers}
    measured = [server.process.pid for server in servers.values()]
    others = {pid for name in stack.names for pid in stack.pids(name)}.difference(measured)
    with apart(measured, others) as cores, asking_process(cores) as pool:
        for server in servers.values():
            await server.warm_up(pool)
        turns = {name: _turn(server, pool) for name, server in servers.items()}
        rates = await in_turns(ROUNDS, turns, say)
    return [
        figure
        for name, peer in peers.items()
        for figure in (_rate(name, ours, peer, rates), _cpu(name, ours, peer))
    ]


def _turn(server: PageServer, pool: Executor) -> Turn:
    return lambda: server.pages_per_second(pool)


def _rate(
    name: str, ours: PageServer, peer: PageServer, rates: Mapping[str, list[float]]
) -> Figure:
    return Figure(
        name=f"pages_beside_{name}",
        value=median(rates[OURS]),
        peer=median(rates[name]),
        unit="pages/s",
        note=f"{between(rates[OURS])}, {ours.effort}; peer {between(rates[name])}, {peer.effort}",
    )


def _cpu(name: str, ours: PageServer, peer: PageServer) -> Figure:
    return Figure(
        name=f"page_cpu_beside_{name}",
        value=median(ours.page_cpu_ms),
        peer=median(peer.page_cpu_ms),
        unit="ms",
        less_is_better=True,
        note=f"{between(ours.page_cpu_ms)}; peer {between(peer.page_cpu_ms)}",
    )
