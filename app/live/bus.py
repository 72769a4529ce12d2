"""The bus: one Redis channel, on which processes wake each other when the log has grown."""

import asyncio
import logging
from typing import TYPE_CHECKING

from redis.exceptions import ConnectionError as RedisConnectionError

if TYPE_CHECKING:
    from redis.asyncio import Redis
    from redis.asyncio.client import PubSub

CHANNEL = "live"
PING_SECONDS = 5.0
RECONNECT_SECONDS = 0.5
WAKE_MAX_SECONDS = 0.2

log = logging.getLogger(__name__)


class LiveBus:
    """Says that there is something new in the log; what it is, the log says.

    Nothing depends on it but the time until somebody looks: who is not woken looks by themselves.
    """

    def __init__(self, redis: "Redis") -> None:
        self._redis = redis

    async def wake(self, moment: int) -> None:
        """Wake every process that listens; best effort."""
        try:
            async with asyncio.timeout(WAKE_MAX_SECONDS):
                await self._redis.publish(CHANNEL, str(moment))
        except Exception as error:  # noqa: BLE001 - the change is written; they will look
            log.warning("Moment %d was not announced: %r", moment, error)

    async def listen(self, woken: asyncio.Event) -> None:
        """Set `woken` whenever somebody wakes us, and whenever they may have; for ever."""
        while True:
            try:
                async with self._redis.pubsub() as channel:
                    await channel.subscribe(CHANNEL)
                    _be_cancelled()
                    await _listen(channel, woken)
            except Exception as error:  # noqa: BLE001 - else this process were deaf for ever
                log.warning("The live bus is away: %r", error)
            await asyncio.sleep(RECONNECT_SECONDS)


def _be_cancelled() -> None:
    """Let go if that is what we were told: the driver swallows it while it connects."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


async def _listen(channel: "PubSub", woken: asyncio.Event) -> None:
    # The driver resubscribes by itself after a broken connection; that shows as one more
    # "subscribe". A connection that died without a word is found out by an unanswered ping.
    pinged = False
    while True:
        message = await channel.get_message(timeout=PING_SECONDS)
        _be_cancelled()
        if message is None:
            if pinged:
                raise RedisConnectionError("No answer to a ping")
            await channel.ping()
        elif message["type"] in {"subscribe", "message"}:
            woken.set()
        pinged = message is None
