"""What tus clients are answered; every answer says which version of tus it is."""

from collections.abc import Mapping
from email.utils import format_datetime
from typing import Final

import orjson
from starlette.responses import Response

from app.errors import RateLimitedError, Refusal, RefusalCode, UnauthenticatedError
from app.images.model import ObjectStoreError
from app.uploads.model import Upload
from app.uploads.resumable import TooManyWritingError
from app.uploads.writing import Algorithm, ChecksumError, OffsetError
from schema.codes import ErrorCode
from schema.errors import RequestError
from schema.operations.refusals import rate_limited
from schema.resumable.headers import EXTENSIONS, VERSION
from schema.web.negotiation import MediaType

CHECKSUM_MISMATCH: Final = 460
STORE_RETRY_SECONDS: Final = 5
BUSY_RETRY_SECONDS: Final = 1
_ALWAYS: Final[Mapping[str, str]] = {
    "Tus-Resumable": VERSION,
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}


def answer(status: int, headers: Mapping[str, str]) -> Response:
    """An answer that is all in its headers."""
    return Response(status_code=status, headers={**_ALWAYS, **headers})


def with_version(response: Response) -> Response:
    """Add what every answer has."""
    response.headers.update(_ALWAYS)
    return response


def discovery(byte_size_max: int) -> Response:
    """What of tus there is."""
    return answer(
        204,
        {
            "Tus-Version": VERSION,
            "Tus-Extension": EXTENSIONS,
            "Tus-Max-Size": str(byte_size_max),
            "Tus-Checksum-Algorithm": ",".join(Algorithm),
        },
    )


def progress(upload: Upload) -> dict[str, str]:
    """How far an upload has come, and how long it stays."""
    return {"Upload-Offset": str(upload.offset), **expiry(upload)}


def expiry(upload: Upload) -> dict[str, str]:
    """How long an upload stays."""
    return {"Upload-Expires": format_datetime(upload.expires_at, usegmt=True)}


def refused(error: RequestError) -> Response:
    """Say in JSON why a request was refused."""
    return Response(
        orjson.dumps({"errors": [error.formatted()]}),
        error.status,
        {**_ALWAYS, **error.headers},
        MediaType.JSON.header.decode(),
    )


def refusal_of(error: Exception) -> RequestError | None:
    """What HTTP says of a refusal; None if it is none, but a failure of ours."""
    match error:
        case RequestError():
            return error
        case UnauthenticatedError():
            return RequestError(
                401,
                ErrorCode.UNAUTHENTICATED,
                str(error),
                headers={"WWW-Authenticate": "Bearer"},
            )
        case RateLimitedError():
            return rate_limited(error)
        case Refusal(code=RefusalCode.UPLOAD_NOT_FOUND):
            return RequestError(404, ErrorCode.NOT_FOUND, error.message)
        case Refusal(code=RefusalCode.LIMIT_REACHED):
            return RequestError(429, ErrorCode.TOO_MANY_UPLOADS, error.message)
        case _:
            return _refusal_of_bytes(error)


def _refusal_of_bytes(error: Exception) -> RequestError | None:
    match error:
        case OffsetError():
            return RequestError(
                409, ErrorCode.UPLOAD_CONFLICT, "The upload ends elsewhere: ask where, and go on"
            )
        case ChecksumError():
            return RequestError(
                CHECKSUM_MISMATCH,
                ErrorCode.CHECKSUM_MISMATCH,
                "The bytes are not those of the checksum; none of them was kept",
            )
        case TooManyWritingError():
            return _unavailable("Too many uploads at once", BUSY_RETRY_SECONDS)
        case ObjectStoreError():
            return _unavailable("Photos cannot be stored at the moment", STORE_RETRY_SECONDS)
        case _:
            return None


def _unavailable(message: str, retry_seconds: int) -> RequestError:
    return RequestError(
        503,
        ErrorCode.SERVICE_UNAVAILABLE,
        message,
        extensions={"retryAfter": retry_seconds},
        headers={"Retry-After": str(retry_seconds)},
    )
