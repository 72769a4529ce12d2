"""A change in the log, and the update that a subscriber gets of it. Ids only."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from app.once import Once
from app.posts.model import Post

SHOWN_MAX = 64


class ChangeKind(StrEnum):
    """What has changed.

    `actor_id` is the author of a post, the follower of an edge, or the account that is pulled or
    pushed from now on; `subject_id` is the post or the followee. A VOID is a place in the log that
    nobody took.
    """

    POST_PUBLISHED = "post_published"
    POST_DELETED = "post_deleted"
    FOLLOWED = "followed"
    UNFOLLOWED = "unfollowed"
    PULLED = "pulled"
    PUSHED = "pushed"
    VOID = "void"


OF_POSTS = (ChangeKind.POST_PUBLISHED, ChangeKind.POST_DELETED)
OF_EDGES = (ChangeKind.FOLLOWED, ChangeKind.UNFOLLOWED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One entry of the log; `moment` is its place, and there is no place without an entry."""

    moment: int
    kind: ChangeKind
    actor_id: int
    subject_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class PostAdded:
    """A post came into the feeds of many subscribers, who share what it is shown as."""

    moment: int
    post: Post
    shown: Once[object, Any] = field(
        default_factory=lambda: Once(max_keys=SHOWN_MAX), compare=False, repr=False
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class PostRemoved:
    """A post left the subscriber's feed."""

    moment: int
    post_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class AuthorAdded:
    """The subscriber follows this account now, perhaps from another device."""

    moment: int
    author_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class AuthorRemoved:
    """The subscriber follows this account no more."""

    moment: int
    author_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Gap:
    """What happened before `moment` cannot be told: the subscriber has to read the feed again."""

    moment: int


Update = PostAdded | PostRemoved | AuthorAdded | AuthorRemoved | Gap


def followees_before(
    followees_since: Collection[int], edge_changes: Iterable[Change]
) -> frozenset[int]:
    """Whom an account followed before some changes of its edges.

    `followees_since` may have been read at any time after the first of the changes and before the
    last was looked for: what an edge was before is the opposite of what first happened to it.
    """
    first: dict[int, ChangeKind] = {}
    for change in edge_changes:
        first.setdefault(change.subject_id, change.kind)
    removed = {each for each, kind in first.items() if kind is ChangeKind.UNFOLLOWED}
    return (frozenset(followees_since) - first.keys()) | removed
