"""How objects are in their regions: which are wanted, and what was found of them."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Condition(StrEnum):
    """How an object is in a region."""

    INTACT = "intact"
    MISSING = "missing"
    TRUNCATED = "truncated"
    ALTERED = "altered"
    UNREADABLE = "unreadable"
    """The store answers, but does not give the object."""

    AWAY = "away"
    """The store does not answer: nobody knows how the object is."""

    @property
    def is_harm(self) -> bool:
        """Whether the object has to be put again."""
        return self not in {Condition.INTACT, Condition.AWAY}


@dataclass(frozen=True, kw_only=True, slots=True)
class Listed:
    """An object as its store lists it."""

    key: str
    modified_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """An object that has to be in a region. Of originals only the SHA-256 (hex) is known."""

    key: str
    sha256: str
    byte_size: int | None = None
    content_type: str | None = None
    cache_control: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """How an object was in a region, how much was read of it, and what was done.

    Of what `is_lost` there is no intact copy anywhere.
    """

    key: str
    region: str
    condition: Condition
    byte_size: int = 0
    is_repaired: bool = False
    is_lost: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether the region has the object now, bit for bit."""
        return self.condition is Condition.INTACT or self.is_repaired


@dataclass(frozen=True, kw_only=True, slots=True)
class Mended:
    """What was found of all objects of a photo, in the regions that were asked for."""

    found: tuple[Found, ...]

    @property
    def verified(self) -> AbstractSet[str]:
        """Regions that have every object, bit for bit."""
        broken = {each.region for each in self.found if not each.is_whole}
        return frozenset({each.region for each in self.found} - broken)

    @property
    def lost(self) -> AbstractSet[str]:
        """Keys of objects of which there is no intact copy anywhere."""
        return frozenset(each.key for each in self.found if each.is_lost)

    @property
    def is_harmed(self) -> bool:
        """Whether a region that answers still lacks something."""
        return any(each.condition.is_harm and not each.is_repaired for each in self.found)
