"""A change in the log, what holds at one, and the update that a subscriber gets. Ids only."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from app.follows.model import Pull
from app.once import Once
from app.posts.model import Post

SHOWN_MAX = 64


class ChangeKind(StrEnum):
    """What has changed.

    `actor_id` is the author of a post, the follower of an edge, or the account that is pulled or
    pushed from now on; `subject_id` is the post or the followee. A VOID is a place in the log that
    nobody took.

    An account that is deleted is in no feed from ACCOUNT_DELETED on, though its posts and edges are
    erased only then, some at a time: POST_DELETED and EDGE_ERASED. Once none is left, it is
    ACCOUNT_ERASED.
    """

    POST_PUBLISHED = "post_published"
    POST_DELETED = "post_deleted"
    FOLLOWED = "followed"
    UNFOLLOWED = "unfollowed"
    PULLED = "pulled"
    PUSHED = "pushed"
    ACCOUNT_DELETED = "account_deleted"
    EDGE_ERASED = "edge_erased"
    ACCOUNT_ERASED = "account_erased"
    VOID = "void"


OF_POSTS = (ChangeKind.POST_PUBLISHED, ChangeKind.POST_DELETED)
OF_AUTHORS = (*OF_POSTS, ChangeKind.ACCOUNT_DELETED)
"""What the followers of its actor are told of."""

OF_VIEWERS = (ChangeKind.FOLLOWED, ChangeKind.UNFOLLOWED)
"""What its actor is told of."""

OF_EDGES = (*OF_VIEWERS, ChangeKind.EDGE_ERASED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One entry of the log; `moment` is its place, and there is no place without an entry."""

    moment: int
    kind: ChangeKind
    actor_id: int
    subject_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """What holds at a moment: every change up to it is in the stores.

    `fan_outs` are posts, with their authors, that may not be in every timeline yet. `pulls` says
    which accounts are pulled, and since when. Those that are `departing` are gone, whatever is left
    of their posts and edges. It `is_whole` if nothing is missing in it that was committed before
    the look began.
    """

    moment: int
    fan_outs: Mapping[int, int]
    pulls: Mapping[int, Pull]
    departing: frozenset[int] = frozenset()
    is_whole: bool

    def crossed_since(self, moment: int) -> set[int]:
        """Accounts that were pulled, or pushed again, after a moment."""
        return {each for each, pull in self.pulls.items() if pull.since > moment}


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
    """The subscriber follows this account no more, or it is gone."""

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
    removed = {each for each, kind in first.items() if kind is not ChangeKind.FOLLOWED}
    return (frozenset(followees_since) - first.keys()) | removed


def gone_before(
    departing: Collection[int], edge_changes: Iterable[Change], changes: Iterable[Change]
) -> frozenset[int]:
    """Which accounts that somebody has an edge to, or had, were deleted before some changes.

    `departing` are those that are being erased now; `edge_changes` are of the one's edges, since
    the same moment as the `changes`, among which are all deletions of those accounts.
    """
    gone = {each.subject_id for each in edge_changes if each.kind is ChangeKind.EDGE_ERASED}
    since = {each.actor_id for each in changes if each.kind is ChangeKind.ACCOUNT_DELETED}
    return frozenset(gone.union(departing) - since)
