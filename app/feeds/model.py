"""A timeline, and how it is packed into the bytes of one cache entry."""

import struct
from bisect import bisect_left
from dataclasses import dataclass
from operator import neg

from app.ids import ID_MAX
from app.paging import Page
from app.posts.model import Post

COMPLETE_NOWHERE = (1 << 64) - 1
_HEADER = struct.Struct(">QQQQQ")
HEADER_BYTES = _HEADER.size
ID_BYTES = 8


@dataclass(frozen=True, kw_only=True, slots=True)
class Timeline:
    """Ids of posts that were pushed to one viewer.

    It holds every id above `complete_above` that the viewer's followees had published when it was
    built or have published since; 0 means it is complete to the very first post. `post_ids` go
    from new to old, each once, and may hold posts that must not be shown any more. It was built
    from the followees of `following_version`, of whom `pulled_ids` were read instead of pushed
    then. `built_at` is the position in the log of changes at which its build began.
    """

    following_version: int
    complete_above: int
    built_at: int
    pulled_ids: tuple[int, ...]
    post_ids: tuple[int, ...]

    def between(self, before: int) -> list[int]:
        """Ids below `before`, new to old, as far down as the timeline is complete."""
        start = bisect_left(self.post_ids, 1 - before, key=neg)
        end = bisect_left(self.post_ids, -self.complete_above, key=neg)
        return list(self.post_ids[start:end])

    @property
    def floor(self) -> int:
        """Posts below this id have to be read from MongoDB."""
        return min(self.complete_above + 1, ID_MAX)


def build_timeline(
    *,
    following_version: int,
    built_at: int,
    pulled_ids: tuple[int, ...],
    newest: list[int],
    most: int,
) -> Timeline:
    """Make a timeline of the newest ids there are; fewer than `most` means that these are all."""
    complete_above = newest[-1] - 1 if len(newest) >= most else 0
    return Timeline(
        following_version=following_version,
        complete_above=complete_above,
        built_at=built_at,
        pulled_ids=pulled_ids,
        post_ids=tuple(newest),
    )


def unpack_timeline(entry: bytes) -> Timeline | None:
    """The timeline in a cache entry; None while it is being built, or if it is something else."""
    if len(entry) < HEADER_BYTES:
        return None
    version, complete_above, builder, built_at, pulled_bytes = _HEADER.unpack_from(entry)
    if builder:
        return None
    ids = unpack_ids(entry[HEADER_BYTES:])
    pulled = pulled_bytes // ID_BYTES
    return Timeline(
        following_version=version,
        complete_above=complete_above,
        built_at=built_at,
        pulled_ids=ids[:pulled],
        # Nearly all of them are in order, which makes sorting cheap; doubles stand side by side.
        post_ids=tuple(dict.fromkeys(sorted(ids[pulled:], reverse=True))),
    )


def pack_header(timeline: Timeline) -> bytes:
    """What stands before the pulled ids and the post ids of a timeline that is built."""
    return _HEADER.pack(
        timeline.following_version,
        timeline.complete_above,
        0,
        timeline.built_at,
        len(timeline.pulled_ids) * ID_BYTES,
    )


def pack_ids(ids: tuple[int, ...]) -> bytes:
    """Ids as they stand in a cache entry: big-endian, eight bytes each."""
    return struct.pack(f">{len(ids)}Q", *ids)


def unpack_ids(packed: bytes) -> tuple[int, ...]:
    """Ids from the bytes of a cache entry."""
    return struct.unpack_from(f">{len(packed) // ID_BYTES}Q", packed)


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedPage:
    """A page of a feed as it was at `moment`, a place in the log of changes."""

    page: Page[Post]
    moment: int
