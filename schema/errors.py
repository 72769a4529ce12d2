"""Refusals as data, and a code for every other error."""

import logging
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import strawberry
from graphql import GraphQLError, GraphQLSyntaxError
from strawberry.utils.str_converters import to_camel_case

from app.errors import (
    BadInputError,
    RateLimitedError,
    Refusal,
    RefusalCode,
    UnauthenticatedError,
)
from app.telemetry import request_id
from schema.codes import ErrorCode
from schema.enums import show_enum

log = logging.getLogger(__name__)

show_enum(
    RefusalCode,
    name="UserErrorCode",
    description="Why something was refused.",
    values={
        "USERNAME_TAKEN": "Somebody has that username, in whatever case.",
        "INVALID_USERNAME": "A username has 3 to 30 of A-Z a-z 0-9 _.",
        "INVALID_PASSWORD": "A password has 8 to 128 characters.",
        "INVALID_CREDENTIALS": "There is no such account, or its password is another.",
        "INVALID_TOKEN": "The refresh token is not good, or no longer: sign in again.",
        "INVALID_IMAGE": "The bytes are no photo, or a broken one.",
        "IMAGE_TOO_LARGE": "The photo has too many bytes or pixels.",
        "UNSUPPORTED_FORMAT": "It is none of JPEG, PNG, WebP, AVIF and HEIC.",
        "INVALID_DESCRIPTION": "The description or the alternative text is too long, or the latter "
        "is missing, and the account's settings ask for it.",
        "UPLOAD_NOT_FOUND": "There is no such upload of the viewer's, or no longer.",
        "IDEMPOTENCY_CONFLICT": "The key was used for another photo or text.",
        "NOT_FOUND": "It is not there, or not the viewer's to see.",
        "FORBIDDEN": "It is somebody else's.",
        "CANNOT_FOLLOW_SELF": "Nobody follows themselves.",
        "LIMIT_REACHED": "There is a limit to how many, and it is reached.",
    },
)


@strawberry.type(description="An expected refusal.")
class UserError:
    code: RefusalCode = strawberry.field(description="What kind of refusal it is.")
    message: str = strawberry.field(description="The same in words.")
    path: list[str] | None = strawberry.field(
        description='The field of the input at fault, when there is one: `["username"]`.'
    )


def user_errors(refusal: Refusal) -> list[UserError]:
    """Show a refusal in a payload."""
    path = [to_camel_case(refusal.field)] if refusal.field else None
    return [UserError(code=refusal.code, message=refusal.message, path=path)]


class RequestError(Exception):
    """A request that is not run: `status` is what HTTP says of it, other transports have the code.

    `extensions` goes along with the code, `headers` with the answer.
    """

    def __init__(
        self,
        status: int,
        code: ErrorCode,
        message: str,
        *,
        extensions: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.extensions = extensions or {}
        self.headers = headers or {}

    def formatted(self) -> dict[str, Any]:
        """The error, as it is written in an answer."""
        return {"message": self.message, "extensions": {"code": self.code, **self.extensions}}


def show_errors(errors: Sequence[GraphQLError], most: int) -> list[Mapping[str, Any]]:
    """The first of some errors as they are written in an answer, each with its code.

    What is our own fault is masked and logged.
    """
    code_errors(errors)
    return [error.formatted for error in errors[:most]]


def code_errors(errors: Iterable[GraphQLError]) -> None:
    """Give every error its code, in place; mask and log those that are our own fault."""
    for error in errors:
        if not (error.extensions and "code" in error.extensions):
            code = _code(error)
            if code is ErrorCode.INTERNAL_SERVER_ERROR:
                _mask(error)
            if isinstance(error.original_error, RateLimitedError):
                retry_after = error.original_error.retry_after_seconds
                error.extensions = {"retryAfter": retry_after}
            error.extensions = {**(error.extensions or {}), "code": code}


def _code(error: GraphQLError) -> ErrorCode:
    match error:
        case GraphQLSyntaxError():
            return ErrorCode.GRAPHQL_PARSE_FAILED
        case GraphQLError(original_error=UnauthenticatedError()):
            return ErrorCode.UNAUTHENTICATED
        case GraphQLError(original_error=RateLimitedError()):
            return ErrorCode.RATE_LIMITED
        case GraphQLError(original_error=None, path=None):
            return ErrorCode.GRAPHQL_VALIDATION_FAILED
        case _ if _is_bad_input(error):
            return ErrorCode.BAD_USER_INPUT
        case _:
            return ErrorCode.INTERNAL_SERVER_ERROR


def _is_bad_input(error: GraphQLError) -> bool:
    if not isinstance(error.original_error, GraphQLError):
        return isinstance(error.original_error, BadInputError)
    # A variable's value does not fit, or an argument's, and it took running to see that.
    return error.path is None or error.message.startswith("Argument ")


def mask(error: Exception) -> GraphQLError:
    """What is said of something that failed before anything was run, once it is logged."""
    masked = GraphQLError(str(error), original_error=error)
    _mask(masked)
    masked.extensions = {**(masked.extensions or {}), "code": ErrorCode.INTERNAL_SERVER_ERROR}
    return masked


def _mask(error: GraphQLError) -> None:
    reference = request_id.get() or uuid.uuid4().hex
    log.error("Request %s failed at %s", reference, error.path, exc_info=error.original_error)
    error.message = "Something went wrong on our side."
    error.extensions = {"requestId": reference}
