"""Requests over HTTP, read as GraphQL over HTTP has them."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from email.message import Message
from functools import lru_cache
from urllib.parse import parse_qsl

import orjson
from starlette.types import Receive

from schema.codes import ErrorCode
from schema.errors import RequestError
from schema.operations.request import OperationRequest, bad_request, read_operation_request

PARAMETERS_MAX = 20
PREFLIGHT_HEADERS = (
    b"graphql-require-preflight",
    b"apollo-require-preflight",
    b"x-requested-with",
)
"""Any of them makes a browser ask for leave before it sends a request to another origin."""


class GoneError(Exception):
    """The client went away before its request was here."""


@dataclass(frozen=True, kw_only=True, slots=True)
class HttpRequest:
    """A request, its headers by their names in lower case; a header that is repeated is joined."""

    method: str
    query_string: bytes
    headers: Mapping[bytes, bytes]
    receive: Receive = field(repr=False)

    def header(self, name: bytes) -> str | None:
        """A header's value."""
        value = self.headers.get(name)
        return None if value is None else value.decode("latin-1")

    @property
    def has_preflight_header(self) -> bool:
        """Whether no page of another origin can have sent it without asking."""
        return any(name in self.headers for name in PREFLIGHT_HEADERS)

    async def stream(self, most: int) -> AsyncGenerator[bytes, None]:
        """The body, piece by piece.

        Raises:
            RequestError: it has more than `most` bytes.
            GoneError: the client went away.
        """
        announced = self.headers.get(b"content-length", b"")
        received = int(announced) if announced.isdigit() and int(announced) > most else 0
        while received <= most:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise GoneError
            body: bytes = message.get("body", b"")
            received += len(body)
            if received <= most:
                yield body
            if not message.get("more_body", False):
                break
        if received > most:
            raise RequestError(
                413,
                ErrorCode.PAYLOAD_TOO_LARGE,
                f"A request of this kind has {most:,} bytes at most",
            )


def collect_headers(raw: list[tuple[bytes, bytes]]) -> Mapping[bytes, bytes]:
    """Headers by name; what is sent twice is joined, as RFC 9110 (5.2) has it."""
    headers: dict[bytes, bytes] = {}
    for name, value in raw:
        headers[name] = headers[name] + b", " + value if name in headers else value
    return headers


def read_get(query_string: bytes) -> OperationRequest:
    """Read the parameters of a GET.

    Raises:
        RequestError: they are no GraphQL request.
    """
    try:
        pairs = parse_qsl(
            query_string.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=PARAMETERS_MAX,
        )
    except ValueError:
        raise bad_request("The address's parameters cannot be read") from None
    asked: dict[str, object] = {}
    for name, value in pairs:
        if name in asked:
            raise bad_request("A parameter is given twice")
        is_json = name in {"variables", "extensions"}
        asked[name] = (read_json(value.encode()) if value else None) if is_json else value
    return read_operation_request(asked)


async def read_post(request: HttpRequest, most: int) -> OperationRequest:
    """Read a JSON body of `most` bytes at most.

    Raises:
        RequestError: it is no GraphQL request.
        GoneError: the client went away.
    """
    pieces = [piece async for piece in request.stream(most)]
    return read_operation_request(read_json(pieces[0] if len(pieces) == 1 else b"".join(pieces)))


def read_json(text: bytes | str) -> object:
    """Read JSON.

    Raises:
        RequestError: it is none.
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        raise bad_request("The request is not JSON in UTF-8") from None


@lru_cache(maxsize=256)
def media_type(content_type: str) -> str:
    """The media type in a Content-Type header, in lower case.

    Raises:
        RequestError: it is in another character set than UTF-8.
    """
    message = Message()
    message["Content-Type"] = content_type
    charset = message.get_param("charset", "utf-8")
    if not isinstance(charset, str) or charset.lower() not in {"utf-8", "utf8"}:
        raise RequestError(415, ErrorCode.UNSUPPORTED_MEDIA_TYPE, "JSON is written in UTF-8")
    return content_type.partition(";")[0].strip().lower()
