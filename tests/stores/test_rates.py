"""Rates in Redis, one server or a cluster: exact, shared by all processes, soon forgotten."""

import asyncio
import secrets
import time
from collections.abc import Sequence
from typing import Final

import pytest
from limits import RateLimitItemPerSecond
from limits.aio.storage import RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from redis.asyncio import RedisCluster

from app.clients import Clients
from app.errors import RateLimitedError
from app.ids import IdSource
from app.rates.model import Allowance, Claim, Rate, address_subject
from app.rates.service import Rates
from app.rates.store import KEY_GROUPS, RateStore
from tests.redis_cluster import RunningCluster
from tests.stack import TestStack
from tests.stores.samples import CACHE_TIMEOUT_SECONDS, Cache

VIEWER_MAX: Final = 100
ADDRESS_MAX: Final = 300
ATTEMPTS_MAX: Final = 10
WINDOW_SECONDS: Final = 60
SLACK_SECONDS: Final = 2.0
SECRET: Final = "nobody knows it"


def a_store(cache: Cache) -> RateStore:
    """Rates, as a process of ours has them."""
    return RateStore(cache, secret=SECRET, timeout_seconds=10 * CACHE_TIMEOUT_SECONDS)


def rates_in(
    cache: Cache, *, window_seconds: int = WINDOW_SECONDS, address_max: int = ADDRESS_MAX
) -> Rates:
    """The same, with rates that are spent soon."""
    return Rates(
        store=a_store(cache),
        viewer=Rate(name="viewer", limit=VIEWER_MAX, window_seconds=window_seconds),
        address=Rate(name="address", limit=address_max, window_seconds=window_seconds),
        sign_in_account=Rate(name="sign_in", limit=ATTEMPTS_MAX, window_seconds=window_seconds),
        sign_in_address=Rate(name="sign_in", limit=address_max, window_seconds=window_seconds),
    )


@pytest.fixture
def rates(cache: Cache) -> Rates:
    return rates_in(cache)


@pytest.fixture
def address() -> str:
    """Nobody else has it."""
    return f"192.0.2.{secrets.token_hex(6)}"


async def passed(rates: Rates, address: str, viewer: int | None, costs: Sequence[int]) -> int:
    """How many of some operations at once are let through."""
    outcomes = await asyncio.gather(
        *(rates.spend(cost=cost, address=address, viewer_id=viewer) for cost in costs),
        return_exceptions=True,
    )
    assert all(isinstance(outcome, Allowance | RateLimitedError) for outcome in outcomes)
    return sum(isinstance(outcome, Allowance) for outcome in outcomes)


async def test_exactly_as_many_as_fit_are_let_through(
    rates: Rates, address: str, viewer: int
) -> None:
    assert await passed(rates, address, viewer, [1] * 1_000) == VIEWER_MAX


async def test_processes_share_their_rates(cache: Cache, address: str, viewer: int) -> None:
    counts = await asyncio.gather(
        *(passed(rates_in(cache), address, viewer, [1] * 250) for _ in range(4))
    )
    assert sum(counts) == VIEWER_MAX


async def test_all_viewers_of_an_address_share_its_rate(
    cache: Cache, address: str, ids: IdSource
) -> None:
    rates = rates_in(cache, address_max=40)
    viewers = [ids.next(shard) for shard in range(50)]
    counts = await asyncio.gather(*(passed(rates, address, viewer, [1, 1]) for viewer in viewers))
    assert sum(counts) == 40


async def test_addresses_of_one_network_share_a_rate(rates: Rates) -> None:
    network = f"2001:db8:{secrets.randbits(16):x}:{secrets.randbits(16):x}:"
    assert await passed(rates, f"{network}:1", None, [ADDRESS_MAX]) == 1
    assert await passed(rates, f"{network}ffff::2", None, [1]) == 0


async def test_an_operation_that_does_not_fit_costs_nothing(
    rates: Rates, address: str, viewer: int
) -> None:
    first = await rates.spend(cost=95, address=address, viewer_id=viewer)
    assert first is not None
    assert (first.limit, first.remaining) == (VIEWER_MAX, 5)
    for _ in range(20):
        with pytest.raises(RateLimitedError) as refused:
            await rates.spend(cost=6, address=address, viewer_id=viewer)
        assert WINDOW_SECONDS / 2 < refused.value.retry_after_seconds <= 2 * WINDOW_SECONDS
    last = await rates.spend(cost=5, address=address, viewer_id=viewer)
    assert last is not None
    assert last.remaining == 0
    anybody = await rates.spend(cost=1, address=address, viewer_id=None)
    assert anybody is not None
    assert anybody.remaining == ADDRESS_MAX - 101


async def test_a_cost_above_the_limit_is_always_refused(rates: Rates, address: str) -> None:
    with pytest.raises(RateLimitedError) as refused:
        await rates.spend(cost=ADDRESS_MAX + 1, address=address, viewer_id=None)
    assert refused.value.retry_after_seconds == WINDOW_SECONDS
    assert refused.value.remaining == ADDRESS_MAX


