"""An edge from a follower to a followee."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Edge:
    """`follower_id` sees the posts of `followee_id`; edge ids sort by age."""

    id: int
    follower_id: int
    followee_id: int
