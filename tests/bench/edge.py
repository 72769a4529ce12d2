"""What a photo that the edge has kept costs it, beside nginx that serves a file of these bytes."""

import asyncio
import socket
import tempfile
import time
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_bytes, token_hex
from statistics import median

from docker.local.ports import HOST
from tests.bench.cores import apart
from tests.bench.edge_load import Pipelined, answers_per_second
from tests.bench.machine import cpu_seconds
from tests.bench.page_server import asking_process
from tests.bench.report import Figure
from tests.bench.rounds import Say, Turn, between, in_turns
from tests.stack import TestStack
from tests.stores.gateways import Edge, running_edge
from tests.stores.origins import PHOTO

SIZES_KIB = (16, 96)
"""Of renditions that are 320 and 1080 pixels wide."""

ROUNDS = 7
TURN_SECONDS = 1.5
FILES = """
    server {{
        listen {address};
        root {folder};
        access_log /dev/stdout requests buffer=32k flush=1s;
        tcp_nopush on;
        default_type image/webp;
    }}

    # The CDN.
"""


@dataclass(kw_only=True)
class _Served:
    """The same bytes by one of two ways, and what they took of the worker in each turn."""

    port: int
    path: str
    cpu_us: list[float] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)


async def measure(stack: TestStack, say: Say) -> list[Figure]:
    """Hits a second, and microseconds of CPU a hit; the limit is a file of another server block.

    Both are served by the one worker of one nginx, on a core of its own, with the template's
    settings and its log. Who asks has another core, and sends eight requests at once over each of
    eight connections. That a photo is looked up again every 30 s is no part of a hit.
    """
    with tempfile.TemporaryDirectory() as folder:
        address = f"{HOST}:{_unused_port()}"
        changes = {
            "    # The CDN.\n": FILES.format(address=address, folder=folder),
            "proxy_cache_valid 200 30s": "proxy_cache_valid 200 1h",
            "worker_processes auto": "worker_processes 1",
        }
        with running_edge(Path(folder), changes=changes) as edge:
            return [
                figure
                for kibibytes in SIZES_KIB
                for figure in await _hits(stack, edge, address, kibibytes, say)
            ]


async def _hits(
    stack: TestStack, edge: Edge, address: str, kibibytes: int, say: Say
) -> list[Figure]:
    key, photo = f"renditions/{token_hex(8)}/{token_hex(8)}/320.webp", token_bytes(kibibytes * 1024)
    edge.origins["eu"].photos[f"/photofeed-eu/{key}"] = photo
    edge.origins["eu"].otherwise = PHOTO
    (edge.home.root / key).parent.mkdir(parents=True)
    (edge.home.root / key).write_bytes(photo)
    kept = _Served(port=edge.port, path=f"/eu/{key}")
    file = _Served(port=int(address.partition(":")[2]), path=f"/{key}")
    worker = _worker(edge.pid)
    others = {pid for name in stack.names for pid in stack.pids(name)}
    with apart([worker], others) as cores, asking_process(cores) as pool:
        turns: dict[str, Turn] = {
            "": lambda: _rate(kept, photo, worker, pool),
            "file": lambda: _rate(file, photo, worker, pool),
        }
        await in_turns(1, turns, say)
        kept.cpu_us.clear()
        file.cpu_us.clear()
        rates = await in_turns(ROUNDS, turns, say)
    return [
        Figure(
            name=f"edge_hits_{kibibytes}_kib",
            value=median(rates[""]),
            unit="hits/s",
            limit=median(rates["file"]),
            note=f"{between(rates[''])}, {median(kept.busy):.0%} of a core; "
            f"limit {between(rates['file'])}, {median(file.busy):.0%}",
        ),
        Figure(
            name=f"edge_hit_cpu_{kibibytes}_kib",
            value=median(kept.cpu_us),
            unit="us",
            limit=median(file.cpu_us),
            less_is_better=True,
            note=f"{between(kept.cpu_us)}; limit {between(file.cpu_us)}",
        ),
    ]


async def _rate(served: _Served, photo: bytes, worker: int, pool: Executor) -> float:
    """Answers a second; what they took of the worker is kept."""
    load = Pipelined(port=served.port, path=served.path, body=photo, seconds=TURN_SECONDS)
    begin, used = time.perf_counter(), cpu_seconds(worker)
    rate = await asyncio.get_running_loop().run_in_executor(pool, answers_per_second, load)
    busy = (cpu_seconds(worker) - used) / (time.perf_counter() - begin)
    served.busy.append(busy)
    served.cpu_us.append(busy / rate * 1e6)
    return rate


def _worker(master: int) -> int:
    """The one process that answers; the others look after the cache."""
    for child in Path(f"/proc/{master}/task/{master}/children").read_text().split():
        if b"worker" in Path(f"/proc/{child}/cmdline").read_bytes():
            return int(child)
    raise ProcessLookupError(f"nginx {master} has no worker")


def _unused_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
