"""Timelines, and the bytes they are packed into."""

import struct
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.feeds.model import (
    COMPLETE_NOWHERE,
    HEADER_BYTES,
    Timeline,
    build_timeline,
    pack_header,
    pack_ids,
    unpack_timeline,
)
from app.ids import ID_MAX

IDS: Final = st.integers(1, ID_MAX)
NEWEST: Final = st.lists(IDS, unique=True, max_size=20).map(lambda ids: sorted(ids, reverse=True))
VERSIONS: Final = st.integers(0, 1 << 40)


def _entry(*, version: int, builder: int, timeline_ids: list[int]) -> bytes:
    header = struct.pack(">QQQQQ", version, COMPLETE_NOWHERE, builder, 0, 0)
    return header + pack_ids(tuple(timeline_ids))


def _timeline(complete_above: int, post_ids: tuple[int, ...]) -> Timeline:
    return Timeline(
        following_version=0,
        complete_above=complete_above,
        built_at=0,
        pulled_ids=(),
        post_ids=post_ids,
    )


@given(
    VERSIONS,
    st.integers(0, COMPLETE_NOWHERE),
    st.integers(0, ID_MAX),
    st.lists(IDS, max_size=10),
    st.lists(IDS, max_size=30),
)
def test_an_entry_is_read_new_to_old_and_each_once(
    version: int, complete_above: int, built_at: int, pulled_ids: list[int], ids: list[int]
) -> None:
    timeline = Timeline(
        following_version=version,
        complete_above=complete_above,
        built_at=built_at,
        pulled_ids=tuple(pulled_ids),
        post_ids=tuple(sorted(set(ids), reverse=True)),
    )
    entry = pack_header(timeline) + pack_ids(tuple(pulled_ids)) + pack_ids(tuple(ids))
    assert unpack_timeline(entry) == timeline


@given(VERSIONS, st.integers(1, COMPLETE_NOWHERE), st.lists(IDS, max_size=5))
def test_an_entry_that_is_being_built_is_no_timeline(
    version: int, builder: int, ids: list[int]
) -> None:
    assert unpack_timeline(_entry(version=version, builder=builder, timeline_ids=ids)) is None


@given(NEWEST, st.integers(1, 20))
def test_what_is_built_is_complete_as_far_as_it_goes(published: list[int], most: int) -> None:
    built = build_timeline(
        following_version=3, built_at=7, pulled_ids=(9, 8), newest=published[:most], most=most
    )
    for before in (ID_MAX, *published):
        shown = built.between(before)
        rest = [i for i in published if i < min(before, built.floor)]
        assert shown + rest == [i for i in published if i < before]
    is_all = len(published) < most
    assert (built.complete_above == 0) is (is_all or published[most - 1] == 1)


@given(st.lists(IDS, max_size=20), st.integers(0, ID_MAX), IDS)
def test_only_the_complete_part_is_shown(ids: list[int], complete_above: int, before: int) -> None:
    timeline = _timeline(complete_above, tuple(sorted(set(ids))[::-1]))
    shown = timeline.between(before)
    assert set(shown) == {i for i in ids if complete_above < i < before}
    assert shown == sorted(shown, reverse=True)


def test_a_timeline_that_is_complete_nowhere_shows_nothing() -> None:
    timeline = _timeline(COMPLETE_NOWHERE, (9, 5))
    assert timeline.between(ID_MAX) == []
    assert timeline.floor == ID_MAX


@given(st.lists(IDS, max_size=20))
def test_ids_take_eight_bytes_each_and_sort_as_bytes(ids: list[int]) -> None:
    packed = pack_ids(tuple(ids))
    assert len(packed) == 8 * len(ids)
    apart = [packed[at : at + 8] for at in range(0, len(packed), 8)]
    assert [int.from_bytes(each) for each in sorted(apart)] == sorted(ids)
    assert HEADER_BYTES == 40


@pytest.mark.parametrize("entry", [b"", b"1", b"\0" * (HEADER_BYTES - 1)])
def test_what_is_too_short_for_a_timeline_is_none(entry: bytes) -> None:
    assert unpack_timeline(entry) is None
