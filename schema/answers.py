"""Answers that are not the result of an operation."""

from starlette.responses import JSONResponse, Response

METHOD_NOT_ALLOWED = 405
CODES = {
    400: "BAD_REQUEST",
    404: "NOT_FOUND",
    METHOD_NOT_ALLOWED: "METHOD_NOT_ALLOWED",
    413: "PAYLOAD_TOO_LARGE",
    415: "UNSUPPORTED_MEDIA_TYPE",
}


def error_response(status: int, message: str) -> Response:
    """Say in JSON what was wrong with a request."""
    code = CODES.get(status, "BAD_REQUEST")
    headers = {"Allow": "GET, POST"} if status == METHOD_NOT_ALLOWED else None
    body = {"errors": [{"message": message, "extensions": {"code": code}}]}
    return JSONResponse(body, status_code=status, headers=headers)
