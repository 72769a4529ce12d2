"""Refusals as data, and a code for every other error."""

import logging
import uuid
from collections.abc import Iterable

import strawberry
from graphql import GraphQLError, GraphQLSyntaxError
from strawberry.utils.str_converters import to_camel_case

from app.errors import BadInputError, Refusal, RefusalCode, UnauthenticatedError
from app.telemetry import request_id

log = logging.getLogger(__name__)

strawberry.enum(RefusalCode, name="UserErrorCode", description="Why something was refused.")


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


def code_errors(errors: Iterable[GraphQLError]) -> None:
    """Give every error its code, in place; mask and log those that are our own fault."""
    for error in errors:
        if not (error.extensions and "code" in error.extensions):
            code = _code(error)
            if code == "INTERNAL_SERVER_ERROR":
                _mask(error)
            error.extensions = {**(error.extensions or {}), "code": code}


def _code(error: GraphQLError) -> str:
    match error:
        case GraphQLSyntaxError():
            return "GRAPHQL_PARSE_FAILED"
        case GraphQLError(original_error=UnauthenticatedError()):
            return "UNAUTHENTICATED"
        case GraphQLError(original_error=None, path=None):
            return "GRAPHQL_VALIDATION_FAILED"
        case _ if _is_bad_input(error):
            return "BAD_USER_INPUT"
        case _:
            return "INTERNAL_SERVER_ERROR"


def _is_bad_input(error: GraphQLError) -> bool:
    if not isinstance(error.original_error, GraphQLError):
        return isinstance(error.original_error, BadInputError)
    # A variable's value does not fit, or an argument's, and it took running to see that.
    return error.path is None or error.message.startswith("Argument ")


def _mask(error: GraphQLError) -> None:
    reference = request_id.get() or uuid.uuid4().hex
    log.error("Request %s failed at %s", reference, error.path, exc_info=error.original_error)
    error.message = "Something went wrong on our side."
    error.extensions = {"requestId": reference}
