"""The drivers' clients: how they are opened, and which of them it takes to serve."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx2
from dramatiq.brokers.redis import RedisBroker
from motor.motor_asyncio import AsyncIOMotorClient
from redis.asyncio import Redis, RedisCluster
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError

from app.broker import open_redis_broker
from app.images.store import ObjectStores
from app.readiness import Readiness
from app.settings import Settings

MONGODB_CONNECT_TIMEOUT_MS = 2_000
MONGODB_SOCKET_TIMEOUT_MS = 10_000
MONGODB_SELECTION_TIMEOUT_MS = 10_000
LIVE_TIMEOUT_SECONDS = 2.0
EDGE_TIMEOUT_SECONDS = 2.0


@dataclass(frozen=True, kw_only=True)
class Clients:
    """One client a server; connections are made when they are needed."""

    mongodb: "AsyncIOMotorClient[dict[str, Any]]"
    cache: Redis | RedisCluster
    bus: Redis
    jobs: RedisBroker
    objects: ObjectStores
    edges: httpx2.AsyncClient


def open_clients(
    settings: Settings, broker: RedisBroker | None, closing: AsyncExitStack
) -> Clients:
    """Make every client, and have `closing` close them in reverse."""
    mongodb = open_mongodb(settings)
    closing.callback(mongodb.close)
    cache = _open_cache(settings)
    closing.push_async_callback(cache.aclose)
    bus = _open_redis(settings, LIVE_TIMEOUT_SECONDS)
    closing.push_async_callback(bus.aclose)
    if broker is None:
        broker = open_redis_broker(settings.broker_url.get_secret_value(), middleware=[])
        closing.callback(broker.close)
    edges = httpx2.AsyncClient(timeout=EDGE_TIMEOUT_SECONDS)
    closing.push_async_callback(edges.aclose)
    return Clients(
        mongodb=mongodb,
        cache=cache,
        bus=bus,
        jobs=broker,
        objects=ObjectStores.from_settings(settings),
        edges=edges,
    )


def open_mongodb(settings: Settings) -> "AsyncIOMotorClient[dict[str, Any]]":
    """Client of the replica set; what it acknowledges is on the disks of a majority."""
    return AsyncIOMotorClient(
        settings.mongodb_url.get_secret_value(),
        w="majority",
        journal=True,
        retryWrites=True,
        connectTimeoutMS=MONGODB_CONNECT_TIMEOUT_MS,
        socketTimeoutMS=MONGODB_SOCKET_TIMEOUT_MS,
        serverSelectionTimeoutMS=MONGODB_SELECTION_TIMEOUT_MS,
        appname="photofeed",
    )


def readiness(settings: Settings, clients: Clients) -> Readiness:
    """Whether the servers answer, and which of them it takes to serve."""

    def stored(region: str) -> "partial[Any]":
        return partial(asyncio.to_thread, clients.objects.check, region)

    # What a region's store would take its partner's takes, while it is away.
    pair = [each for each in (settings.region, settings.partner(settings.region)) if each]
    others = sorted(set(settings.object_stores) - set(pair))
    return Readiness(
        needed={"mongodb": partial(clients.mongodb.admin.command, "hello")},
        either={f"object store {region}": stored(region) for region in pair},
        helpful={
            "broker": partial(asyncio.to_thread, _ping_broker, clients.jobs),
            "cache": clients.cache.ping,
            **{f"object store {region}": stored(region) for region in others},
        },
    )


def _ping_broker(broker: RedisBroker) -> None:
    broker.client.ping()


def _open_cache(settings: Settings) -> Redis | RedisCluster:
    if not settings.cache_cluster:
        return _open_redis(settings, settings.cache_timeout_seconds)
    return RedisCluster.from_url(
        settings.cache_url.get_secret_value(),
        socket_timeout=settings.cache_timeout_seconds,
        socket_connect_timeout=settings.cache_timeout_seconds,
        # One more try, after asking who has what now: a node may have handed over to another.
        retry=Retry(NoBackoff(), 1),
        require_full_coverage=False,  # the loss of one node is no loss of the others
    )


def _open_redis(settings: Settings, timeout_seconds: float) -> Redis:
    return Redis.from_url(
        settings.cache_url.get_secret_value(),
        socket_timeout=timeout_seconds,
        socket_connect_timeout=timeout_seconds,
        # One more try, at once: the connection may be one that a restart has cut. Not after a
        # timeout, which would double it.
        retry=Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,)),
    )
