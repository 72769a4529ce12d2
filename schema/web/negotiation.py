"""Which media type an answer has, by the request's Accept header (RFC 9110, 12.5.1)."""

from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from graphql import OperationType


class MediaType(Enum):
    """What answers may be."""

    RESPONSE = "application/graphql-response+json"
    JSON = "application/json"
    EVENTS = "text/event-stream"
    PAGE = "text/html"

    def __init__(self, name: str) -> None:
        self.header = f"{name}; charset=utf-8".encode()


@dataclass(frozen=True, kw_only=True, slots=True)
class Accepted:
    """What a client takes: `json` for an answer of one piece, if any, and whether events, a page.

    Some clients accept event streams with every request, and expect them for subscriptions alone;
    who accepts nothing else gets events for everything.
    """

    json: MediaType | None
    events: bool
    page: bool

    def for_operation(self, kind: OperationType) -> MediaType | None:
        """How the answer to an operation of that kind goes; None if there is no way."""
        wants_events = kind is OperationType.SUBSCRIPTION or self.json is None
        return MediaType.EVENTS if self.events and wants_events else self.json


@lru_cache(maxsize=256)
def accepted(accept: str | None) -> Accepted:
    """Read an Accept header; without one everything is taken as JSON."""
    if accept is None:
        return Accepted(json=MediaType.JSON, events=False, page=False)
    qualities = _qualities(accept)
    anything = max(qualities.get("*/*", 0.0), qualities.get("application/*", 0.0))
    response = qualities.get(MediaType.RESPONSE.value, 0.0)
    plain = qualities.get(MediaType.JSON.value, anything)
    json = MediaType.JSON if plain else None
    if response and response >= qualities.get(MediaType.JSON.value, 0.0):
        json = MediaType.RESPONSE
    return Accepted(
        json=json,
        events=qualities.get(MediaType.EVENTS.value, 0.0) > 0,
        page=qualities.get(MediaType.PAGE.value, 0.0) > 0,
    )


def _qualities(accept: str) -> dict[str, float]:
    """How much a client likes each media type, 0 to 1; what cannot be read as one counts as 1."""
    found: dict[str, float] = {}
    for element in accept.split(","):
        name, *parameters = (part.strip().lower() for part in element.split(";"))
        quality = 1.0
        for parameter in parameters:
            if parameter.startswith("q="):
                quality = _quality(parameter[2:])
        if name:
            found[name] = max(quality, found.get(name, 0.0))
    return found


def _quality(text: str) -> float:
    try:
        return min(max(float(text), 0.0), 1.0)
    except ValueError:
        return 1.0
