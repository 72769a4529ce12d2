"""Work to be done later: each job is a frozen value of ids, and may run twice."""

from dataclasses import asdict, dataclass
from typing import ClassVar, Protocol

MEDIA = "media"
FEEDS = "feeds"
QUEUES = (MEDIA, FEEDS)


@dataclass(frozen=True, kw_only=True)
class RenderPhoto:
    """Turn the original of a post into renditions."""

    name: ClassVar[str] = "render_photo"
    queue: ClassVar[str] = MEDIA
    post_id: int


@dataclass(frozen=True, kw_only=True)
class ErasePhoto:
    """Remove every object of a deleted post."""

    name: ClassVar[str] = "erase_photo"
    queue: ClassVar[str] = MEDIA
    post_id: int


@dataclass(frozen=True, kw_only=True)
class FanOut:
    """Write a post into the timelines of one chunk of its author's followers.

    `after` is the follow edge that the chunk before ended with; 0 begins.
    """

    name: ClassVar[str] = "fan_out"
    queue: ClassVar[str] = FEEDS
    post_id: int
    after: int = 0


@dataclass(frozen=True, kw_only=True)
class AnnouncePost:
    """Tell connected followers that a post is there."""

    name: ClassVar[str] = "announce_post"
    queue: ClassVar[str] = FEEDS
    post_id: int


@dataclass(frozen=True, kw_only=True)
class RetractPost:
    """Tell connected followers that a post is gone."""

    name: ClassVar[str] = "retract_post"
    queue: ClassVar[str] = FEEDS
    post_id: int


Job = RenderPhoto | ErasePhoto | FanOut | AnnouncePost | RetractPost
JOBS: tuple[type[Job], ...] = (RenderPhoto, ErasePhoto, FanOut, AnnouncePost, RetractPost)


class JobQueue(Protocol):
    """Where a job is sent to."""

    async def send(self, job: Job) -> None:
        """Hand the job over; it is answered later, at least once."""


def arguments(job: Job) -> dict[str, int]:
    """A job's fields by name."""
    return asdict(job)
