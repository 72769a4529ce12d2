"""The house of one worker process: opened when it boots, swept, closed when it ends."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, suppress
from functools import partial
from typing import TYPE_CHECKING

import dramatiq
from dramatiq.asyncio import get_event_loop_thread
from dramatiq.brokers.redis import RedisBroker

from app.images.scratch import forget_abandoned
from app.settings import Settings
from app.wiring import House, open_house

if TYPE_CHECKING:
    from concurrent.futures import Future

log = logging.getLogger(__name__)


class Housekeeping(dramatiq.Middleware):
    """Opens the house before the first job, sweeps for owed jobs, and closes it after the last.

    It stands behind Dramatiq's AsyncIO in the list of middleware: that one makes the loop.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._closing = AsyncExitStack()
        self._house: House | None = None
        self._sweeping: Future[None] | None = None

    @property
    def house(self) -> House:
        """The open house."""
        if self._house is None:
            raise RuntimeError("The worker has not booted")
        return self._house

    def before_worker_boot(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        """Open the house and begin to sweep."""
        thread = get_event_loop_thread()
        if thread is None or not isinstance(broker, RedisBroker):
            raise RuntimeError("Housekeeping needs the AsyncIO middleware before it, and Redis")
        self._house = thread.run_coroutine(
            self._closing.enter_async_context(open_house(self._settings, broker))
        )
        self._sweeping = asyncio.run_coroutine_threadsafe(self._sweep(), thread.loop)

    def after_worker_shutdown(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        """Stop sweeping and close the house."""
        thread = get_event_loop_thread()
        if thread is not None and self._sweeping is not None:
            self._sweeping.cancel()
            with suppress(Exception):
                thread.run_coroutine(self._closing.aclose())

    async def _sweep(self) -> None:
        while True:
            for name, chore in self._chores().items():
                try:
                    await chore()
                except Exception as error:  # noqa: BLE001 - the next sweep tries again
                    log.warning("%s failed: %r", name, error)
            await asyncio.sleep(self._settings.sweep_interval_seconds)

    def _chores(self) -> Mapping[str, Callable[[], Awaitable[object]]]:
        return {
            "Finding posts without copies": self.house.replication.owe_missing,
            "Sending what is still owed": self.house.outbox.send_overdue,
            "Sending what is still to be erased": self.house.departures.send_overdue,
            "Forgetting old changes": self.house.changes.forget,
            "Sweeping uploads": self.house.uploads.sweep,
            "Deleting abandoned folders": partial(asyncio.to_thread, forget_abandoned),
        }
