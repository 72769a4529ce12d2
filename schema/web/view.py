"""Answers `/graphql` over HTTP."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from graphql import OperationType
from starlette.types import Receive, Scope, Send

from app.rates.model import Allowance
from app.wiring import House
from schema.codes import ErrorCode
from schema.context import Context
from schema.errors import RequestError
from schema.operations.answer import Answer, refusal
from schema.operations.refusals import not_this_way
from schema.operations.request import OperationRequest
from schema.operations.run import Operations, RefusedError
from schema.sessions import Sessions
from schema.web.answers import ALLOWED_METHODS, send_body
from schema.web.events import Events, send_refusal
from schema.web.forms import open_form
from schema.web.negotiation import Accepted, MediaType, accepted
from schema.web.requests import (
    GoneError,
    HttpRequest,
    collect_headers,
    media_type,
    read_get,
    read_post,
)

PUBLIC_MAX_AGE_SECONDS = 5
"""How long a cache may keep a public answer; it bounds how long it shows what is deleted."""

_BY_METHOD: Mapping[str, frozenset[OperationType]] = {
    "GET": frozenset({OperationType.QUERY, OperationType.SUBSCRIPTION}),
    "POST": frozenset(OperationType),
}


@dataclass(frozen=True, kw_only=True)
class Playground:
    """The page that a browser is shown, and the headers it is sent with."""

    page: bytes
    headers: Mapping[str, str]


class View:
    """Reads a request, has it run, and answers in the media type that was asked for."""

    def __init__(
        self,
        operations: Operations,
        house: House,
        sessions: Sessions,
        playground: Playground | None,
    ) -> None:
        self._operations = operations
        self._house = house
        self._settings = house.settings
        self._sessions = sessions
        self._playground = playground

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; what is wrong with it is said in JSON."""
        request = HttpRequest(
            method=scope["method"],
            query_string=scope["query_string"],
            headers=collect_headers(scope["headers"]),
            receive=receive,
        )
        accepts = accepted(request.header(b"accept"))
        try:
            await self._answer(request, accepts, _address(scope), send)
        except RequestError as error:
            answer = refusal([error.formatted()], status=error.status, headers=error.headers)
            await self._send(send, accepts.json or MediaType.JSON, answer)
        except GoneError:
            return

    async def _answer(
        self, request: HttpRequest, accepts: Accepted, address: str, send: Send
    ) -> None:
        if request.method not in _BY_METHOD:
            raise _method_not_allowed("Send an operation by GET or POST")
        if self._playground and accepts.page and self._is_for_a_person(request):
            shown = self._playground
            await send_body(send, 200, MediaType.PAGE, shown.page, shown.headers)
            return
        if accepts.json is None and not accepts.events:
            raise RequestError(
                406,
                ErrorCode.NOT_ACCEPTABLE,
                "Answers are application/graphql-response+json, application/json "
                "or text/event-stream",
            )
        context = Context(
            self._house, authorization=request.header(b"authorization"), address=address
        )
        async with self._read(request) as asked:
            await self._run(request, asked, context, accepts, send)

    async def _run(
        self,
        request: HttpRequest,
        asked: OperationRequest,
        context: Context,
        accepts: Accepted,
        send: Send,
    ) -> None:
        def check(kind: OperationType, is_known: bool) -> None:  # noqa: FBT001 - as it is called
            if kind not in _BY_METHOD[request.method]:
                raise not_this_way(kind)
            if kind is OperationType.SUBSCRIPTION and not accepts.events:
                raise not_this_way(kind)
            if request.method == "GET" and not is_known:
                self._check_get(request, accepts.for_operation(kind))

        try:
            ready = await self._operations.prepare(asked, context, check)
        except RefusedError as refused:
            await self._refuse(send, accepts, refused.answer)
            return
        chosen = accepts.for_operation(ready.operation.kind) or MediaType.JSON
        if chosen is MediaType.EVENTS:
            events = Events(self._operations, self._sessions, request.receive, send)
            await events.send(ready)
        else:
            answer = await self._operations.run(ready)
            await self._send(send, chosen, answer, is_get=request.method == "GET")

    @asynccontextmanager
    async def _read(self, request: HttpRequest) -> AsyncIterator[OperationRequest]:
        if request.method == "GET":
            yield read_get(request.query_string)
            return
        if request.headers.get(b"content-encoding", b"identity") != b"identity":
            raise _unsupported("Bodies are not compressed")
        sent_as = media_type(request.header(b"content-type") or "")
        if sent_as == "multipart/form-data":
            async with open_form(
                request,
                field_max_bytes=self._settings.operation_max_bytes,
                file_max_bytes=self._settings.image_max_bytes,
            ) as asked:
                yield asked
        elif sent_as == "application/json":
            yield await read_post(request, self._settings.operation_max_bytes)
        else:
            raise _unsupported("A body is application/json or multipart/form-data")

    def _check_get(self, request: HttpRequest, chosen: MediaType | None) -> None:
        """A page of another origin can have a browser send any GET, so not all of them are run."""
        is_safe = (
            chosen is MediaType.EVENTS
            or request.has_preflight_header
            or self._settings.opens(self._settings.get_runs_anything)
        )
        if not is_safe:
            raise RequestError(
                403,
                ErrorCode.FORBIDDEN,
                "A GET runs persisted documents, or has the header GraphQL-Require-Preflight",
            )

    async def _refuse(self, send: Send, accepts: Accepted, answer: Answer) -> None:
        if accepts.json is None and not answer.status:
            await send_refusal(answer, send)
        else:
            await self._send(send, accepts.json or MediaType.JSON, answer)

    async def _send(
        self, send: Send, chosen: MediaType, answer: Answer, *, is_get: bool = False
    ) -> None:
        status = answer.status
        if not status:
            status = 400 if answer.is_refused and chosen is MediaType.RESPONSE else 200
        is_public = is_get and answer.is_public
        headers = {
            "Vary": "Accept, Authorization",
            "Cache-Control": f"public, max-age={PUBLIC_MAX_AGE_SECONDS}"
            if is_public
            else "no-store",
            **({"Allow": ALLOWED_METHODS} if status == 405 else {}),  # noqa: PLR2004 - its name is Allow
            **_rate_headers(answer.allowance),
            **answer.headers,
        }
        await send_body(send, status, chosen, answer.body, headers)

    def _is_for_a_person(self, request: HttpRequest) -> bool:
        return request.method == "GET" and b"query=" not in request.query_string


def _rate_headers(allowance: Allowance | None) -> Mapping[str, str]:
    if allowance is None:
        return {}
    return {
        "RateLimit-Limit": str(allowance.limit),
        "RateLimit-Remaining": str(allowance.remaining),
        "RateLimit-Reset": str(allowance.reset_seconds),
    }


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return client[0] if client else ""


def _method_not_allowed(message: str) -> RequestError:
    return RequestError(405, ErrorCode.METHOD_NOT_ALLOWED, message)


def _unsupported(message: str) -> RequestError:
    return RequestError(415, ErrorCode.UNSUPPORTED_MEDIA_TYPE, message)
