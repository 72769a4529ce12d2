"""The bus: one Redis channel that every API process listens to."""

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from redis.exceptions import ConnectionError as RedisConnectionError

from app.live.model import Event, Interrupted, pack_event, unpack_event

if TYPE_CHECKING:
    from redis.asyncio import Redis
    from redis.asyncio.client import PubSub

CHANNEL = "live"
PING_SECONDS = 5.0
RECONNECT_SECONDS = 0.5

log = logging.getLogger(__name__)


class LiveBus:
    """Publishes events, and listens to them with one subscription."""

    def __init__(self, redis: "Redis") -> None:
        self._redis = redis

    async def publish(self, event: Event) -> None:
        """Send an event to every process that listens; raises RedisError if that fails."""
        await self._redis.publish(CHANNEL, pack_event(event))

    async def events(self) -> AsyncIterator[Event | Interrupted]:
        """Every event from now on, for ever.

        Interrupted comes whenever listening begins, so also whenever events may have been missed.
        """
        while True:
            try:
                async with self._redis.pubsub() as channel:
                    await channel.subscribe(CHANNEL)
                    async for event in _listen(channel):
                        yield event
            except Exception as error:  # noqa: BLE001 - else this process were deaf for ever
                log.warning("The live bus is away: %r", error)
            await asyncio.sleep(RECONNECT_SECONDS)


async def _listen(channel: "PubSub") -> AsyncIterator[Event | Interrupted]:
    # The driver resubscribes by itself after a broken connection; that shows as one more
    # "subscribe". A connection that died without a word is found out by an unanswered ping.
    pinged = False
    while True:
        message = await channel.get_message(timeout=PING_SECONDS)
        if message is None:
            if pinged:
                raise RedisConnectionError("No answer to a ping")
            await channel.ping()
            pinged = True
            continue
        pinged = False
        if message["type"] == "subscribe":
            yield Interrupted()
        elif message["type"] == "message" and (event := unpack_event(message["data"])):
            yield event
