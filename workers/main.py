"""What `dramatiq workers.main:production` runs: a broker whose actors answer every job."""

from typing import Final

import dramatiq
from dramatiq.middleware import AsyncIO, CurrentMessage, Retries, ShutdownNotifications, TimeLimit

from app.broker import open_redis_broker
from app.jobs import JOB_MAX_SECONDS, JOBS, FanOutChunk, Job, ReplicatePhoto
from app.settings import Settings, load_settings
from app.telemetry import set_up_logging
from workers.handlers import HANDLERS
from workers.housekeeping import Housekeeping

# A few quick tries help over a hiccup. After that the job stays owed, and the sweeper's pace is
# right for a server that is away.
RETRIES_MAX = 3
RETRY_BACKOFF_MS = 500
RETRY_BACKOFF_MAX_MS = 5_000
# Of the jobs that a process has fetched, these wait until no other does.
PATIENT: Final[tuple[type[Job], ...]] = (FanOutChunk, ReplicatePhoto)
FIRST, LAST = 0, 1


def production() -> None:
    """Read the settings and make the process's broker."""
    settings = load_settings()
    set_up_logging(settings.log_level, quiet=["httpx2"])  # a line for each image that is warmed
    dramatiq.set_broker(build_broker(settings))


def build_broker(settings: Settings) -> dramatiq.Broker:
    """Make a broker with an actor for every job."""
    housekeeping = Housekeeping(settings)
    broker = open_redis_broker(
        settings.broker_url.get_secret_value(),
        middleware=[
            TimeLimit(time_limit=JOB_MAX_SECONDS * 1_000),
            ShutdownNotifications(),
            Retries(
                max_retries=RETRIES_MAX,
                min_backoff=RETRY_BACKOFF_MS,
                max_backoff=RETRY_BACKOFF_MAX_MS,
            ),
            CurrentMessage(),
            AsyncIO(),
            housekeeping,
        ],
    )
    for job in JOBS:
        _register(job, broker, housekeeping)
    return broker


def _register(job: type[Job], broker: dramatiq.Broker, housekeeping: Housekeeping) -> None:
    handler = HANDLERS[job]

    async def answer(**fields: int) -> None:
        await handler(housekeeping.house, **fields)

    dramatiq.actor(
        actor_name=job.name,
        queue_name=job.queue,
        priority=LAST if job in PATIENT else FIRST,
        broker=broker,
    )(answer)
