"""The queue that jobs are sent to."""

import asyncio

import dramatiq
from dramatiq.brokers.redis import RedisBroker

from app.jobs import QUEUES, Job, arguments

# A worker is taken for dead after HEARTBEAT_TIMEOUT_MS, and its jobs are put back by maintenance,
# which Dramatiq runs by chance (per million commands). With its default of 1,000 an idle system
# takes minutes to notice a dead worker; with 100,000 it takes seconds.
HEARTBEAT_TIMEOUT_MS = 15_000
MAINTENANCE_CHANCE = 100_000
SOCKET_TIMEOUT_SECONDS = 2.0
POLL_MAX_MS = 50


class PromptRedisBroker(RedisBroker):
    """Dramatiq's broker, asked more often.

    A consumer that finds its queue empty waits longer and longer until it asks again, up to a
    second. A post passes two queues on its way to the feeds.
    """

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 0) -> dramatiq.Consumer:  # noqa: ARG002 - whatever the worker asks for
        """Consume a queue, asking it at least every POLL_MAX_MS."""
        return super().consume(queue_name, prefetch, POLL_MAX_MS)


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
