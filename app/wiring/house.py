"""Every service of a process, and how all of them are opened and closed."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from dramatiq.brokers.redis import RedisBroker

from app.accounts.service import Accounts
from app.clients import Clients, open_clients, readiness
from app.departures.service import Departures
from app.feeds.fan_out import FanOuts
from app.feeds.reader import FeedReader
from app.follows.service import Follows
from app.images.model import Limits
from app.images.sandbox import Sandbox
from app.images.service import Images
from app.live.changes import Changes
from app.live.memory import Memory
from app.live.service import LiveFeeds
from app.persisted.store import PersistedQueryStore
from app.posts.outbox import Outbox
from app.posts.publishing import Publishing
from app.posts.rendering import Rendering
from app.posts.replication import Replication
from app.posts.service import Posts
from app.rates.service import Rates
from app.rates.store import RateStore
from app.readiness import Readiness
from app.repair.service import Repair
from app.scrub.service import Scrub
from app.settings import Settings
from app.uploads.forms import Forms
from app.uploads.resumable import ResumableUploads
from app.uploads.service import Uploads
from app.wiring.feeds import Feeds
from app.wiring.ground import Ground
from app.wiring.people import People
from app.wiring.photos import Photos


@dataclass(frozen=True, kw_only=True)
class House:
    """Every service, ready to be asked; the doors get nothing else."""

    settings: Settings
    accounts: Accounts
    follows: Follows
    images: Images
    uploads: Uploads
    forms: Forms
    resumable: ResumableUploads
    publishing: Publishing
    posts: Posts
    outbox: Outbox
    rendering: Rendering
    replication: Replication
    feeds: FeedReader
    fan_outs: FanOuts
    changes: Changes
    live: LiveFeeds
    kept: Memory
    persisted_queries: PersistedQueryStore
    rates: Rates
    readiness: Readiness
    repair: Repair
    scrub: Scrub
    departures: Departures


@asynccontextmanager
async def open_house(settings: Settings, broker: RedisBroker | None = None) -> AsyncIterator[House]:
    """Open every client, build every service, and close all of it in reverse.

    Nothing is connected until it is needed. A worker hands in the broker it consumes from.
    """
    async with AsyncExitStack() as closing:
        clients = open_clients(settings, broker, closing)
        renderer = Sandbox(limits=Limits.from_settings(settings))
        closing.callback(renderer.close)
        house = _build(settings, clients, renderer)
        closing.push_async_callback(house.resumable.close)
        yield house


def _build(settings: Settings, clients: Clients, renderer: Sandbox) -> House:
    ground = Ground(settings, clients)
    people, photos = People(ground), Photos(ground, renderer)
    feeds = Feeds(ground, people)
    return House(
        settings=settings,
        accounts=people.accounts,
        follows=people.follows,
        departures=people.departures(photos.uploads),
        images=photos.images,
        uploads=photos.uploads,
        forms=photos.forms(),
        resumable=photos.resumable(),
        publishing=photos.publishing(),
        rendering=photos.rendering(),
        replication=photos.replication,
        scrub=photos.scrub(),
        posts=feeds.posts,
        feeds=feeds.reader(),
        fan_outs=feeds.fan_outs(),
        live=feeds.live(),
        repair=feeds.repair(),
        outbox=ground.outbox,
        changes=ground.changes,
        kept=ground.memory,
        persisted_queries=PersistedQueryStore(
            clients.cache,
            kept_seconds=settings.persisted_query_seconds,
            timeout_seconds=settings.cache_timeout_seconds,
        ),
        rates=Rates.from_settings(settings, RateStore.from_settings(settings, clients.cache)),
        readiness=readiness(settings, clients),
    )
