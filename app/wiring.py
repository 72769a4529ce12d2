"""The one place where settings, clients, stores and services meet."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from dramatiq.brokers.redis import RedisBroker
from motor.motor_asyncio import AsyncIOMotorDatabase

from app.accounts.census import Census
from app.accounts.closing import ClosedAccounts
from app.accounts.passwords import Passwords
from app.accounts.service import Accounts
from app.accounts.sessions import SessionStore
from app.accounts.store import AccountStore
from app.accounts.tokens import AccessTokens
from app.broker import Broker
from app.clients import Clients, open_clients, readiness
from app.departures.service import Departures
from app.departures.store import DepartureStore
from app.feeds.fan_out import FanOuts
from app.feeds.reader import FeedReader
from app.feeds.store import TimelineStore
from app.follows.erasing import EdgeErasure
from app.follows.model import PullThresholds
from app.follows.pulling import Pulling
from app.follows.pulls import PullStore
from app.follows.service import Follows
from app.follows.store import FollowStore
from app.ids import IdSource
from app.images.copies import Copies
from app.images.edges import Edges
from app.images.model import Limits
from app.images.regions import Regions
from app.images.sandbox import Sandbox
from app.images.service import Images
from app.jobs import JOBS_ENDED_SECONDS
from app.live.bus import LiveBus
from app.live.changes import Changes
from app.live.memory import Memory
from app.live.service import LiveFeeds
from app.live.store import ChangeLog
from app.live.tail import Tail
from app.persisted.store import PersistedQueryStore
from app.posts.census import PostCensus
from app.posts.erasing import PostErasure
from app.posts.outbox import Outbox
from app.posts.publishing import Publishing
from app.posts.rendering import Rendering
from app.posts.replication import Replication
from app.posts.service import Posts
from app.posts.store import PostStore
from app.rates.service import Rates
from app.rates.store import RateStore
from app.readiness import Readiness
from app.repair.counts import CountRepair
from app.repair.service import Repair
from app.repair.timelines import TimelineRepair
from app.scrub.service import Scrub
from app.scrub.store import ScrubStore
from app.settings import Settings
from app.transactions import Transactions
from app.uploads.forms import Forms
from app.uploads.pieces import Pieces
from app.uploads.resumable import ResumableUploads
from app.uploads.service import Uploads
from app.uploads.signing import FormSigner
from app.uploads.store import UploadStore

Database = AsyncIOMotorDatabase[dict[str, Any]]


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
    database: Database = clients.mongodb[settings.mongodb_database]
    transactions = Transactions(clients.mongodb)
    ids = IdSource()
    account_store, census = AccountStore(database), Census(database)
    follow_store = FollowStore(database)
    post_store = PostStore(database, retry_seconds=settings.owed_retry_seconds)
    timelines = TimelineStore(
        clients.cache,
        posts_max=settings.timeline_max_posts,
        timeout_seconds=settings.cache_timeout_seconds,
    )
    bus, log, pulls = LiveBus(clients.bus), ChangeLog(database), PullStore(database)
    changes = Changes(log=log, bus=bus, kept_seconds=settings.live_kept_seconds)
    departure_store = DepartureStore(database, retry_seconds=settings.owed_retry_seconds)
    tail = Tail(log=log, posts=post_store, pulls=pulls, departures=departure_store)
    memory = Memory(
        tail=tail,
        accounts=account_store,
        posts=post_store,
        follows=follow_store,
        max_accounts=settings.kept_accounts_max,
        max_posts=settings.kept_posts_max,
        max_followees=settings.kept_followees_max,
        max_seconds=settings.kept_max_seconds,
    )
    limits = Limits.from_settings(settings)
    regions = Regions(
        objects=clients.objects,
        partners={region: settings.partner(region) for region in settings.object_stores},
    )
    images = Images(
        objects=clients.objects,
        renderer=renderer,
        limits=limits,
        region=settings.region,
        cdn_url=str(settings.cdn_url),
        regions=regions,
    )
    sessions = SessionStore(database)
    accounts = _accounts(settings, account_store, sessions, transactions, ids)
    thresholds = PullThresholds(
        pull_above=settings.pull_above_followers, push_below=settings.push_below_followers
    )
    pulling = Pulling(accounts=account_store, pulls=pulls, changes=changes, thresholds=thresholds)
    follows = Follows(
        follows=follow_store,
        accounts=account_store,
        changes=changes,
        pulling=pulling,
        transactions=transactions,
        ids=ids,
        following_max=settings.following_max,
    )
    upload_store = UploadStore(database)
    uploads = Uploads(uploads=upload_store, objects=clients.objects, regions=regions)
    pieces = Pieces(objects=clients.objects, regions=regions)
    jobs = Broker(clients.jobs)
    outbox, closed = Outbox(posts=post_store, jobs=jobs), ClosedAccounts(database)
    post_census = PostCensus(database)
    replication = Replication(
        posts=post_census,
        copies=Copies(objects=clients.objects, regions=regions),
        images=images,
        pair=regions.pair,
    )
    posts = Posts(
        posts=post_store,
        counts=account_store,
        changes=changes,
        outbox=outbox,
        transactions=transactions,
        gone=tail,
    )
    departures = Departures(
        departures=departure_store,
        accounts=accounts,
        sessions=sessions,
        closed=closed,
        erasures=(
            PostErasure(
                posts=post_store,
                accounts=closed,
                changes=changes,
                outbox=outbox,
                transactions=transactions,
            ),
            EdgeErasure(
                follows=follow_store,
                accounts=closed,
                changes=changes,
                pulling=pulling,
                transactions=transactions,
            ),
        ),
        uploads=uploads,
        changes=changes,
        jobs=jobs,
        transactions=transactions,
        late_seconds=settings.operation_max_seconds + JOBS_ENDED_SECONDS,
    )
    return House(
        settings=settings,
        departures=departures,
        accounts=accounts,
        follows=follows,
        images=images,
        posts=posts,
        outbox=outbox,
        uploads=uploads,
        forms=_forms(settings, upload_store, images, ids),
        resumable=_resumable(settings, upload_store, pieces, images, ids),
        publishing=Publishing(
            posts=post_store,
            authors=account_store,
            originals=images,
            uploads=uploads,
            outbox=outbox,
            transactions=transactions,
            ids=ids,
            region=settings.region,
        ),
        rendering=Rendering(
            posts=post_store,
            images=images,
            edges=Edges(addresses=settings.edge_addresses(), http=clients.edges),
            counts=account_store,
            changes=changes,
            outbox=outbox,
            transactions=transactions,
            quick_max=settings.renders_quick_max,
        ),
        replication=replication,
        feeds=FeedReader(
            memory=memory,
            follows=follows,
            posts=posts,
            timelines=timelines,
            tail=tail,
            timeline_max_posts=settings.timeline_max_posts,
            builds_max=settings.timeline_builds_max,
            stored_reads_max=settings.stored_reads_max,
        ),
        fan_outs=FanOuts(
            follows=follows,
            timelines=timelines,
            outbox=outbox,
            chunk_followers=settings.fan_out_chunk_followers,
            job_seconds=settings.fan_out_job_seconds,
        ),
        changes=changes,
        live=LiveFeeds(
            bus=bus,
            log=log,
            tail=tail,
            follows=follows,
            posts=post_store,
            accounts=memory,
            pending_max_updates=settings.live_pending_max_updates,
        ),
        kept=memory,
        persisted_queries=PersistedQueryStore(
            clients.cache,
            kept_seconds=settings.persisted_query_seconds,
            timeout_seconds=settings.cache_timeout_seconds,
        ),
        rates=Rates.from_settings(settings, RateStore.from_settings(settings, clients.cache)),
        readiness=readiness(settings, clients),
        scrub=Scrub(
            posts=post_census,
            replication=replication,
            objects=clients.objects,
            regions=regions,
            checkpoints=ScrubStore(database),
        ),
        repair=Repair(
            accounts=census,
            counts=CountRepair(
                census=census,
                follows=follow_store,
                posts=post_store,
                pulls=pulls,
                pulling=pulling,
                thresholds=thresholds,
                changes=changes,
                transactions=transactions,
            ),
            timelines=TimelineRepair(
                accounts=accounts,
                follows=follows,
                posts=posts,
                timelines=timelines,
                tail=tail,
                timeline_max_posts=settings.timeline_max_posts,
            ),
        ),
    )


def _accounts(
    settings: Settings,
    accounts: AccountStore,
    sessions: SessionStore,
    transactions: Transactions,
    ids: IdSource,
) -> Accounts:
    return Accounts(
        accounts=accounts,
        sessions=sessions,
        passwords=Passwords(
            memory_kib=settings.password_hash_memory_kib,
            passes=settings.password_hash_passes,
            parallel_max=settings.password_hash_parallel_max,
        ),
        access_tokens=AccessTokens(
            secret=settings.token_secret.get_secret_value(),
            life_seconds=settings.access_token_seconds,
        ),
        transactions=transactions,
        ids=ids,
        session_seconds=settings.refresh_token_seconds,
    )


def _forms(settings: Settings, uploads: UploadStore, images: Images, ids: IdSource) -> Forms:
    return Forms(
        uploads=uploads,
        signer=FormSigner.from_settings(settings),
        ids=ids,
        standing_region=images.standing_region,
        url=str(settings.upload_url or settings.cdn_url),
        form_seconds=settings.upload_form_seconds,
        open_max=settings.uploads_open_max,
        image_max_bytes=settings.image_max_bytes,
    )


def _resumable(
    settings: Settings, uploads: UploadStore, pieces: Pieces, images: Images, ids: IdSource
) -> ResumableUploads:
    return ResumableUploads(
        uploads=uploads,
        pieces=pieces,
        ids=ids,
        standing_region=images.standing_region,
        open_max=settings.uploads_open_max,
        life_seconds=settings.upload_resumable_seconds,
        request_max_seconds=settings.upload_request_max_seconds,
        requests_max=settings.upload_requests_max,
    )
