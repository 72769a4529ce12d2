"""A process that serves pages, and what each of them takes of a core."""

import asyncio
import time
from collections.abc import Collection
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from os import sched_setaffinity
from statistics import median

from tests.bench.load import Ask, Load, answers_per_second
from tests.bench.machine import cpu_seconds
from tests.bench.started import Process

CONNECTIONS = 16
WARM_UP_SECONDS = 1.0
TURN_SECONDS = 2.0


@dataclass(frozen=True, kw_only=True)
class PageServer:
    """A process, what it is asked, and what it has used of a core in each turn."""

    process: Process
    asks: tuple[Ask, ...]
    page_cpu_ms: list[float] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)

    async def warm_up(self, pool: Executor) -> None:
        """Have it do for a while what it is measured by."""
        await self._run(pool, WARM_UP_SECONDS)

    async def pages_per_second(self, pool: Executor) -> float:
        """Ask as fast as it answers, over CONNECTIONS at once."""
        pid = self.process.pid
        begin, used = time.perf_counter(), cpu_seconds(pid)
        rate = await self._run(pool, TURN_SECONDS)
        busy = (cpu_seconds(pid) - used) / (time.perf_counter() - begin)
        self.busy.append(busy)
        self.page_cpu_ms.append(busy / rate * 1000)
        return rate

    @property
    def effort(self) -> str:
        """How busy it was, and what a page took, in words."""
        return f"{median(self.busy):.0%} of a core, {median(self.page_cpu_ms):.2f} ms a page"

    async def _run(self, pool: Executor, seconds: float) -> float:
        load = Load(
            port=self.process.port, asks=self.asks, connections=CONNECTIONS, seconds=seconds
        )
        return await asyncio.get_running_loop().run_in_executor(pool, answers_per_second, load)


def asking_process(cores: Collection[int]) -> ProcessPoolExecutor:
    """A process that asks, on these cores."""
    return ProcessPoolExecutor(
        1, mp_context=get_context("spawn"), initializer=sched_setaffinity, initargs=(0, cores)
    )
