"""Accounts, whom they follow, and how they go."""

from app.accounts.passwords import Passwords
from app.accounts.service import Accounts
from app.accounts.tokens import AccessTokens
from app.departures.service import Departures
from app.follows.erasing import EdgeErasure
from app.follows.model import PullThresholds
from app.follows.pulling import Pulling
from app.follows.service import Follows
from app.jobs import JOBS_ENDED_SECONDS
from app.posts.erasing import PostErasure
from app.uploads.service import Uploads
from app.wiring.ground import Ground


class People:
    """The services of accounts."""

    def __init__(self, ground: Ground) -> None:
        settings, stores = ground.settings, ground.stores
        self._ground = ground
        self.thresholds = PullThresholds(
            pull_above=settings.pull_above_followers, push_below=settings.push_below_followers
        )
        self.pulling = Pulling(
            accounts=stores.accounts,
            pulls=stores.pulls,
            changes=ground.changes,
            thresholds=self.thresholds,
        )
        self.follows = Follows(
            follows=stores.follows,
            accounts=stores.accounts,
            changes=ground.changes,
            pulling=self.pulling,
            transactions=ground.transactions,
            ids=ground.ids,
            following_max=settings.following_max,
        )
        self.accounts = Accounts(
            accounts=stores.accounts,
            sessions=stores.sessions,
            passwords=Passwords(
                memory_kib=settings.password_hash_memory_kib,
                passes=settings.password_hash_passes,
                parallel_max=settings.password_hash_parallel_max,
            ),
            access_tokens=AccessTokens(
                secret=settings.token_secret.get_secret_value(),
                life_seconds=settings.access_token_seconds,
            ),
            transactions=ground.transactions,
            ids=ground.ids,
            session_seconds=settings.refresh_token_seconds,
        )

    def departures(self, uploads: Uploads) -> Departures:
        """What deletes accounts, with all they had."""
        ground, stores = self._ground, self._ground.stores
        posts = PostErasure(
            posts=stores.posts,
            accounts=stores.closed,
            changes=ground.changes,
            outbox=ground.outbox,
            transactions=ground.transactions,
        )
        edges = EdgeErasure(
            follows=stores.follows,
            accounts=stores.closed,
            changes=ground.changes,
            pulling=self.pulling,
            transactions=ground.transactions,
        )
        return Departures(
            departures=stores.departures,
            accounts=self.accounts,
            sessions=stores.sessions,
            closed=stores.closed,
            erasures=(posts, edges),
            uploads=uploads,
            changes=ground.changes,
            jobs=ground.jobs,
            transactions=ground.transactions,
            late_seconds=ground.settings.operation_max_seconds + JOBS_ENDED_SECONDS,
        )
