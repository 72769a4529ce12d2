"""What a client asks to be run, whichever way it came."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from schema.codes import ErrorCode
from schema.errors import RequestError


@dataclass(frozen=True, kw_only=True, slots=True)
class OperationRequest:
    """The parameters of a request, as GraphQL over HTTP names them."""

    query: str | None
    operation_name: str | None = None
    variables: Mapping[str, Any] | None = None
    extensions: Mapping[str, Any] | None = None


def read_operation_request(asked: object) -> OperationRequest:
    """Read what was sent as JSON.

    Raises:
        RequestError: it is no GraphQL request.
    """
    if not isinstance(asked, dict):
        raise bad_request("A GraphQL request is a JSON object")
    query, extensions = asked.get("query"), _mapping(asked, "extensions")
    names_its_document = extensions is not None and "persistedQuery" in extensions
    if query == "" and names_its_document:
        query = None  # some clients can send nothing else for none
    if query is None and not names_its_document:
        raise bad_request("`query` is missing")
    if query is not None and not isinstance(query, str):
        raise bad_request("`query` has to be a string")
    operation_name = asked.get("operationName")
    if operation_name is not None and not isinstance(operation_name, str):
        raise bad_request("`operationName` has to be a string")
    return OperationRequest(
        query=query,
        operation_name=operation_name or None,
        variables=_mapping(asked, "variables"),
        extensions=extensions,
    )


def bad_request(message: str) -> RequestError:
    """What is said of a request that cannot be read as one."""
    return RequestError(400, ErrorCode.BAD_REQUEST, message)


def _mapping(asked: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    value = asked.get(name)
    if value is not None and not isinstance(value, dict):
        raise bad_request(f"`{name}` has to be an object")
    return value
