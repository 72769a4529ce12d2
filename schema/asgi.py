"""The web application: its routes, and the house behind them."""

import asyncio
import gc
import logging
import re
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TypeVar

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.metrics import METRICS_TYPE, render_metrics
from app.settings import Settings, load_settings
from app.telemetry import request_id, set_up_logging
from app.wiring import House, open_house
from schema.operations.run import Operations
from schema.origins import Origins
from schema.playground import playground_files, playground_headers, playground_page
from schema.resumable.door import ResumableDoor, is_for_uploads
from schema.root import build_schema
from schema.sdl import sdl
from schema.sessions import Sessions
from schema.sockets.door import SocketDoor
from schema.web.answers import error_response, our_fault
from schema.web.view import Playground, View

GRAPHQL = "/graphql"
REQUEST_ID = b"x-request-id"
GOOD_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{8,64}")  # as the load balancer has it

Part = TypeVar("Part")

log = logging.getLogger(__name__)


def production() -> ASGIApp:
    """Read the settings and make the application: `uvicorn --factory schema.asgi:production`."""
    settings = load_settings()
    set_up_logging(settings.log_level)
    return build_application(settings)


def build_application(settings: Settings) -> ASGIApp:
    """Make the application; the house is opened when it starts, and closed when it ends."""
    return with_layers(Door(settings), settings)


def with_layers(door: ASGIApp, settings: Settings) -> ASGIApp:
    """Put around a door what every request passes through."""
    if settings.allowed_origins:
        door = Origins(door, settings.allowed_origins)
    return RequestIds(door)


class Door:
    """GraphQL, and what else there is; the house behind it opens and closes with it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._house: House | None = None
        self._view: View | None = None
        self._sockets: SocketDoor | None = None
        self._uploads: ResumableDoor | None = None
        self._others = Starlette(
            routes=self._routes(),
            lifespan=self._lifespan,
            exception_handlers={404: _not_found, 405: _method_not_allowed, Exception: _our_fault},
        )
        self._others.router.redirect_slashes = False  # a path is right or wrong

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on a request, or a WebSocket."""
        if scope["type"] == "http" and scope["path"] == GRAPHQL:
            await self._answer(scope, receive, send)
        elif scope["type"] == "websocket" and scope["path"] == GRAPHQL:
            await _opened(self._sockets)(scope, receive, send)
        elif scope["type"] == "http" and is_for_uploads(scope):
            await _opened(self._uploads)(scope, receive, send)
        else:
            await self._others(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        has_begun = False

        async def noting(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await _opened(self._view)(scope, receive, noting)
        except Exception:
            log.exception("A request failed")
            if has_begun:
                raise
            await our_fault()(scope, receive, send)

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        """Open the house, listen to what is live, and close in reverse."""
        async with open_house(self._settings) as house:
            self._house = house
            operations = Operations(build_schema(), house)
            sessions = Sessions(house.accounts)
            self._view = View(operations, house, sessions, self._playground())
            self._sockets = SocketDoor(operations, house, sessions)
            self._uploads = ResumableDoor(house)
            running = [
                asyncio.create_task(house.live.run()),
                asyncio.create_task(sessions.run()),
            ]
            gc.freeze()  # what is here now stays: the collector need not look at it again
            yield
            for task in running:
                task.cancel()
            for task in running:
                with suppress(asyncio.CancelledError):
                    await task

    def _routes(self) -> list[BaseRoute]:
        settings = self._settings
        routes: list[BaseRoute] = [
            Route("/healthz", _healthz),
            Route("/readyz", self._readyz),
            Route("/metrics", _metrics),
        ]
        if settings.opens(settings.sdl_open):
            routes.append(Route("/schema.graphql", _schema))
        if settings.playground_folder and settings.opens(settings.playground_open):
            routes.append(playground_files(settings.playground_folder))
        return routes

    def _playground(self) -> Playground | None:
        settings = self._settings
        if settings.playground_folder is None or not settings.opens(settings.playground_open):
            return None
        return Playground(
            page=playground_page().encode(), headers=playground_headers(str(settings.cdn_url))
        )

    async def _readyz(self, _: Request) -> Response:
        """Say whether this process can serve, and which servers it misses."""
        report = await _opened(self._house).readiness.report()
        body = {"ready": report.is_ready, "missing": list(report.missing)}
        return JSONResponse(body, status_code=200 if report.is_ready else 503)


class RequestIds:
    """Gives each request an id, its own or the load balancer's, in the logs and the answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the id in a header."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = next((value for name, value in scope["headers"] if name == REQUEST_ID), b"")
        identifier = given if GOOD_REQUEST_ID.fullmatch(given) else secrets.token_hex(16).encode()

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), (REQUEST_ID, identifier)]
            await send(message)

        request_id.set(identifier.decode())  # for this task only, and each request is a task
        await self._app(scope, receive, send_with_id)


def _opened(part: Part | None) -> Part:
    if part is None:
        raise RuntimeError("The application has not been started")
    return part


async def _healthz(_: Request) -> Response:
    return JSONResponse({"alive": True})


async def _metrics(_: Request) -> Response:
    return Response(render_metrics(), media_type=METRICS_TYPE)


async def _schema(_: Request) -> Response:
    return PlainTextResponse(sdl())


async def _not_found(_: Request, __: Exception) -> Response:
    return error_response(404, "There is nothing here")


async def _method_not_allowed(_: Request, __: Exception) -> Response:
    return error_response(405, "That method is not allowed here", allow="GET")


async def _our_fault(_: Request, __: Exception) -> Response:
    return our_fault()
