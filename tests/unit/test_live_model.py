"""Whom somebody followed before some changes of their edges."""

from hypothesis import given
from hypothesis import strategies as st

from app.live.model import Change, ChangeKind, followees_before

FLIPS = st.lists(st.integers(1, 5), max_size=12)


@given(st.frozensets(st.integers(1, 5)), FLIPS, st.data())
def test_whenever_followees_are_read_what_was_before_comes_out(
    before: frozenset[int], flips: list[int], data: st.DataObject
) -> None:
    read_after = data.draw(st.integers(0, len(flips)))
    followees, read, changes = set(before), before, []
    for number, followee_id in enumerate(flips, start=1):
        is_followed = followee_id not in followees
        followees ^= {followee_id}
        kind = ChangeKind.FOLLOWED if is_followed else ChangeKind.UNFOLLOWED
        changes.append(Change(moment=number, kind=kind, actor_id=9, subject_id=followee_id))
        if number == read_after:
            read = frozenset(followees)
    assert followees_before(read, changes) == before
