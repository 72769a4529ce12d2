"""Cursors and sizes of pages."""

import base64

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.errors import BadInputError
from app.ids import ID_MAX
from app.paging import (
    FIRST_MAX,
    ListKind,
    decode_cursor,
    encode_cursor,
    encode_cursors,
    page_size,
)

KINDS = st.sampled_from(ListKind)
IDS = st.integers(0, ID_MAX)


@given(KINDS, IDS, IDS)
def test_a_cursor_leads_back(kind: ListKind, owner_id: int, position: int) -> None:
    cursor = encode_cursor(kind, owner_id, position)
    assert decode_cursor(cursor, kind, owner_id) == position
    assert cursor.isascii()
    assert not set(cursor) & set("+/= ")


@given(KINDS, IDS, st.lists(IDS, max_size=FIRST_MAX))
def test_many_cursors_are_spelled_like_each(
    kind: ListKind, owner_id: int, positions: list[int]
) -> None:
    each = [encode_cursor(kind, owner_id, position) for position in positions]
    assert encode_cursors(kind, owner_id, positions) == each


@given(KINDS, KINDS, IDS, IDS, IDS)
def test_a_cursor_of_another_list_is_refused(
    kind: ListKind, other: ListKind, owner_id: int, other_id: int, position: int
) -> None:
    assume((kind, owner_id) != (other, other_id))
    with pytest.raises(BadInputError):
        decode_cursor(encode_cursor(kind, owner_id, position), other, other_id)


@given(st.text())
def test_garbage_is_refused(cursor: str) -> None:
    with pytest.raises(BadInputError):
        decode_cursor(cursor, ListKind.FEED, 1)


@given(KINDS, IDS, st.binary(max_size=40))
def test_other_bytes_are_refused(kind: ListKind, owner_id: int, packed: bytes) -> None:
    assume(len(packed) != 17)
    with pytest.raises(BadInputError):
        decode_cursor(base64.urlsafe_b64encode(packed).decode().rstrip("="), kind, owner_id)


@given(KINDS, IDS, st.integers(ID_MAX + 1, (1 << 64) - 1))
def test_a_position_that_no_list_has_is_refused(
    kind: ListKind, owner_id: int, position: int
) -> None:
    with pytest.raises(BadInputError):
        decode_cursor(encode_cursor(kind, owner_id, position), kind, owner_id)


@given(KINDS, IDS, IDS, st.data())
def test_a_cursor_has_one_spelling(
    kind: ListKind, owner_id: int, position: int, data: st.DataObject
) -> None:
    cursor = encode_cursor(kind, owner_id, position)
    other = data.draw(
        st.sampled_from(
            [
                cursor + "=",
                cursor + "A",
                cursor + "\n",
                " " + cursor,
                cursor[:-1],
                cursor[1:],
                # The last digit carries two bits that nobody reads.
                cursor[:-1] + chr(ord(cursor[-1]) + 1),
                cursor.replace("-", "+").replace("_", "/") + "=",
            ]
        )
    )
    with pytest.raises(BadInputError):
        decode_cursor(other, kind, owner_id)


def test_cursors_stay_as_they_are_on_devices() -> None:
    spelled = {kind.name: encode_cursor(kind, 1 << 40, 5) for kind in ListKind}
    assert spelled == {
        "FEED": "AQAAAQAAAAAAAAAAAAAAAAU",
        "POSTS": "AgAAAQAAAAAAAAAAAAAAAAU",
        "FOLLOWERS": "AwAAAQAAAAAAAAAAAAAAAAU",
        "FOLLOWING": "BAAAAQAAAAAAAAAAAAAAAAU",
        "UPDATES": "BQAAAQAAAAAAAAAAAAAAAAU",
    }


@given(st.integers(1, FIRST_MAX))
def test_a_page_has_its_size(first: int) -> None:
    assert page_size(first) == first


@given(st.integers().filter(lambda first: not 1 <= first <= FIRST_MAX))
def test_a_page_is_neither_empty_nor_huge(first: int) -> None:
    with pytest.raises(BadInputError, match="1 to 100"):
        page_size(first)
