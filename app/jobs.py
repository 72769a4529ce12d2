"""Work to be done later: each job is a frozen value of ids, and may run twice."""

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import ClassVar, Protocol

MEDIA = "media"
SLOW = "slow"
FEEDS = "feeds"
BULK = "bulk"
COPIES = "copies"
QUEUES = (MEDIA, SLOW, FEEDS, BULK, COPIES)

SEND_MAX_SECONDS = 1.0

JOB_MAX_SECONDS = 120
"""A job that takes longer is ended."""

JOBS_ENDED_SECONDS = JOB_MAX_SECONDS + 30
"""After so long, no job that had begun puts anything anywhere.

Beside the job itself, that is what a thread of it may be in the middle of, and what two clocks may
differ by.
"""

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class RenderPhoto:
    """Turn the original of a post into renditions."""

    name: ClassVar[str] = "render_photo"
    queue: ClassVar[str] = MEDIA
    post_id: int


@dataclass(frozen=True, kw_only=True)
class RenderPhotoSlowly:
    """Do the same for a photo that takes long, or whose author has several under way.

    These have a queue and a process of their own: whoever sends bombs waits for himself.
    """

    name: ClassVar[str] = "render_photo_slowly"
    queue: ClassVar[str] = SLOW
    post_id: int


@dataclass(frozen=True, kw_only=True)
class ReplicatePhoto:
    """See that every object of a post is whole in its region and in that one's partner."""

    name: ClassVar[str] = "replicate_photo"
    queue: ClassVar[str] = COPIES
    post_id: int


@dataclass(frozen=True, kw_only=True)
class ErasePhoto:
    """Remove every object of a deleted post."""

    name: ClassVar[str] = "erase_photo"
    queue: ClassVar[str] = MEDIA
    post_id: int


@dataclass(frozen=True, kw_only=True)
class FanOut:
    """Write a post into the timelines of its author's followers, from the first."""

    name: ClassVar[str] = "fan_out"
    queue: ClassVar[str] = FEEDS
    post_id: int


@dataclass(frozen=True, kw_only=True)
class FanOutChunk:
    """Go on with a fan-out: the chunks of followers behind edge `after`.

    These have a queue of their own, behind the other: who has few followers does not wait for
    those who have many.
    """

    name: ClassVar[str] = "fan_out_chunk"
    queue: ClassVar[str] = BULK
    post_id: int
    after: int


@dataclass(frozen=True, kw_only=True)
class EraseAccount:
    """Erase what an account has that was deleted."""

    name: ClassVar[str] = "erase_account"
    queue: ClassVar[str] = COPIES
    account_id: int


OwedJob = RenderPhoto | ReplicatePhoto | ErasePhoto | FanOut
Job = OwedJob | RenderPhotoSlowly | FanOutChunk | EraseAccount
JOBS: tuple[type[Job], ...] = (
    RenderPhoto,
    RenderPhotoSlowly,
    ReplicatePhoto,
    ErasePhoto,
    FanOut,
    FanOutChunk,
    EraseAccount,
)


class JobQueue(Protocol):
    """Where a job is sent to."""

    async def send(self, job: Job) -> None:
        """Hand the job over; it is answered later, at least once."""


async def send_owed_jobs(queue: JobQueue, jobs: Iterable[Job]) -> None:
    """Send jobs that are noted as owed, for speed: what the queue does not take is sent again."""
    for job in jobs:
        try:
            async with asyncio.timeout(SEND_MAX_SECONDS):
                await queue.send(job)
        except Exception as error:  # noqa: BLE001 - whatever it was, the job stays owed
            log.warning("%s stays owed: the queue said %r", job, error)
            return


def arguments(job: Job) -> dict[str, int]:
    """A job's fields by name."""
    return asdict(job)
