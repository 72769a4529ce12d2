"""Answers `/uploads`."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.images.model import ObjectStoreError
from app.wiring import House
from schema.codes import ErrorCode
from schema.context import Context
from schema.errors import RequestError
from schema.nodes import Kind, global_id, read_id_of
from schema.resumable.answers import (
    answer,
    discovery,
    expiry,
    progress,
    refusal_of,
    refused,
    with_version,
)
from schema.resumable.headers import (
    check_body,
    check_version,
    method_of,
    upload_checksum,
    upload_length,
    upload_metadata,
    upload_offset,
)
from schema.web.answers import our_fault
from schema.web.requests import GoneError, HttpRequest, collect_headers

UPLOADS: Final = "/uploads"
REQUEST_COST: Final = 20
"""What a request takes from the rates of its account and its address."""

Handler = Callable[[HttpRequest, int, str], Awaitable[Response]]
"""Answers a request of an account for the upload that the end of its path names."""

log = logging.getLogger(__name__)


def is_for_uploads(scope: Scope) -> bool:
    """Whether a request goes to this door."""
    path: str = scope["path"]
    return path == UPLOADS or path.startswith(f"{UPLOADS}/")


class ResumableDoor:
    """Takes photos in parts, from clients that speak tus."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._uploads = house.resumable
        self._byte_size_max = house.settings.image_max_bytes
        self._of_all: Mapping[str, Handler] = {"POST": self._create}
        self._of_one: Mapping[str, Handler] = {
            "HEAD": self._tell,
            "PATCH": self._append,
            "DELETE": self._remove,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; what is wrong with it is said in JSON."""
        request = HttpRequest(
            method=scope["method"],
            query_string=scope["query_string"],
            headers=collect_headers(scope["headers"]),
            receive=receive,
        )
        try:
            response = await self._answer(request, scope)
        except GoneError:
            return
        except Exception as error:  # noqa: BLE001 - it is answered, and logged unless a refusal
            response = _response_to(error)
        await response(scope, receive, send)

    async def _answer(self, request: HttpRequest, scope: Scope) -> Response:
        name = scope["path"].removeprefix(UPLOADS).removeprefix("/")
        handlers = self._of_one if name else self._of_all
        method = method_of(request)
        if method == "OPTIONS":
            return discovery(self._byte_size_max)
        if method not in handlers:
            raise RequestError(
                405,
                ErrorCode.METHOD_NOT_ALLOWED,
                "That method is not allowed here",
                headers={"Allow": ", ".join(("OPTIONS", *handlers))},
            )
        check_version(request)
        return await handlers[method](request, await self._account_id(request, scope), name)

    async def _account_id(self, request: HttpRequest, scope: Scope) -> int:
        """Who asks, once it is paid for."""
        address = scope["client"][0] if scope.get("client") else ""
        context = Context(
            self._house, authorization=request.header(b"authorization"), address=address
        )
        viewer = await context.identify()
        await self._house.rates.spend(
            cost=REQUEST_COST, address=address, viewer_id=viewer.account_id if viewer else None
        )
        return (await context.signed_in()).account_id

    async def _create(self, request: HttpRequest, account_id: int, _: str) -> Response:
        metadata = upload_metadata(request)
        upload = await self._uploads.begin(
            account_id,
            byte_size=upload_length(request, self._byte_size_max),
            content_type=metadata.content_type,
            metadata=metadata.text,
        )
        location = f"{UPLOADS}/{global_id(Kind.UPLOAD, upload.id)}"
        return answer(201, {"Location": location, **expiry(upload)})

    async def _tell(self, _: HttpRequest, account_id: int, name: str) -> Response:
        upload = await self._uploads.find(account_id, _upload_id(name))
        told = {"Upload-Length": str(upload.byte_size), **progress(upload)}
        if upload.metadata is not None:
            told["Upload-Metadata"] = upload.metadata
        return answer(200, told)

    async def _append(self, request: HttpRequest, account_id: int, name: str) -> Response:
        check_body(request)
        upload = await self._uploads.append(
            account_id,
            _upload_id(name),
            offset=upload_offset(request),
            source=request.stream,
            checksum=upload_checksum(request),
        )
        return answer(204, progress(upload))

    async def _remove(self, _: HttpRequest, account_id: int, name: str) -> Response:
        await self._uploads.remove(account_id, _upload_id(name))
        return answer(204, {})


def _upload_id(name: str) -> int:
    upload_id = read_id_of(Kind.UPLOAD, name)
    if upload_id is None:
        raise RequestError(404, ErrorCode.NOT_FOUND, "There is no such upload")
    return upload_id


def _response_to(error: Exception) -> Response:
    refusal = refusal_of(error)
    if refusal is None:
        log.error("A request for an upload failed", exc_info=error)
        return with_version(our_fault())
    if isinstance(error, ObjectStoreError):
        log.warning("Bytes of an upload were not taken: %s", error)
    return refused(refusal)
