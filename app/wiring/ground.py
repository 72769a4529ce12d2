"""What everything stands on: the stores, the log of changes, what a process keeps, the outbox."""

from typing import Any

from motor.motor_asyncio import AsyncIOMotorDatabase

from app.accounts.census import Census
from app.accounts.closing import ClosedAccounts
from app.accounts.sessions import SessionStore
from app.accounts.store import AccountStore
from app.broker import Broker
from app.clients import Clients
from app.departures.store import DepartureStore
from app.feeds.store import TimelineStore
from app.follows.pulls import PullStore
from app.follows.store import FollowStore
from app.ids import IdSource
from app.live.bus import LiveBus
from app.live.changes import Changes
from app.live.memory import Memory
from app.live.store import ChangeLog
from app.live.tail import Tail
from app.posts.census import PostCensus
from app.posts.outbox import Outbox
from app.posts.store import PostStore
from app.scrub.store import ScrubStore
from app.settings import Settings
from app.transactions import Transactions
from app.uploads.store import UploadStore

Database = AsyncIOMotorDatabase[dict[str, Any]]


class Stores:
    """Every store that is more than one service's own."""

    def __init__(self, settings: Settings, clients: Clients) -> None:
        database: Database = clients.mongodb[settings.mongodb_database]
        retry_seconds = settings.owed_retry_seconds
        self.accounts = AccountStore(database)
        self.census = Census(database)
        self.closed = ClosedAccounts(database)
        self.sessions = SessionStore(database)
        self.departures = DepartureStore(database, retry_seconds=retry_seconds)
        self.follows = FollowStore(database)
        self.pulls = PullStore(database)
        self.posts = PostStore(database, retry_seconds=retry_seconds)
        self.post_census = PostCensus(database)
        self.uploads = UploadStore(database)
        self.scrubs = ScrubStore(database)
        self.log = ChangeLog(database)
        self.timelines = TimelineStore(
            clients.cache,
            posts_max=settings.timeline_max_posts,
            timeout_seconds=settings.cache_timeout_seconds,
        )


class Ground:
    """What the services share; there is one of each in a process."""

    def __init__(self, settings: Settings, clients: Clients) -> None:
        self.settings = settings
        self.clients = clients
        self.stores = Stores(settings, clients)
        self.transactions = Transactions(clients.mongodb)
        self.ids = IdSource()
        self.bus = LiveBus(clients.bus)
        self.changes = Changes(
            log=self.stores.log, bus=self.bus, kept_seconds=settings.live_kept_seconds
        )
        self.tail = Tail(
            log=self.stores.log,
            posts=self.stores.posts,
            pulls=self.stores.pulls,
            departures=self.stores.departures,
        )
        self.memory = Memory(
            tail=self.tail,
            accounts=self.stores.accounts,
            posts=self.stores.posts,
            follows=self.stores.follows,
            max_accounts=settings.kept_accounts_max,
            max_posts=settings.kept_posts_max,
            max_followees=settings.kept_followees_max,
            max_seconds=settings.kept_max_seconds,
        )
        self.jobs = Broker(clients.jobs)
        self.outbox = Outbox(posts=self.stores.posts, jobs=self.jobs)
