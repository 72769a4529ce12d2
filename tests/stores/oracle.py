"""What must be true of people, posts and feeds, kept in plain sets: the oracle of the world."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

PULL_ABOVE = 10
PUSH_BELOW = 8
Entry = tuple[str, int, int]
"""A change: its kind, who made it, and the post or the followee it is about."""


@dataclass
class Oracle:
    """The truth, as far as people can see it."""

    people: list[int] = field(default_factory=list)
    followees: defaultdict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    author_of: dict[int, int] = field(default_factory=dict)
    """The author of each READY post."""

    pulled: set[int] = field(default_factory=set)
    happened: Counter[Entry] = field(default_factory=Counter)
    """Every change that took effect."""

    def followers(self, account_id: int) -> set[int]:
        """Everyone who follows an account."""
        return {each for each in self.people if account_id in self.followees[each]}

    def feed(self, viewer_id: int) -> list[int]:
        """The whole feed, newest first."""
        followees = self.followees[viewer_id]
        return sorted(
            (post for post, author in self.author_of.items() if author in followees), reverse=True
        )

    def publish(self, post_id: int, author_id: int) -> None:
        """A post became READY."""
        self.author_of[post_id] = author_id
        self.happened["post_published", author_id, post_id] += 1

    def delete(self, post_id: int) -> None:
        """A post is gone; nobody hears of one that was not READY."""
        author_id = self.author_of.pop(post_id, None)
        if author_id is not None:
            self.happened["post_deleted", author_id, post_id] += 1

    def follow(self, follower_id: int, followee_id: int) -> None:
        """Somebody follows somebody, perhaps once more."""
        if followee_id not in self.followees[follower_id]:
            self.followees[follower_id].add(followee_id)
            self.happened["followed", follower_id, followee_id] += 1
            if len(self.followers(followee_id)) > PULL_ABOVE:
                self.pulled.add(followee_id)

    def unfollow(self, follower_id: int, followee_id: int) -> None:
        """Somebody does not follow somebody, perhaps never did."""
        if followee_id in self.followees[follower_id]:
            self.followees[follower_id].discard(followee_id)
            self.happened["unfollowed", follower_id, followee_id] += 1
            if len(self.followers(followee_id)) < PUSH_BELOW:
                self.pulled.discard(followee_id)


def as_entry(document: dict[str, Any]) -> Entry:
    """A document of the log, for comparison."""
    return document["kind"], document["actor_id"], document["subject_id"]


def heard_by(viewer_id: int, log: Iterable[dict[str, Any]], after: int) -> list[Entry]:
    """What a viewer has to hear of behind a moment, in order, from the whole log."""
    followees: set[int] = set()
    heard: list[Entry] = []
    for document in log:
        kind, actor_id, subject_id = entry = as_entry(document)
        if kind in {"followed", "unfollowed"}:
            if actor_id != viewer_id:
                continue
            followees ^= {subject_id}
        elif not kind.startswith("post_") or actor_id not in followees:
            continue
        if document["_id"] > after:
            heard.append(entry)
    return heard
