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

    gone: set[int] = field(default_factory=set)
    """Deleted accounts, whatever is left of them."""

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
        """A post became READY, perhaps a moment before its author was deleted."""
        self.author_of[post_id] = author_id
        self.happened["post_published", author_id, post_id] += 1
        if author_id in self.gone:
            self.delete(post_id)

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

    def delete_account(self, account_id: int) -> None:
        """Somebody is gone: each of their posts and edges as well."""
        self.people.remove(account_id)
        self.gone.add(account_id)
        self.happened["account_deleted", account_id, 0] += 1
        self.happened["account_erased", account_id, 0] += 1
        for post_id in [post for post, author in self.author_of.items() if author == account_id]:
            self.delete(post_id)
        for follower_id in self.followers(account_id):
            self._erase_edge(follower_id, account_id)
        for followee_id in tuple(self.followees[account_id]):
            self._erase_edge(account_id, followee_id)

    def _erase_edge(self, follower_id: int, followee_id: int) -> None:
        self.followees[follower_id].discard(followee_id)
        self.happened["edge_erased", follower_id, followee_id] += 1
        if len(self.followers(followee_id)) < PUSH_BELOW:
            self.pulled.discard(followee_id)

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
    told = ((document["_id"], _told(viewer_id, as_entry(document), followees)) for document in log)
    return [entry for moment, entry in told if entry and moment > after]


def _told(viewer_id: int, entry: Entry, followees: set[int]) -> Entry | None:
    """What a viewer is told of the next change, which may change whom they follow."""
    kind, actor_id, subject_id = entry
    if kind in {"followed", "unfollowed"} and actor_id == viewer_id:
        followees ^= {subject_id}
        return entry
    if actor_id not in followees:
        return None
    if kind == "account_deleted":
        followees.discard(actor_id)
        return "unfollowed", viewer_id, actor_id
    return entry if kind.startswith("post_") else None
