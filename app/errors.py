"""What can go wrong on purpose: one shallow tree, each with a stable code."""

from enum import StrEnum


class ConfigurationError(Exception):
    """The process cannot start as configured; the message names the setting."""


class RefusalCode(StrEnum):
    """Why the house refuses; clients see the same words."""

    USERNAME_TAKEN = "USERNAME_TAKEN"
    INVALID_USERNAME = "INVALID_USERNAME"
    INVALID_PASSWORD = "INVALID_PASSWORD"
    INVALID_CREDENTIALS = "INVALID_CREDENTIALS"
    INVALID_TOKEN = "INVALID_TOKEN"
    INVALID_IMAGE = "INVALID_IMAGE"
    IMAGE_TOO_LARGE = "IMAGE_TOO_LARGE"
    UNSUPPORTED_FORMAT = "UNSUPPORTED_FORMAT"
    INVALID_DESCRIPTION = "INVALID_DESCRIPTION"
    UPLOAD_NOT_FOUND = "UPLOAD_NOT_FOUND"
    IDEMPOTENCY_CONFLICT = "IDEMPOTENCY_CONFLICT"
    NOT_FOUND = "NOT_FOUND"
    FORBIDDEN = "FORBIDDEN"
    CANNOT_FOLLOW_SELF = "CANNOT_FOLLOW_SELF"
    LIMIT_REACHED = "LIMIT_REACHED"


class Refusal(Exception):  # noqa: N818 - a refusal is an answer, not an error of ours
    """An expected "no" to something a person asked for.

    `field` is the name of the input's field at fault, in Python's spelling, when there is one.
    """

    def __init__(self, code: RefusalCode, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field


class BadInputError(Exception):
    """A request that no client of ours would send: a garbled cursor, a page size out of range."""


class UnauthenticatedError(Exception):
    """An account is needed and there is none, or the access token is expired or broken."""


class RateLimitedError(Exception):
    """Too much was asked for in too short a time; worth another try after `retry_after_seconds`.

    `limit` is the rate that is spent, and `remaining` what would still have been allowed of it.
    """

    def __init__(
        self, message: str, *, retry_after_seconds: int, limit: int = 0, remaining: int = 0
    ) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds
        self.limit = limit
        self.remaining = remaining
