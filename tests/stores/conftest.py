"""Clients of the real servers, and a database of its own for each test."""

import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorDatabase

from app.accounts.store import AccountStore
from app.clients import Clients, open_clients
from app.feeds.store import TimelineStore
from app.follows.model import PullThresholds
from app.follows.pulling import Pulling
from app.follows.pulls import PullStore
from app.follows.service import Follows
from app.follows.store import FollowStore
from app.ids import IdSource, random_shard
from app.live.bus import LiveBus
from app.live.changes import Changes
from app.live.store import ChangeLog
from app.posts.store import PostStore
from app.transactions import Transactions
from tests.mongodb import Asked
from tests.redis_cluster import RunningCluster, running_cluster
from tests.stack import TestStack
from tests.stores.mending import living_world
from tests.stores.samples import CAP, Cache, clustered
from tests.stores.world import World

Database = AsyncIOMotorDatabase[dict[str, Any]]
RETRY_SECONDS = 60.0
PATIENCE_SECONDS = 10.0
"""A cache that is there is waited for, however busy the machine."""


@pytest.fixture
async def clients(servers: TestStack) -> AsyncIterator[Clients]:
    """Clients as every process of ours opens them."""
    async with AsyncExitStack() as closing:
        yield open_clients(servers.settings, None, closing)


@pytest.fixture
async def database(clients: Clients) -> AsyncIterator[Database]:
    """An empty database."""
    name = f"test_{secrets.token_hex(6)}"
    yield clients.mongodb[name]
    await clients.mongodb.drop_database(name)


@pytest.fixture
def transactions(clients: Clients) -> Transactions:
    """Transactions of the database."""
    return Transactions(clients.mongodb)


@pytest.fixture
def asked() -> Asked:
    """What is asked of the watched database."""
    return Asked()


@pytest.fixture
async def watched(servers: TestStack, database: Database, asked: Asked) -> AsyncIterator[Database]:
    """The same database by a client that is listened to."""
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(
        servers.settings.mongodb_url.get_secret_value(), event_listeners=[asked]
    )
    yield client[database.name]
    client.close()


@pytest.fixture(scope="session")
def ids() -> IdSource:
    """Ids that nobody else has drawn."""
    return IdSource()


@pytest.fixture
async def posts(database: Database) -> PostStore:
    """Posts, with their indexes."""
    store = PostStore(database, retry_seconds=RETRY_SECONDS)
    await store.prepare()
    await store.prepare()
    return store


@pytest.fixture(scope="session")
def redis_cluster() -> Iterator[RunningCluster]:
    """Three nodes; whoever breaks one starts a cluster of their own."""
    with running_cluster() as cluster:
        yield cluster


@pytest.fixture(params=["single", "cluster"])
async def cache(servers: TestStack, request: pytest.FixtureRequest) -> AsyncIterator[Cache]:
    """The cache of timelines: one server, then a cluster."""
    settings = servers.settings.model_copy(update={"cache_timeout_seconds": PATIENCE_SECONDS})
    if request.param == "cluster":
        settings = clustered(settings, request.getfixturevalue("redis_cluster"))
    async with AsyncExitStack() as closing:
        yield open_clients(settings, None, closing).cache


@pytest.fixture
def timelines(cache: Cache) -> TimelineStore:
    """Timelines that are cut soon."""
    return TimelineStore(cache, posts_max=CAP, timeout_seconds=PATIENCE_SECONDS)


@pytest.fixture
def viewer(ids: IdSource) -> int:
    """Somebody without a timeline."""
    return ids.next(random_shard())


@pytest.fixture
async def accounts(database: Database) -> AccountStore:
    """Accounts, with their indexes."""
    store = AccountStore(database)
    await store.prepare()
    return store


@pytest.fixture
async def follow_store(database: Database) -> FollowStore:
    """Edges, with their indexes."""
    store = FollowStore(database)
    await store.prepare()
    await store.prepare()
    return store


@pytest.fixture
async def log(database: Database) -> ChangeLog:
    """The log of changes."""
    log = ChangeLog(database)
    await log.prepare()
    return log


@pytest.fixture
def processes(
    clients: Clients,
    database: Database,
    follow_store: FollowStore,
    accounts: AccountStore,
    log: ChangeLog,
    transactions: Transactions,
) -> list[Follows]:
    """As several processes have it: what one of them locks, the others do not see."""
    changes = Changes(log=log, bus=LiveBus(clients.bus), kept_seconds=60)
    return [
        Follows(
            follows=follow_store,
            accounts=accounts,
            changes=changes,
            pulling=Pulling(
                accounts=accounts,
                pulls=PullStore(database),
                changes=changes,
                thresholds=PullThresholds(pull_above=3, push_below=2),
            ),
            transactions=transactions,
            ids=IdSource(),
            following_max=5,
        )
        for _ in range(4)
    ]


@pytest.fixture
def follows(processes: list[Follows]) -> Follows:
    """One of them."""
    return processes[0]


@pytest.fixture
async def world(servers: TestStack) -> AsyncIterator[World]:
    """Somebody whom everybody follows, somebody whom three follow, and a post of each."""
    async with living_world(servers.settings) as world:
        yield world
