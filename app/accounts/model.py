"""An account, a session, and the rules for names."""

import math
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.errors import Refusal, RefusalCode
from app.ids import created_at

USERNAME = re.compile(r"[A-Za-z0-9_]{3,30}")
PASSWORD_MIN_CHARACTERS = 8
PASSWORD_MAX_CHARACTERS = 128
DISPLAY_NAME_MAX_CHARACTERS = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """Somebody who posts and follows.

    `following_version` rises with every account that is followed, so that whatever was built
    from the set of followees can tell that it is out of date.

    Accounts with very many followers are pulled: their posts are not pushed to timelines, but read
    from MongoDB when a page is read.

    `memo` is what others have derived from this value; it lives as long as the value does.
    """

    id: int
    username: str
    display_name: str
    created_at: datetime
    post_count: int
    follower_count: int
    following_count: int
    following_version: int
    is_pulled: bool = False
    memo: dict[Any, Any] = field(
        default_factory=dict, init=False, compare=False, repr=False, hash=False
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountSettings:
    """What somebody has set for their account, which is nobody else's business."""

    alt_text_required: bool = False


class AccountGoneError(LookupError):
    """There is no such account, or no longer."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FollowerCount:
    """How many follow an account, and whether it is pulled."""

    followers: int
    is_pulled: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Counts:
    """What is counted at an account."""

    post_count: int
    follower_count: int
    following_count: int

    def __sub__(self, other: "Counts") -> "Counts":
        return Counts(
            post_count=self.post_count - other.post_count,
            follower_count=self.follower_count - other.follower_count,
            following_count=self.following_count - other.following_count,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """What an account's document said of it at one moment.

    `mends` is how often its counts have been mended.
    """

    account_id: int
    counts: Counts
    following_version: int
    is_pulled: bool
    mends: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Viewer:
    """Whoever holds a valid access token: an account, in one of its sessions.

    `expires_at` is when the token does, in seconds since 1970.
    """

    account_id: int
    session_id: str
    expires_at: float = field(default=math.inf, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Credentials:
    """What a client needs to act as an account until `expires_at`, and to go on after that."""

    account: Account
    viewer: Viewer
    access_token: str
    refresh_token: str
    expires_at: datetime


def gone(account_id: int) -> Account:
    """What an account is shown as to those who saw it a moment before it was deleted.

    Nobody can have that username.
    """
    return Account(
        id=account_id,
        username="[deleted]",
        display_name="[deleted]",
        created_at=created_at(account_id),
        post_count=0,
        follower_count=0,
        following_count=0,
        following_version=0,
    )


def check_username(username: str) -> None:
    """Refuse what cannot be a username."""
    if USERNAME.fullmatch(username) is None:
        raise Refusal(
            RefusalCode.INVALID_USERNAME,
            "A username has 3 to 30 letters, digits or underscores.",
            field="username",
        )


def check_password(password: str) -> None:
    """Refuse what is too short or too long for a password."""
    if not PASSWORD_MIN_CHARACTERS <= len(password) <= PASSWORD_MAX_CHARACTERS:
        raise Refusal(
            RefusalCode.INVALID_PASSWORD,
            f"A password has {PASSWORD_MIN_CHARACTERS} to {PASSWORD_MAX_CHARACTERS} characters.",
            field="password",
        )


def username_key(username: str) -> str:
    """What makes a username unique: its letters, whatever their case."""
    return username.lower()


def displayed_name(display_name: str | None, username: str) -> str:
    """Choose the name to show: the wish if it has 1 to 50 characters, else the username."""
    wished = (display_name or "").strip()
    return wished if 1 <= len(wished) <= DISPLAY_NAME_MAX_CHARACTERS else username
