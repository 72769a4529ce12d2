"""Fields whose values are loaded for all objects of an answer at once."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

BATCHED = "batched"
"""Key of a field's metadata, whose value is a Batched."""

Load = Callable[[Any, set[int]], Awaitable[Mapping[int, Any]]]


@dataclass(frozen=True, kw_only=True)
class Batched:
    """A field that is found by an integer of its object's.

    `load` is given the context and the integers, and returns what is found, as the field's
    resolver would have it. Whatever it lacks is left to the resolver.
    """

    key: str
    load: Load
