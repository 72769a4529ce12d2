"""The house of one worker process: opened when it boots, swept, closed when it ends."""

import asyncio
import logging
from contextlib import AsyncExitStack, suppress
from typing import TYPE_CHECKING

import dramatiq
from dramatiq.asyncio import get_event_loop_thread
from dramatiq.brokers.redis import RedisBroker

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
            try:
                if posts := await self.house.outbox.send_overdue():
                    log.info("Sent what %d posts still owed", posts)
            except Exception as error:  # noqa: BLE001 - the next sweep tries again
                log.warning("Sweeping failed: %r", error)
            try:
                await self.house.changes.forget()
            except Exception as error:  # noqa: BLE001 - likewise
                log.warning("Old changes could not be forgotten: %r", error)
            await asyncio.sleep(self._settings.sweep_interval_seconds)
