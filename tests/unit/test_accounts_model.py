"""Names and passwords."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.accounts.model import check_password, check_username, displayed_name, username_key
from app.errors import Refusal, RefusalCode

NAME_CHARACTERS = string.ascii_letters + string.digits + "_"
USERNAMES = st.text(NAME_CHARACTERS, min_size=3, max_size=30)


@given(USERNAMES)
def test_a_username_is_letters_digits_and_underscores(username: str) -> None:
    check_username(username)


@given(st.one_of(st.text(NAME_CHARACTERS, max_size=2), st.text(NAME_CHARACTERS, min_size=31)))
def test_a_username_is_neither_short_nor_long(username: str) -> None:
    _refused(username)


@given(USERNAMES, st.integers(0, 29), st.characters(exclude_characters=NAME_CHARACTERS))
def test_a_username_has_no_other_characters(username: str, at: int, other: str) -> None:
    _refused((username[:at] + other + username[at:])[:30])


def _refused(username: str) -> None:
    if set(username) <= set(NAME_CHARACTERS) and 3 <= len(username) <= 30:
        return  # the other character fell off the end
    with pytest.raises(Refusal) as refused:
        check_username(username)
    assert (refused.value.code, refused.value.field) == (RefusalCode.INVALID_USERNAME, "username")


@given(USERNAMES)
def test_case_does_not_tell_usernames_apart(username: str) -> None:
    assert (
        username_key(username.upper()) == username_key(username.lower()) == username_key(username)
    )


@given(st.text(min_size=8, max_size=128))
def test_a_password_is_any_text(password: str) -> None:
    check_password(password)


@given(st.one_of(st.text(max_size=7), st.text(min_size=129)))
def test_a_password_is_neither_short_nor_long(password: str) -> None:
    with pytest.raises(Refusal) as refused:
        check_password(password)
    assert (refused.value.code, refused.value.field) == (RefusalCode.INVALID_PASSWORD, "password")


@pytest.mark.parametrize(
    ("wished", "shown"),
    [
        (None, "ada"),
        ("", "ada"),
        (" \t ", "ada"),
        ("x" * 51, "ada"),
        ("x" * 50, "x" * 50),
        ("  Ada Lovelace ", "Ada Lovelace"),
        ("愛", "愛"),
    ],
)
def test_the_username_stands_in_for_a_display_name(wished: str | None, shown: str) -> None:
    assert displayed_name(wished, "ada") == shown
