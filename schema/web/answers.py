"""Answers, as they go over the wire."""

from collections.abc import Mapping
from typing import Final

import orjson
from starlette.responses import Response
from starlette.types import Send

from app.telemetry import request_id
from schema.codes import ErrorCode
from schema.web.negotiation import MediaType

ALLOWED_METHODS: Final = "GET, POST"
_CODES: Final[Mapping[int, ErrorCode]] = {
    403: ErrorCode.FORBIDDEN,
    404: ErrorCode.NOT_FOUND,
    405: ErrorCode.METHOD_NOT_ALLOWED,
    406: ErrorCode.NOT_ACCEPTABLE,
    413: ErrorCode.PAYLOAD_TOO_LARGE,
    415: ErrorCode.UNSUPPORTED_MEDIA_TYPE,
}


async def send_body(
    send: Send, status: int, media_type: MediaType, body: bytes, headers: Mapping[str, str]
) -> None:
    """Send an answer of one piece."""
    head = [
        (b"content-type", media_type.header),
        (b"content-length", b"%d" % len(body)),
        (b"x-content-type-options", b"nosniff"),
        *((name.lower().encode(), value.encode()) for name, value in headers.items()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": head})
    await send({"type": "http.response.body", "body": body})


def error_response(status: int, message: str, *, allow: str | None = None) -> Response:
    """Say in JSON what was wrong with a request that is for no operation."""
    code = _CODES.get(status, ErrorCode.BAD_REQUEST)
    return _json({"message": message, "extensions": {"code": code}}, status, allow)


def our_fault() -> Response:
    """Say in JSON that something failed that should not, and by which id it is in the logs."""
    extensions = {
        "code": ErrorCode.INTERNAL_SERVER_ERROR,
        "requestId": request_id.get() or "",
    }
    return _json({"message": "Something went wrong on our side.", "extensions": extensions}, 500)


def _json(error: object, status: int, allow: str | None = None) -> Response:
    return Response(
        orjson.dumps({"errors": [error]}),
        status,
        {"Allow": allow} if allow else None,
        MediaType.JSON.header.decode(),
    )
