"""What a photo costs that the edge has not kept, and what it costs when its region is away."""

import asyncio
import io
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from secrets import token_bytes, token_hex
from statistics import median

from app.images.store import ObjectStores
from docker.local.ports import HOST
from tests.bench.load import fetch, open_connection
from tests.bench.report import Figure, shown
from tests.bench.rounds import Say, between, take_turns
from tests.stack import TestStack
from tests.stores.gateways import Edge, running_edge
from tests.stores.origins import CLOSES, HANGS, PHOTO, Answer

ROUNDS = 5
PHOTOS_A_ROUND = 60
CONNECTIONS = 8
BODY = token_bytes(96 * 1024)
"""As large as a rendition that is 1080 pixels wide."""

LATER = 30
"""Photos that are asked for once it is known that their region is away."""


async def measure(stack: TestStack, say: Say) -> list[Figure]:
    """Misses through the edge, beside the same photos from the store; and the other region's.

    Every photo is asked for once. The limit of a photo that comes from the other region is one that
    comes from its own; both regions are played by processes that answer at once.
    """
    stores = ObjectStores.from_settings(stack.settings)
    return [
        *await _misses(stack, stores, say),
        *await _failing_over("hangs", HANGS, say),
        *await _failing_over("closes", CLOSES, say),
    ]


async def _misses(stack: TestStack, stores: ObjectStores, say: Say) -> list[Figure]:
    region = stack.settings.region
    bucket = stack.settings.bucket(region)
    edge, store = stack.port("cdn"), stack.port(f"store-{region}")
    waits: dict[int, list[float]] = {edge: [], store: []}

    async def rate(port: int, prefix: str) -> float:
        keys = await asyncio.to_thread(_put, stores, region)
        waits[port].append(await _milliseconds_each(port, prefix, keys[: len(keys) // 2]))
        return await _photos_per_second(port, prefix, keys[len(keys) // 2 :])

    rounds = await take_turns(
        ROUNDS, lambda: rate(edge, f"/{region}"), lambda: rate(store, f"/{bucket}"), say
    )
    return [
        Figure(
            name="edge_misses",
            value=rounds.value,
            unit="photos/s",
            limit=rounds.limit,
            note=f"{rounds.spread}; over {CONNECTIONS} connections",
        ),
        Figure(
            name="edge_miss_latency",
            value=median(waits[edge]),
            unit="ms",
            limit=median(waits[store]),
            less_is_better=True,
            note=f"{between(waits[edge])}; limit {between(waits[store])}",
        ),
    ]


def _put(stores: ObjectStores, region: str) -> list[str]:
    keys = [_new_key() for _ in range(PHOTOS_A_ROUND)]
    for key in keys:
        file = io.BytesIO(BODY)
        stores.put(region, key, file, byte_size=len(BODY), content_type="image/webp")
    return keys


async def _milliseconds_each(port: int, prefix: str, keys: Sequence[str]) -> float:
    """The median of how long one photo takes, one at a time."""
    took = []
    async with open_connection(port) as ask:
        for key in keys:
            begin = time.perf_counter()
            await ask(_request(f"{prefix}/{key}"))
            took.append((time.perf_counter() - begin) * 1000)
    return median(took)


async def _photos_per_second(port: int, prefix: str, keys: Sequence[str]) -> float:
    left = iter(keys)

    async def take_some() -> None:
        async with open_connection(port) as ask:
            for key in left:
                await ask(_request(f"{prefix}/{key}"))

    begin = time.perf_counter()
    await asyncio.gather(*(take_some() for _ in range(CONNECTIONS)))
    return len(keys) / (time.perf_counter() - begin)


async def _failing_over(name: str, how: Answer, say: Say) -> list[Figure]:
    """Milliseconds of the first photo that its region does not give, and of those after that."""
    with tempfile.TemporaryDirectory() as folder, running_edge(Path(folder)) as edge:
        for origin in edge.origins.values():
            origin.otherwise = PHOTO
        near = median([await _milliseconds(edge) for _ in range(LATER)])
        edge.origins["eu"].otherwise = how
        first, _, *later = [await _milliseconds(edge) for _ in range(LATER)]
    say(f"region {name}: first {shown(first)}, later {shown(median(later))}, at home {shown(near)}")
    return [
        Figure(
            name=f"edge_region_{name}_{when}",
            value=value,
            unit="ms",
            limit=near,
            less_is_better=True,
            note=note,
        )
        for when, value, note in (
            ("first", first, "one photo"),
            ("later", median(later), between(later)),
        )
    ]


async def _milliseconds(edge: Edge) -> float:
    begin = time.perf_counter()
    await fetch(edge.port, _request(f"/eu/{_new_key()}"))
    return (time.perf_counter() - begin) * 1000


def _new_key() -> str:
    return f"renditions/{token_hex(8)}/{token_hex(8)}/1080.webp"


def _request(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()
