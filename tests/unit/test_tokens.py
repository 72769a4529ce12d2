"""Access tokens and refresh tokens."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.accounts.model import Viewer
from app.accounts.tokens import (
    REFRESH_TOKEN_MAX_CHARACTERS,
    AccessTokens,
    new_refresh_token,
    new_session_id,
    parse_refresh_token,
)
from app.errors import UnauthenticatedError

SECRET = "s" * 32
VIEWER = Viewer(account_id=(1 << 62) + 1, session_id="a session")
TOKENS = AccessTokens(secret=SECRET, life_seconds=900)


def _forged(secret: str = SECRET, algorithm: str = "HS256", **claims: Any) -> str:
    good = {
        "sub": "5",
        "sid": "a session",
        "aud": "photofeed",
        "exp": datetime.now(UTC) + timedelta(days=1),
    }
    left = {name: value for name, value in {**good, **claims}.items() if value is not None}
    return jwt.encode(left, secret, algorithm=algorithm)


def test_a_token_says_who_it_is_for() -> None:
    token, expires_at = TOKENS.sign(VIEWER)
    assert TOKENS.read(token) == VIEWER
    assert timedelta(seconds=898) < expires_at - datetime.now(UTC) <= timedelta(seconds=900)


def test_a_token_expires() -> None:
    token, _ = AccessTokens(secret=SECRET, life_seconds=-1).sign(VIEWER)
    with pytest.raises(UnauthenticatedError, match="expired"):
        TOKENS.read(token)


def test_a_token_that_was_good_expires_all_the_same() -> None:
    tokens = AccessTokens(secret=SECRET, life_seconds=2)
    token, expires_at = tokens.sign(VIEWER)
    assert tokens.read(token) == VIEWER
    while datetime.now(UTC) < expires_at:
        with suppress(UnauthenticatedError):
            assert tokens.read(token) == VIEWER
    for _ in range(2):
        with pytest.raises(UnauthenticatedError, match="expired"):
            tokens.read(token)


@pytest.mark.parametrize(
    "token",
    [
        _forged(secret="t" * 32),
        _forged(secret="s" * 64, algorithm="HS512"),
        jwt.encode({"sub": "5", "sid": "s", "aud": "photofeed"}, "", algorithm="none"),
        _forged(aud="somebody"),
        _forged(aud=None),
        _forged(exp=None),
        _forged(sid=None),
        _forged(sub=None),
        _forged(sub="ada"),
    ],
    ids=["secret", "algorithm", "none", "audience", "no aud", "no exp", "no sid", "no sub", "sub"],
)
def test_a_token_that_is_not_ours_is_refused(token: str) -> None:
    with pytest.raises(UnauthenticatedError, match="not valid"):
        TOKENS.read(token)


@given(st.text())
def test_garbage_is_no_token(token: str) -> None:
    with pytest.raises(UnauthenticatedError):
        TOKENS.read(token)


@given(st.integers(0, 200), st.characters(categories=["L", "N"]))
def test_a_changed_token_is_refused(at: int, character: str) -> None:
    token, _ = TOKENS.sign(VIEWER)
    at %= len(token) - 1  # the last digit carries bits that nobody reads
    if token[at] != character:
        with pytest.raises(UnauthenticatedError):
            TOKENS.read(token[:at] + character + token[at + 1 :])


def test_a_refresh_token_can_be_taken_apart() -> None:
    token = new_refresh_token(new_session_id())
    assert parse_refresh_token(str(token)) == token
    assert token.secret not in token.hash()
    assert token.hash() != new_refresh_token(token.session_id).hash()


@pytest.mark.parametrize("token", ["", ".", "a.", ".b", "ab", "x" * 200 + "." + "y" * 200])
def test_what_cannot_be_taken_apart_is_no_refresh_token(token: str) -> None:
    assert parse_refresh_token(token) is None


@given(st.text(max_size=REFRESH_TOKEN_MAX_CHARACTERS + 10))
def test_any_text_is_a_refresh_token_or_none(token: str) -> None:
    parsed = parse_refresh_token(token)
    assert parsed is None or str(parsed) == token
