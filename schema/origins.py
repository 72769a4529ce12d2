"""Pages of other origins: which of them may call the API, and what they may read of its answers."""

from collections.abc import Sequence
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from schema.resumable.door import is_for_uploads
from schema.web.answers import error_response

EXPOSED_HEADERS = (
    *("X-Request-Id", "Retry-After"),
    *("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"),
    *("Location", "Upload-Offset", "Upload-Length", "Upload-Metadata", "Upload-Expires"),
    *("Tus-Resumable", "Tus-Version", "Tus-Extension", "Tus-Max-Size", "Tus-Checksum-Algorithm"),
)
METHODS = ("GET", "POST")
UPLOAD_METHODS = ("OPTIONS", "POST", "HEAD", "PATCH", "DELETE")


class Origins:
    """Gives pages of other origins leave to do at each address what is done there."""

    def __init__(self, door: ASGIApp, allowed: Sequence[str]) -> None:
        self._door = _leave(door, allowed, METHODS)
        self._uploads = _leave(door, allowed, UPLOAD_METHODS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on a request; its answer says whose pages may read it."""
        is_upload = scope["type"] == "http" and is_for_uploads(scope)
        await (self._uploads if is_upload else self._door)(scope, receive, send)


class _Leave(CORSMiddleware):
    """Gives pages of other origins leave to call the API; who gets none is told so in JSON."""

    def preflight_response(self, request_headers: Headers) -> Response:
        """Answer what a browser asks before a page's request."""
        answer = super().preflight_response(request_headers)
        if answer.status_code == HTTPStatus.OK:
            return answer
        refused = error_response(HTTPStatus.FORBIDDEN, "Pages of that origin may not ask for that.")
        refused.headers["Vary"] = answer.headers["Vary"]
        return refused


def _leave(door: ASGIApp, allowed: Sequence[str], methods: Sequence[str]) -> _Leave:
    return _Leave(
        door,
        allow_origins=allowed,
        allow_methods=methods,
        allow_headers=["*"],
        expose_headers=EXPOSED_HEADERS,
    )
