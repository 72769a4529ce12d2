"""Edges from followers to followees, and what very many of them make of an account."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.accounts.model import FollowerCount


@dataclass(frozen=True, kw_only=True, slots=True)
class Edge:
    """`follower_id` sees the posts of `followee_id`; edge ids sort by age."""

    id: int
    follower_id: int
    followee_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class FollowerChunk:
    """Followers of an account in the order of their edges, up to and with edge `reached`."""

    follower_ids: Sequence[int]
    reached: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Pull:
    """Whether an account is pulled, and the moment from which."""

    account_id: int
    is_pulled: bool
    since: int


@dataclass(frozen=True, kw_only=True, slots=True)
class PullThresholds:
    """Above how many followers an account is pulled, and below how many it is pushed again."""

    pull_above: int
    push_below: int

    def is_pulled(self, counted: FollowerCount) -> bool:
        """Whether an account is to be pulled, which depends on whether it has been until now."""
        if counted.is_pulled:
            return counted.followers >= self.push_below
        return counted.followers > self.pull_above
