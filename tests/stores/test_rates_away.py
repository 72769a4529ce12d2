"""Rates in a Redis that hangs, dies, or was never there: nobody is held up, nobody refused."""

import asyncio
import logging
import secrets
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

import pytest
from pydantic import SecretStr

from app.cache import BREAK_SECONDS
from app.clients import open_clients
from app.errors import RateLimitedError
from app.metrics import metric_value
from app.rates.service import Rates
from app.rates.store import RateStore
from app.settings import Settings
from docker.local.ports import HOST
from tests.redis_cluster import RunningCluster, running_cluster
from tests.stack import TestStack
from tests.stores.samples import CACHE_TIMEOUT_SECONDS, clustered

OPERATIONS: Final = 200
SLACK_SECONDS: Final = 2.0  # on a machine that does other things, too
LOGGER: Final = "app.rates.store"


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Rates]:
    """Rates, as a process of ours opens them, of 100 for a viewer."""
    chosen = settings.model_copy(
        update={
            "rate_viewer_max_cost": 100,
            "rate_window_seconds": 600,
            "cache_timeout_seconds": CACHE_TIMEOUT_SECONDS,
        }
    )
    async with AsyncExitStack() as closing:
        cache = open_clients(chosen, None, closing).cache
        yield Rates.from_settings(chosen, RateStore.from_settings(chosen, cache))


def skipped(limit: str) -> float:
    return metric_value("photofeed_rate_limits_skipped_total", limit=limit)


@pytest.fixture
def address() -> str:
    """Nobody else has it."""
    return f"192.0.2.{secrets.token_hex(6)}"


async def until_limited(rates: Rates, address: str, viewer: int) -> None:
    """Spend until that counts again."""
    begin = time.monotonic()
    while await rates.spend(cost=1, address=address, viewer_id=viewer) is None:
        assert time.monotonic() - begin < 2 * BREAK_SECONDS + CACHE_TIMEOUT_SECONDS + SLACK_SECONDS
        await asyncio.sleep(0.01)


async def spend_in_vain(rates: Rates, address: str, viewer: int, *, pause: float = 0.0) -> float:
    """Spend far more than is allowed, in turn; returns the seconds that this took."""
    spent = 0.0
    for _ in range(OPERATIONS):
        begin = time.monotonic()
        assert await rates.spend(cost=100, address=address, viewer_id=viewer) is None
        spent += time.monotonic() - begin
        await asyncio.sleep(pause)
    return spent


@pytest.fixture
async def silent_port() -> AsyncIterator[int]:
    """A server that takes connections and never says a word."""

    async def be_silent(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await closing.wait()
        writer.close()

    closing = asyncio.Event()
    async with await asyncio.start_server(be_silent, HOST, 0) as server:
        yield server.sockets[0].getsockname()[1]
        closing.set()


@pytest.mark.parametrize("is_cluster", [False, True], ids=["single", "cluster"])
@pytest.mark.parametrize("is_there", [True, False], ids=["silent", "closed"])
async def test_without_a_cache_there_are_no_limits_and_a_metric_says_so(
    servers: TestStack,
    silent_port: int,
    address: str,
    caplog: pytest.LogCaptureFixture,
    *,
    is_there: bool,
    is_cluster: bool,
) -> None:
    url = SecretStr(f"redis://{HOST}:{silent_port if is_there else 1}/0")
    away = servers.settings.model_copy(update={"cache_url": url, "cache_cluster": is_cluster})
    before = [skipped(limit) for limit in ("viewer", "address", "sign_in")]
    async with opened(away) as rates, asyncio.timeout(CACHE_TIMEOUT_SECONDS + SLACK_SECONDS):
        for _ in range(50):
            assert await rates.spend(cost=100, address=address, viewer_id=1) is None
            await rates.try_to_sign_in(address=address, username="ada")
    after = [skipped(limit) for limit in ("viewer", "address", "sign_in")]
    assert [now - then for now, then in zip(after, before, strict=True)] == [50, 50, 100]
    assert len([record for record in caplog.records if record.name == LOGGER]) == 1


async def test_a_hang_costs_one_caller_a_timeout_and_nobody_else(
    servers: TestStack, address: str, viewer: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, LOGGER)
    async with opened(servers.settings) as rates:
        await until_limited(rates, address, viewer)
        servers.kill("cache", signal.SIGSTOP)
        try:
            begin = time.monotonic()
            outcomes = await asyncio.gather(
                *(
                    rates.spend(cost=100, address=address, viewer_id=viewer)
                    for _ in range(OPERATIONS)
                )
            )
            assert outcomes == [None] * OPERATIONS
            assert time.monotonic() - begin < CACHE_TIMEOUT_SECONDS + SLACK_SECONDS
            begin = time.monotonic()
            pause = 2.5 * BREAK_SECONDS / OPERATIONS
            spent = await spend_in_vain(rates, address, viewer, pause=pause)
            probes = (time.monotonic() - begin) // BREAK_SECONDS + 1
            assert spent < probes * CACHE_TIMEOUT_SECONDS + SLACK_SECONDS
        finally:
            servers.kill("cache", signal.SIGCONT)
        await until_limited(rates, address, viewer)
        with pytest.raises(RateLimitedError):
            await rates.spend(cost=100, address=address, viewer_id=viewer)
    levels = [record.levelname for record in caplog.records if record.name == LOGGER]
    assert levels == ["WARNING", "INFO"]


async def test_a_cache_that_is_wiped_forgets_and_goes_on(
    servers: TestStack, address: str, viewer: int
) -> None:
    async with opened(servers.settings) as rates:
        for _ in range(2):
            told = await rates.spend(cost=100, address=address, viewer_id=viewer)
            assert told is not None
            assert told.remaining == 0
            servers.kill("cache")
            servers.wait_until_ready("cache")
            await until_limited(rates, address, viewer + 1)


@pytest.fixture
def mortal() -> Iterator[RunningCluster]:
    """A cluster that a test may do anything to."""
    with running_cluster() as cluster:
        yield cluster


async def test_a_node_that_hangs_leaves_the_rates_of_the_others(
    servers: TestStack, mortal: RunningCluster
) -> None:
    addresses = [f"198.51.100.{number}" for number in range(100)]
    async with opened(clustered(servers.settings, mortal)) as rates:
        for number, each in enumerate(addresses, 2):
            await until_limited(rates, each, number)
        mortal.nodes[0].signal(signal.SIGSTOP)
        try:
            begin = time.monotonic()
            told = [await rates.spend(cost=1, address=each, viewer_id=None) for each in addresses]
            assert 0 < told.count(None) < len(told)
            assert time.monotonic() - begin < 3 * CACHE_TIMEOUT_SECONDS + SLACK_SECONDS
        finally:
            mortal.nodes[0].signal(signal.SIGCONT)
        for each in addresses:
            await until_limited(rates, each, 1)
