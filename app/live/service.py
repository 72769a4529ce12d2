"""Tells connected devices what happens to their feeds."""

import logging
from collections.abc import AsyncGenerator
from typing import Protocol

from app.jobs import AnnouncePost, Job, RetractPost
from app.live.hub import Hub, Remembered, Subscriber
from app.live.model import (
    AuthorAdded,
    AuthorRemoved,
    Event,
    Followed,
    Gap,
    Interrupted,
    PostAdded,
    PostDeleted,
    PostPublished,
    PostRemoved,
    Unfollowed,
    Update,
)
from app.live.store import LiveBus
from app.posts.model import Post, PostState

log = logging.getLogger(__name__)


class Follows(Protocol):
    """Whom a subscriber follows."""

    async def followees(self, follower_id: int) -> frozenset[int]:
        """Everyone an account follows."""


class Posts(Protocol):
    """The posts that events are about."""

    async def find(self, post_id: int) -> Post | None:
        """One post by id, in whatever state."""


class Outbox(Protocol):
    """Where an announcement that was made is struck off."""

    async def settle(self, post_id: int, job: type[Job]) -> None:
        """Strike off a job whose effect is stored."""


class FollowAnnouncements:
    """Puts changes of the graph on the bus; best effort."""

    def __init__(self, *, bus: LiveBus) -> None:
        self._bus = bus

    async def followed(self, follower_id: int, followee_id: int) -> None:
        """The follower follows the followee now."""
        await self._publish(Followed(follower_id=follower_id, followee_id=followee_id))

    async def unfollowed(self, follower_id: int, followee_id: int) -> None:
        """The follower follows the followee no more."""
        await self._publish(Unfollowed(follower_id=follower_id, followee_id=followee_id))

    async def _publish(self, event: Event) -> None:
        try:
            await self._bus.publish(event)
        except Exception as error:  # noqa: BLE001 - the edge is written; devices see it on reading
            log.warning("%s was not announced: %r", event, error)


class PostAnnouncements:
    """Answers the jobs that put posts on the bus."""

    def __init__(self, *, bus: LiveBus, posts: Posts, outbox: Outbox) -> None:
        self._bus = bus
        self._posts = posts
        self._outbox = outbox

    async def announce(self, post_id: int) -> None:
        """Say that a post is READY."""
        post = await self._posts.find(post_id)
        if post is not None and post.state is PostState.READY:
            await self._bus.publish(PostPublished(post_id=post_id, author_id=post.author_id))
        await self._outbox.settle(post_id, AnnouncePost)

    async def retract(self, post_id: int) -> None:
        """Say that a post is gone."""
        post = await self._posts.find(post_id)
        if post is not None and post.state is PostState.DELETED:
            await self._bus.publish(PostDeleted(post_id=post_id, author_id=post.author_id))
        await self._outbox.settle(post_id, RetractPost)


class LiveFeeds:
    """The live feeds of one process, however many, from one subscription to the bus."""

    def __init__(
        self, *, bus: LiveBus, follows: Follows, posts: Posts, pending_max_updates: int
    ) -> None:
        self._bus = bus
        self._follows = follows
        self._posts = posts
        self._pending_max = pending_max_updates
        self._hub = Hub()
        self._remembered = Remembered()

    async def updates(self, viewer_id: int, *, is_back: bool) -> AsyncGenerator[Update, None]:
        """What happens to a viewer's feed from now on, for ever.

        A viewer who `is_back` gets a Gap first, and misses nothing that happens after it.
        """
        subscriber = Subscriber(viewer_id=viewer_id, pending_max=self._pending_max)
        self._hub.add(subscriber)
        try:
            if is_back:
                subscriber.offer(Gap())
            else:
                await self._follow_all(subscriber)
            async for update in subscriber.updates():
                if isinstance(update, Gap):
                    # Whom the viewer follows may be among what was missed.
                    await self._follow_all(subscriber)
                yield update
        finally:
            self._hub.remove(subscriber)

    async def run(self) -> None:
        """Listen to the bus and serve subscribers, until cancelled."""
        async for event in self._bus.events():
            try:
                await self._deliver(event)
            except Exception:
                log.exception("%s could not be delivered", event)
                self._interrupt()

    async def _follow_all(self, subscriber: Subscriber) -> None:
        while True:
            changes = subscriber.edge_changes
            followees = await self._follows.followees(subscriber.viewer_id)
            if changes == subscriber.edge_changes:  # else what was read may be out of date
                for author_id in subscriber.followees - followees:
                    self._hub.unfollow(subscriber, author_id)
                self._hub.follow(subscriber, followees)
                return

    async def _deliver(self, event: Event | Interrupted) -> None:
        match event:
            case Interrupted():
                self._interrupt()
            case Followed() | Unfollowed():
                self._deliver_edge(event)
            case _ if self._remembered.is_new(event):
                await self._deliver_post(event)

    async def _deliver_post(self, event: PostPublished | PostDeleted) -> None:
        if not self._hub.of_author(event.author_id):
            return
        update: Update = PostRemoved(post_id=event.post_id)
        if isinstance(event, PostPublished):
            post = await self._posts.find(event.post_id)
            if post is None or post.state is not PostState.READY:
                return
            update = PostAdded(post=post)
        for subscriber in self._hub.of_author(event.author_id):
            subscriber.offer(update)

    def _deliver_edge(self, event: Followed | Unfollowed) -> None:
        for subscriber in self._hub.of_viewer(event.follower_id):
            subscriber.edge_changes += 1
            if isinstance(event, Followed):
                self._hub.follow(subscriber, [event.followee_id])
                subscriber.offer(AuthorAdded(author_id=event.followee_id))
            else:
                self._hub.unfollow(subscriber, event.followee_id)
                subscriber.offer(AuthorRemoved(author_id=event.followee_id))

    def _interrupt(self) -> None:
        for subscriber in self._hub.everyone():
            subscriber.offer(Gap())
