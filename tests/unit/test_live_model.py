"""Whom somebody followed before some changes, and who of them was gone by then."""

from hypothesis import given
from hypothesis import strategies as st

from app.live.model import Change, ChangeKind, followees_before, gone_before

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


@given(st.data())
def test_whoever_was_gone_by_then_is_known_however_much_of_it_was_erased_since(
    data: st.DataObject,
) -> None:
    """Of each account that is followed: when it was deleted, and when the edge was erased."""
    now = 9
    lives = {
        account_id: sorted(data.draw(st.lists(st.integers(1, now + 3), min_size=2, max_size=2)))
        for account_id in range(1, 5)
    }
    after = data.draw(st.integers(0, now))
    departing = {each for each, (deleted, erased) in lives.items() if deleted <= now < erased}
    edges = [
        Change(moment=erased, kind=ChangeKind.EDGE_ERASED, actor_id=9, subject_id=each)
        for each, (_, erased) in lives.items()
        if after < erased <= now
    ]
    changes = edges + [
        Change(moment=deleted, kind=ChangeKind.ACCOUNT_DELETED, actor_id=each, subject_id=0)
        for each, (deleted, _) in lives.items()
        if after < deleted <= now
    ]
    followees_now = {each for each, (_, erased) in lives.items() if erased > now}
    followed = followees_before(followees_now, edges) - gone_before(departing, edges, changes)
    assert followed == {
        each for each, (deleted, erased) in lives.items() if deleted > after and erased > after
    }
