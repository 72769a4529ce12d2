"""What a field may declare of itself beside its type, in its metadata."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

BATCHED = "batched"
"""Its value is a Batched: how the field is loaded for all objects of an answer at once."""

LIST_MAX = "list_max"
"""Its value is how many items the field's list may have."""

Load = Callable[[Any, set[int]], Awaitable[Mapping[int, Any]]]


@dataclass(frozen=True, kw_only=True)
class Batched:
    """A field that is found by an integer of its object's.

    `load` is given the context and the integers, and returns what is found, as the field's
    resolver would have it. Whatever it lacks is left to the resolver. It `is_for_all` if it is the
    same whoever asks.
    """

    key: str
    load: Load
    is_for_all: bool = False
