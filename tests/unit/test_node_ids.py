"""Global ids."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.ids import ID_MAX
from schema.nodes import Kind, global_id, read_global_id, read_id_of

KINDS = st.sampled_from(Kind)
IDS = st.integers(1, ID_MAX)


@given(KINDS, IDS)
def test_an_id_leads_back(kind: Kind, identifier: int) -> None:
    assert read_global_id(global_id(kind, identifier)) == (kind, identifier)
    assert read_id_of(kind, global_id(kind, identifier)) == identifier


@given(KINDS, KINDS, IDS)
def test_an_id_is_of_one_kind(kind: Kind, other: Kind, identifier: int) -> None:
    assume(kind is not other)
    assert read_id_of(other, global_id(kind, identifier)) is None


@given(st.text())
def test_garbage_is_nothing(text: str) -> None:
    assert read_global_id(text) is None


@pytest.mark.parametrize("identifier", [0, ID_MAX + 1, (1 << 64) + 5, 10**19])
def test_a_number_that_is_no_id_is_nothing(identifier: int) -> None:
    assert read_global_id(global_id(Kind.POST, identifier)) is None


@given(KINDS, IDS)
def test_an_id_has_one_spelling(kind: Kind, identifier: int) -> None:
    written = global_id(kind, identifier)
    for other in (written + "=", written.rstrip("=") + "===", f" {written}", f"{written}\n"):
        assert read_global_id(other) is None
