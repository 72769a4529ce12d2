"""What a scrub is asked for, what it reads and finds, and how far it is."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Protocol, Self

from app.images.conditions import Condition, Found


class Pace(Protocol):
    """How fast objects may be read."""

    async def spend(self, byte_size: int) -> None:
        """Wait until that much may have been read."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """What a scrub does: in all regions or one, at which pace, and whether it changes anything."""

    region: str | None
    is_dry: bool
    pace: Pace


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """What a scrub has read, found and done.

    `objects` were looked at, each once a region; they are what `intact` to `away` add up to. Of
    `lost` ones there is no intact copy in any region. `posts_awaited` are left to the jobs that
    copy them. `unlisted` counts listings that a region did not give.
    """

    posts: int = 0
    posts_awaited: int = 0
    objects: int = 0
    bytes_read: int = 0
    intact: int = 0
    missing: int = 0
    truncated: int = 0
    altered: int = 0
    unreadable: int = 0
    away: int = 0
    repaired: int = 0
    lost: int = 0
    orphans: int = 0
    unlisted: int = 0

    @classmethod
    def of(cls, found: Iterable[Found]) -> Self:
        """What was found of one post."""
        every = list(found)
        counts = {
            condition.value: sum(each.condition is condition for each in every)
            for condition in Condition
        }
        return cls(
            posts=1,
            objects=len(every),
            bytes_read=sum(each.byte_size for each in every),
            repaired=sum(each.is_repaired for each in every),
            lost=len({each.key for each in every if each.is_lost}),
            **counts,
        )

    @property
    def harmed(self) -> int:
        """How many objects had to be put again."""
        return self.missing + self.truncated + self.altered + self.unreadable

    @property
    def is_whole(self) -> bool:
        """Whether all was looked at, and everything is as it has to be now."""
        return not self.away and not self.unlisted and self.harmed == self.repaired

    def __add__(self, other: Self) -> Self:
        added = asdict(other)
        return type(self)(**{name: count + added[name] for name, count in asdict(self).items()})


@dataclass(frozen=True, kw_only=True, slots=True)
class Orphan:
    """An object in a region that belongs to no post, or not any more."""

    region: str
    key: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """What one step has found, and where its stage goes on behind it."""

    after: str
    report: Report
    findings: tuple[Found | Orphan, ...] = ()
    is_last: bool = False


class Stage(Protocol):
    """A part of a scrub, done a step at a time."""

    @property
    def name(self) -> str:
        """What it is known by from one run to the next."""

    async def step(self, after: str, run: Run) -> Step | None:
        """Do what comes behind `after` (empty: the beginning); None if there is nothing more."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Checkpoint:
    """Where a run that was interrupted goes on, and what it has found until then."""

    stage: str
    after: str
    report: Report


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """How far a scrub is: the report so far, and what the last step found."""

    stage: str
    posts_total: int
    report: Report
    findings: tuple[Found | Orphan, ...] = ()
