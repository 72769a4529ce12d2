"""The queue that jobs are sent to."""

import asyncio
import logging
from collections.abc import Callable, Iterable

import dramatiq
from dramatiq.brokers.redis import RedisBroker
from dramatiq.errors import DecodeError

from app.jobs import QUEUES, Job, arguments

# A worker is taken for dead after HEARTBEAT_TIMEOUT_MS, and its jobs are put back by maintenance,
# which Dramatiq runs by chance (per million commands). With its default of 1,000 an idle system
# takes minutes to notice a dead worker; with 100,000 it takes seconds.
HEARTBEAT_TIMEOUT_MS = 15_000
MAINTENANCE_CHANCE = 100_000
SOCKET_TIMEOUT_SECONDS = 2.0
POLL_MAX_MS = 50
ID_IN_REDIS = "redis_message_id"

log = logging.getLogger(__name__)


class PromptRedisBroker(RedisBroker):
    """Dramatiq's broker, asked more often.

    A consumer that finds its queue empty waits longer and longer until it asks again, up to a
    second. A post passes two queues on its way to the feeds.
    """

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 0) -> dramatiq.Consumer:  # noqa: ARG002 - whatever the worker asks for
        """Consume a queue, asking it at least every POLL_MAX_MS."""
        consumer = super().consume(queue_name, prefetch, POLL_MAX_MS)
        return SiftingConsumer(consumer, put_aside=lambda: self._put_aside(queue_name))

    def _put_aside(self, queue_name: str) -> None:
        """Move what we fetched and cannot be read to the queue's dead letters."""
        fetched = f"{self.namespace}:__acks__.{self.broker_id}.{queue_name}"
        for name in self.client.sscan_iter(fetched):
            body = self.client.hget(f"{self.namespace}:{queue_name}.msgs", name)
            if isinstance(body, bytes) and not _is_message(body, name):
                log.error("What queue %s has as %r is no message", queue_name, name)
                self.do_nack(queue_name, name)


class SiftingConsumer(dramatiq.Consumer):
    """Consumes a queue in which there may be what is no message.

    Dramatiq's own consumer would die of it and start anew, and what it had fetched together with
    it would wait until the whole process ends.
    """

    def __init__(self, consumer: dramatiq.Consumer, *, put_aside: Callable[[], None]) -> None:
        self._consumer = consumer
        self._put_aside = put_aside

    def __next__(self) -> dramatiq.MessageProxy | None:
        while True:
            try:
                message = next(self._consumer)
            except DecodeError:
                self._put_aside()
            else:
                if message is None or ID_IN_REDIS in message.options:
                    return message
                self._put_aside()

    def ack(self, message: dramatiq.MessageProxy) -> None:
        """Have a message forgotten that was answered."""
        self._consumer.ack(message)

    def nack(self, message: dramatiq.MessageProxy) -> None:
        """Have a message put to the dead letters."""
        self._consumer.nack(message)

    def requeue(self, messages: Iterable[dramatiq.MessageProxy]) -> None:
        """Give messages back that were not begun."""
        self._consumer.requeue(messages)

    def close(self) -> None:
        """Give the connection back."""
        self._consumer.close()


def _is_message(body: bytes, name: bytes) -> bool:
    try:
        return bool(dramatiq.Message.decode(body).options.get(ID_IN_REDIS) == name.decode())
    except (DecodeError, AttributeError):
        return False


def open_redis_broker(url: str, middleware: list[dramatiq.Middleware]) -> RedisBroker:
    """Build the broker with every queue declared; nothing is sent yet."""
    separator = "&" if "?" in url else "?"
    broker = PromptRedisBroker(  # type: ignore[no-untyped-call] # Dramatiq gives it no types
        url=f"{url}{separator}socket_timeout={SOCKET_TIMEOUT_SECONDS}"
        f"&socket_connect_timeout={SOCKET_TIMEOUT_SECONDS}",
        middleware=middleware,
        heartbeat_timeout=HEARTBEAT_TIMEOUT_MS,
        maintenance_chance=MAINTENANCE_CHANCE,
        namespace="photofeed",
    )
    for queue in QUEUES:
        broker.declare_queue(queue)
    return broker


class Broker:
    """Sends jobs as Dramatiq messages."""

    def __init__(self, dramatiq_broker: dramatiq.Broker) -> None:
        self._dramatiq = dramatiq_broker

    async def send(self, job: Job) -> None:
        """Hand a job to whoever answers it; raises what the queue's driver raises."""
        message: dramatiq.Message[None] = dramatiq.Message(
            queue_name=job.queue,
            actor_name=job.name,
            args=(),
            kwargs=arguments(job),
            options={},
        )
        await asyncio.to_thread(self._dramatiq.enqueue, message)

    async def close(self) -> None:
        """Give the connections back."""
        await asyncio.to_thread(self._dramatiq.close)
