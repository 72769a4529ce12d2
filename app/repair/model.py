"""What a repair finds wrong, and what it says of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType


class Fault(StrEnum):
    """What was wrong with an account."""

    POST_COUNT = "post count"
    FOLLOWER_COUNT = "follower count"
    FOLLOWING_COUNT = "following count"
    PULL_FLAG = "pull flag"
    PULL_LIST = "entry in the list of pulled accounts"
    TIMELINE = "timeline"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """A fault of an account: there was `found` where `right` should have been.

    Of flags and entries that is 0 or 1; of a timeline, how many of the posts that it must have.
    """

    account_id: int
    fault: Fault
    found: int
    right: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """What a repair has looked at, and how often it found, and mended, which fault.

    Of `accounts_unsure` it could not be told whether they have a timeline.
    """

    accounts: int = 0
    accounts_unsure: int = 0
    timelines: int = 0
    faults: Mapping[Fault, int] = field(
        default_factory=lambda: MappingProxyType(dict.fromkeys(Fault, 0))
    )

    @property
    def is_clean(self) -> bool:
        """Whether nothing was wrong."""
        return not any(self.faults.values())


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """How far a repair is: the report so far, and what the last step found."""

    accounts_total: int
    report: Report
    findings: tuple[Finding, ...] = ()
