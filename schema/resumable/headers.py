"""The headers of tus that clients send, each read strictly.

Every function raises RequestError for a header that is missing where it is needed, or garbled.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Final

from app.images.model import PhotoType
from app.uploads.writing import Algorithm, Checksum
from schema.codes import ErrorCode
from schema.errors import RequestError
from schema.operations.request import bad_request
from schema.web.requests import HttpRequest

VERSION: Final = "1.0.0"
EXTENSIONS: Final = "creation,termination,checksum,expiration"
BODY_TYPE: Final = "application/offset+octet-stream"
METADATA_MAX_BYTES: Final = 4_096
UNKNOWN_TYPE: Final = "application/octet-stream"

_COUNT: Final = re.compile(r"[0-9]{1,16}", re.ASCII)
_KEY: Final = re.compile(r"[!-+\--~]+")  # printable ASCII, but no comma


@dataclass(frozen=True, kw_only=True, slots=True)
class Metadata:
    """What a client says of its upload: word for word, and the type that it names, if known."""

    text: str | None = None
    content_type: str = UNKNOWN_TYPE


def check_version(request: HttpRequest) -> None:
    """See that the client speaks this version of tus."""
    if request.header(b"tus-resumable") != VERSION:
        raise RequestError(
            412,
            ErrorCode.PRECONDITION_FAILED,
            f"Say which version of tus this is: Tus-Resumable: {VERSION}",
            headers={"Tus-Version": VERSION},
        )


def method_of(request: HttpRequest) -> str:
    """The method that is meant; not every network lets PATCH and DELETE by."""
    return request.header(b"x-http-method-override") or request.method


def upload_length(request: HttpRequest, most: int) -> int:
    """How many bytes an upload is going to have."""
    if b"upload-defer-length" in request.headers or b"upload-concat" in request.headers:
        raise bad_request("An upload says its length at once, and is one file")
    byte_size = _count(request, b"upload-length", "Upload-Length")
    if byte_size > most:
        raise RequestError(
            413,
            ErrorCode.PAYLOAD_TOO_LARGE,
            f"A photo has {most:,} bytes at most",
            headers={"Tus-Max-Size": str(most)},
        )
    if byte_size == 0:
        raise bad_request("A photo has at least one byte")
    return byte_size


def upload_offset(request: HttpRequest) -> int:
    """Where the bytes of a request go."""
    return _count(request, b"upload-offset", "Upload-Offset")


def check_body(request: HttpRequest) -> None:
    """See that the body is bytes of an upload, as they are."""
    sent_as = (request.header(b"content-type") or "").partition(";")[0].strip().lower()
    if sent_as != BODY_TYPE:
        raise _unsupported(f"Bytes of an upload are sent as {BODY_TYPE}")
    if request.headers.get(b"content-encoding", b"identity").lower() != b"identity":
        raise _unsupported("Bytes of an upload are not compressed")


def upload_checksum(request: HttpRequest) -> Checksum | None:
    """What the bytes of a request come to, if it says so."""
    sent = request.header(b"upload-checksum")
    if sent is None:
        return None
    name, _, digest = sent.partition(" ")
    if name not in set(Algorithm):
        raise bad_request("Upload-Checksum names one of " + ", ".join(Algorithm))
    algorithm = Algorithm(name)
    decoded = _decoded(digest)
    if decoded is None or len(decoded) != algorithm.digest_bytes:
        raise bad_request(f"Upload-Checksum has no {algorithm} in base64")
    return Checksum(algorithm=algorithm, digest=decoded)


def upload_metadata(request: HttpRequest) -> Metadata:
    """What is said of an upload: pairs of a key and, in base64, a value, by commas."""
    sent = request.header(b"upload-metadata")
    if not sent:
        return Metadata()
    if len(sent) > METADATA_MAX_BYTES:
        raise bad_request(f"Upload-Metadata has {METADATA_MAX_BYTES:,} bytes at most")
    pairs: dict[str, bytes] = {}
    for pair in sent.split(","):
        key, _, value = pair.strip(" ").partition(" ")
        decoded = _decoded(value)
        if decoded is None or key in pairs or not _KEY.fullmatch(key):
            raise bad_request("Upload-Metadata is `key base64,key base64`, each key once")
        pairs[key] = decoded
    return Metadata(text=sent, content_type=_photo_type(pairs.get("filetype", b"")))


def _photo_type(named: bytes) -> str:
    """A hint, no more: what a file is, its bytes decide."""
    known = {kind.value.encode(): kind.value for kind in PhotoType}
    return known.get(named.lower(), UNKNOWN_TYPE)


def _count(request: HttpRequest, name: bytes, shown: str) -> int:
    sent = request.header(name)
    if sent is None or not _COUNT.fullmatch(sent):
        raise bad_request(f"{shown} has to be a number of bytes")
    return int(sent)


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        return None


def _unsupported(message: str) -> RequestError:
    return RequestError(415, ErrorCode.UNSUPPORTED_MEDIA_TYPE, message)