async def test_whoever_waits_as_long_as_told_is_let_through(
    cache: Cache, address: str, viewer: int
) -> None:
    rates = rates_in(cache, window_seconds=1)
    assert await passed(rates, address, viewer, [VIEWER_MAX]) == 1
    begin = time.monotonic()
    with pytest.raises(RateLimitedError) as refused:
        await rates.spend(cost=50, address=address, viewer_id=viewer)
    while await passed(rates, address, viewer, [50]) == 0:
        await asyncio.sleep(0.01)
        assert time.monotonic() - begin < refused.value.retry_after_seconds + SLACK_SECONDS
    waited = time.monotonic() - begin
    assert waited > refused.value.retry_after_seconds - 1
    assert waited > 1  # a whole window, and the half of the next that fades


async def test_a_thousand_aliases_of_a_sign_in_are_a_thousand_attempts(
    cache: Cache, address: str
) -> None:
    rates, name = rates_in(cache, address_max=10_000), secrets.token_hex(8)
    outcomes = await asyncio.gather(
        *(
            rates.try_to_sign_in(address=address, username=name.upper() if odd % 2 else name)
            for odd in range(1_000)
        ),
        return_exceptions=True,
    )
    assert outcomes.count(None) == ATTEMPTS_MAX
    assert all(isinstance(each, RateLimitedError) for each in outcomes if each is not None)


async def test_attempts_are_limited_by_address_too(rates: Rates, address: str) -> None:
    outcomes = await asyncio.gather(
        *(
            rates.try_to_sign_in(address=address, username=secrets.token_hex(8))
            for _ in range(ADDRESS_MAX + 50)
        ),
        return_exceptions=True,
    )
    assert outcomes.count(None) == ADDRESS_MAX


async def test_the_library_itself_decides_the_same(servers: TestStack, clients: Clients) -> None:
    storage = RedisStorage(
        servers.settings.cache_url.get_secret_value(),
        implementation="redispy",
        connection_pool=clients.cache.connection_pool,  # type: ignore[union-attr,arg-type] # no cluster, no str
    )
    library = SlidingWindowCounterRateLimiter(storage)
    item = RateLimitItemPerSecond(VIEWER_MAX, WINDOW_SECONDS)
    rate = Rate(name="viewer", limit=VIEWER_MAX, window_seconds=WINDOW_SECONDS)
    store, subject = a_store(clients.cache), secrets.token_hex(8)
    for _ in range(60):
        cost = secrets.randbelow(VIEWER_MAX // 5) + 1
        (window,) = await store.ask(Claim(rate, subject, cost))
        assert window.is_granted == await library.hit(item, subject, cost=cost)
        stats = await library.get_window_stats(item, subject)
        assert window.remaining == stats.remaining


async def test_redis_holds_no_names_and_forgets_all_after_two_windows(
    clients: Clients, address: str, viewer: int
) -> None:
    before, name = set(await clients.cache.keys("rates:*")), secrets.token_hex(8)
    rates = rates_in(clients.cache)
    await rates.spend(cost=1, address=address, viewer_id=viewer)
    await rates.try_to_sign_in(address=address, username=name)
    keys = set(await clients.cache.keys("rates:*")) - before
    assert len(keys) == 4
    for key in keys:
        assert 0 < await clients.cache.pttl(key) <= 2 * WINDOW_SECONDS * 1_000
        assert not any(
            raw.encode() in key for raw in (address, name, str(viewer), address_subject(address))
        )


async def test_another_secret_makes_other_keys(clients: Clients, address: str) -> None:
    claim = Claim(Rate(name="viewer", limit=1, window_seconds=60), address, 1)
    for secret in ("one", "another"):
        store = RateStore(clients.cache, secret=secret, timeout_seconds=CACHE_TIMEOUT_SECONDS)
        (window,) = await store.ask(claim)
        assert window.is_granted


async def test_those_who_ask_at_the_same_time_share_a_call(clients: Clients, address: str) -> None:
    rates = rates_in(clients.cache)
    await rates.spend(cost=1, address=address, viewer_id=1)
    before = await _calls(clients.cache)
    await asyncio.gather(*(rates.spend(cost=1, address=address, viewer_id=n) for n in range(64)))
    assert await _calls(clients.cache) - before == 1


async def test_a_cluster_has_rates_on_all_nodes_and_no_script_crosses_slots(
    servers: TestStack, redis_cluster: RunningCluster, ids: IdSource
) -> None:
    nodes = [redis_cluster.node_of(f"rates:{{{group:02}}}:") for group in range(KEY_GROUPS)]
    assert {node.port for node in nodes} == {node.port for node in redis_cluster.nodes}
    for node in redis_cluster.nodes:
        node.ask("CONFIG RESETSTAT")
    async with RedisCluster.from_url(redis_cluster.url) as cache:
        rates = rates_in(cache)
        for number in range(100):
            told = await rates.spend(
                cost=1, address=f"198.51.100.{number}", viewer_id=ids.next(number)
            )
            assert told is not None
    for node in redis_cluster.nodes:
        assert "CROSSSLOT" not in str(node.ask("INFO", "errorstats"))
        assert int(node.ask("INFO", "commandstats")["cmdstat_eval"]["calls"]) > 0


async def _calls(cache: Cache) -> int:
    stats = await cache.info("commandstats")
    return int(stats["cmdstat_eval"]["calls"])
