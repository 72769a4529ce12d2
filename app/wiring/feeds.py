"""Posts, feeds, what is live in them, and how they are mended."""

from app.feeds.fan_out import FanOuts
from app.feeds.reader import FeedReader
from app.live.service import LiveFeeds
from app.posts.service import Posts
from app.repair.counts import CountRepair
from app.repair.service import Repair
from app.repair.timelines import TimelineRepair
from app.wiring.ground import Ground
from app.wiring.people import People


class Feeds:
    """The services of feeds."""

    def __init__(self, ground: Ground, people: People) -> None:
        self._ground = ground
        self._people = people
        self.posts = Posts(
            posts=ground.stores.posts,
            counts=ground.stores.accounts,
            changes=ground.changes,
            outbox=ground.outbox,
            transactions=ground.transactions,
            gone=ground.tail,
        )

    def reader(self) -> FeedReader:
        """What makes pages."""
        settings = self._ground.settings
        return FeedReader(
            memory=self._ground.memory,
            follows=self._people.follows,
            posts=self.posts,
            timelines=self._ground.stores.timelines,
            tail=self._ground.tail,
            timeline_max_posts=settings.timeline_max_posts,
            builds_max=settings.timeline_builds_max,
            stored_reads_max=settings.stored_reads_max,
        )

    def fan_outs(self) -> FanOuts:
        """What pushes posts into timelines."""
        settings = self._ground.settings
        return FanOuts(
            follows=self._people.follows,
            timelines=self._ground.stores.timelines,
            outbox=self._ground.outbox,
            chunk_followers=settings.fan_out_chunk_followers,
            job_seconds=settings.fan_out_job_seconds,
        )

    def live(self) -> LiveFeeds:
        """What tells subscribers."""
        return LiveFeeds(
            bus=self._ground.bus,
            log=self._ground.stores.log,
            tail=self._ground.tail,
            follows=self._people.follows,
            posts=self._ground.stores.posts,
            accounts=self._ground.memory,
            pending_max_updates=self._ground.settings.live_pending_max_updates,
        )

    def repair(self) -> Repair:
        """What compares counts, flags and timelines with the truth."""
        ground, stores = self._ground, self._ground.stores
        counts = CountRepair(
            census=stores.census,
            follows=stores.follows,
            posts=stores.posts,
            pulls=stores.pulls,
            pulling=self._people.pulling,
            thresholds=self._people.thresholds,
            changes=ground.changes,
            transactions=ground.transactions,
        )
        timelines = TimelineRepair(
            accounts=self._people.accounts,
            follows=self._people.follows,
            posts=self.posts,
            timelines=stores.timelines,
            tail=ground.tail,
            timeline_max_posts=ground.settings.timeline_max_posts,
        )
        return Repair(accounts=stores.census, counts=counts, timelines=timelines)
