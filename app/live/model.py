"""Events on the bus, and the updates that a subscriber gets of them. Ids only."""

from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import orjson

from app.posts.model import Post


@dataclass(frozen=True, kw_only=True, slots=True)
class PostPublished:
    """A post became READY."""

    kind: ClassVar[str] = "post_published"
    post_id: int
    author_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class PostDeleted:
    """A post is gone."""

    kind: ClassVar[str] = "post_deleted"
    post_id: int
    author_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Followed:
    """Somebody follows somebody now."""

    kind: ClassVar[str] = "followed"
    follower_id: int
    followee_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Unfollowed:
    """Somebody follows somebody no more."""

    kind: ClassVar[str] = "unfollowed"
    follower_id: int
    followee_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Interrupted:
    """Events may have been missed here; made by the bus itself, never sent."""


Event = PostPublished | PostDeleted | Followed | Unfollowed
_EVENTS: dict[str, type[Event]] = {
    kind.kind: kind for kind in (PostPublished, PostDeleted, Followed, Unfollowed)
}


def pack_event(event: Event) -> bytes:
    """An event as it travels on the bus."""
    return orjson.dumps({"kind": event.kind, **asdict(event)})


def unpack_event(packed: bytes) -> Event | None:
    """The event that came by the bus; None if this version does not understand it."""
    try:
        fields: dict[str, Any] = orjson.loads(packed)
        return _EVENTS[fields.pop("kind")](**fields)
    except (orjson.JSONDecodeError, AttributeError, KeyError, TypeError):
        return None


@dataclass(frozen=True, kw_only=True, slots=True)
class PostAdded:
    """A post came into the subscriber's feed."""

    post: Post


@dataclass(frozen=True, kw_only=True, slots=True)
class PostRemoved:
    """A post left the subscriber's feed."""

    post_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class AuthorAdded:
    """The subscriber follows this account now, perhaps from another device."""

    author_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class AuthorRemoved:
    """The subscriber follows this account no more."""

    author_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Gap:
    """Updates were missed: the subscriber has to read the feed again."""


Update = PostAdded | PostRemoved | AuthorAdded | AuthorRemoved | Gap
