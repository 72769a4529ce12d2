"""Tells connected devices what happens to their feeds."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Collection, Iterable, Mapping
from contextlib import suppress
from functools import partial
from typing import Protocol

from app.accounts.model import Account
from app.live.bus import LiveBus
from app.live.hub import Hub, Subscriber
from app.live.model import (
    AuthorAdded,
    AuthorRemoved,
    Change,
    ChangeKind,
    Gap,
    PostAdded,
    PostRemoved,
    Update,
    followees_before,
    gone_before,
)
from app.live.store import ChangeLog
from app.live.tail import Tail
from app.metrics import count_live_subscribers
from app.once import Once
from app.posts.model import Post, PostState

LOOK_SECONDS = 1.0
REPLAYED_FROM_MEMORY_MAX = 1_000
LOOK_BEHIND_HOLE_SECONDS = 0.05
RETRY_SECONDS = 0.5
FOUND_MAX = 100

log = logging.getLogger(__name__)


class Follows(Protocol):
    """Whom a subscriber follows."""

    async def followees(self, follower_id: int) -> frozenset[int]:
        """Everyone an account follows."""


class Posts(Protocol):
    """The posts that changes are about."""

    async def find(self, post_id: int) -> Post | None:
        """One post by id, in whatever state."""


class Accounts(Protocol):
    """The authors that posts are shown with."""

    async def accounts(
        self, account_ids: Collection[int], *, not_before: float
    ) -> Mapping[int, Account]:
        """Accounts by id, which are kept for whoever asks next."""


class LiveFeeds:
    """The live feeds of one process, however many, from one subscription to the bus."""

    def __init__(
        self,
        *,
        bus: LiveBus,
        log: ChangeLog,
        tail: Tail,
        follows: Follows,
        posts: Posts,
        accounts: Accounts,
        pending_max_updates: int,
    ) -> None:
        self._bus = bus
        self._log = log
        self._tail = tail
        self._follows = follows
        self._posts = posts
        self._accounts = accounts
        self._pending_max = pending_max_updates
        self._hub = Hub()
        # By author: what is found holds for LOOK_SECONDS, or until something is told of its author
        # other than one more post, of which those who are told of this one hear next.
        self._added: dict[int, Once[int, PostAdded | None]] = {}
        self._finding: set[asyncio.Task[None]] = set()
        tail.listen(self._take_in, self._hub.end)

    async def updates(self, viewer_id: int, *, after: int | None) -> AsyncGenerator[Update, None]:
        """What happened to a viewer's feed since a moment (None: since now), and goes on, for ever.

        A Gap stands for what cannot be told any more.

        Raises:
            LostError: this process cannot go on; whoever comes back with the last moment can.
        """
        subscriber = await self._join(viewer_id, after)
        try:
            async for change in subscriber.changes():
                if update := await self._update(change):
                    yield update
        finally:
            self._hub.remove(subscriber)
            count_live_subscribers(-1)

    async def run(self) -> None:
        """Follow the log and serve subscribers, until cancelled."""
        woken = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._bus.listen(woken))
            tasks.create_task(self._forget())
            while True:
                woken.clear()
                try:
                    await self._tail.catch_up()
                except Exception as error:  # noqa: BLE001 - nothing is lost; the next look tries again
                    log.warning("The log of changes cannot be read: %r", error)
                with suppress(TimeoutError):
                    async with asyncio.timeout(
                        LOOK_BEHIND_HOLE_SECONDS if self._tail.is_waiting else LOOK_SECONDS
                    ):
                        await woken.wait()

    async def _join(self, viewer_id: int, after: int | None) -> Subscriber:
        now = (await self._tail.catch_up()).moment
        start = now if after is None else after
        followees = await self._follows.followees(viewer_id)
        edges = await self._log.read_edges(viewer_id, after=min(start, now))
        known = self._tail.since(start)
        # All devices of a process that died come back at once: each looks through what is recent.
        is_remembered = known is not None and len(known) <= REPLAYED_FROM_MEMORY_MAX
        earlier = [] if is_remembered else await self._forgotten(start, now, followees, edges)
        # Nothing is awaited from here on, so nothing can happen that is neither replayed nor heard.
        recent = self._tail.since(start if is_remembered else now)
        if start > now or earlier is None or recent is None:
            return self._join_behind_gap(viewer_id, followees, edges)
        gone = gone_before(self._tail.departing, edges, earlier + recent)
        followed = followees_before(followees, edges) - gone
        subscriber = self._subscriber(viewer_id, followed, start)
        for change in earlier + recent:
            self._hub.deliver_to(subscriber, change)
        return subscriber

    async def _forgotten(
        self, start: int, now: int, followees: frozenset[int], edges: list[Change]
    ) -> list[Change] | None:
        """What concerns a viewer, up to now, that this process has forgotten.

        None if there is too much of it, or if the log has forgotten it, too.
        """
        told = await self._log.read_authors(
            followees | {edge.subject_id for edge in edges},
            after=start,
            until=now,
            limit=self._pending_max + 1,
        )
        if len(told) > self._pending_max or not await self._log.holds(start + 1):
            return None
        known_edges = [edge for edge in edges if edge.moment <= now]
        return sorted(told + known_edges, key=lambda change: change.moment)

    def _join_behind_gap(
        self, viewer_id: int, followees: frozenset[int], edges: list[Change]
    ) -> Subscriber:
        moment = self._tail.moment
        unknown = [edge for edge in edges if edge.moment > moment]
        followed = followees_before(followees, unknown) - self._tail.departing
        subscriber = self._subscriber(viewer_id, followed, moment)
        subscriber.offer(Gap(moment=moment))
        return subscriber

    def _subscriber(self, viewer_id: int, followees: frozenset[int], moment: int) -> Subscriber:
        subscriber = Subscriber(
            viewer_id=viewer_id,
            followees=followees,
            moment=moment,
            pending_max=self._pending_max,
        )
        self._hub.add(subscriber)
        count_live_subscribers(1)
        return subscriber

    async def _forget(self) -> None:
        """Let what is changed past the log be seen, too; for ever."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            self._added.clear()

    def _take_in(self, change: Change) -> None:
        concerned = self._hub.deliver(change)
        if change.kind is not ChangeKind.POST_PUBLISHED:
            self._added.pop(change.actor_id, None)
            self._added.pop(change.subject_id, None)
            _wake(concerned)
        elif concerned:
            task = asyncio.create_task(self._wake_with(change, concerned))
            self._finding.add(task)
            task.add_done_callback(self._finding.discard)

    async def _wake_with(self, change: Change, concerned: Iterable[Subscriber]) -> None:
        """Wake those who will be told of a post once it is found, so that they need not wait."""
        with suppress(Exception):  # they try again, and say so
            await self._find_once(change)
        _wake(concerned)

    async def _update(self, change: Change | Gap) -> Update | None:
        if isinstance(change, Gap):
            return change
        moment, subject_id = change.moment, change.subject_id
        match change.kind:
            case ChangeKind.POST_PUBLISHED:
                return await self._post_added(change)
            case ChangeKind.POST_DELETED:
                return PostRemoved(moment=moment, post_id=subject_id)
            case ChangeKind.FOLLOWED:
                return AuthorAdded(moment=moment, author_id=subject_id)
            case ChangeKind.ACCOUNT_DELETED:
                return AuthorRemoved(moment=moment, author_id=change.actor_id)
            case _:
                return AuthorRemoved(moment=moment, author_id=subject_id)

    async def _post_added(self, change: Change) -> PostAdded | None:
        """The same update for all who ask before anything else happens; waits until it is known."""
        while True:
            try:
                return await self._find_once(change)
            except Exception as error:  # noqa: BLE001 - the socket would die, and come back for the same
                log.warning("Post %d cannot be shown yet: %r", change.subject_id, error)
                await asyncio.sleep(RETRY_SECONDS)

    async def _find_once(self, change: Change) -> PostAdded | None:
        found = self._added.get(change.actor_id)
        if found is None:
            found = self._added[change.actor_id] = Once(max_keys=FOUND_MAX)
        return await found.ask(change.moment, partial(self._find, change))

    async def _find(self, change: Change) -> PostAdded | None:
        post = await self._posts.find(change.subject_id)
        if post is None or post.state is not PostState.READY:
            return None
        # Most want its author, too, who would not be kept any more: there is one more post.
        found = await self._accounts.accounts((post.author_id,), not_before=0.0)
        return PostAdded(moment=change.moment, post=post) if post.author_id in found else None


def _wake(subscribers: Iterable[Subscriber]) -> None:
    for each in subscribers:
        each.wake()
