"""The web application: its routes, and the house behind them."""

import asyncio
import gc
import re
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.settings import Settings, load_settings
from app.telemetry import request_id, set_up_logging
from app.wiring import House, open_house
from schema.answers import error_response
from schema.playground import playground_files, playground_page
from schema.root import build_schema
from schema.sdl import sdl
from schema.view import View

REQUEST_ID = "x-request-id"
GOOD_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")  # as the load balancer has it


def production() -> Starlette:
    """Read the settings and make the application: `uvicorn --factory schema.asgi:production`."""
    settings = load_settings()
    set_up_logging(settings.log_level)
    return build_application(settings)


def build_application(settings: Settings) -> Starlette:
    """Make the application; the house is opened when it starts, and closed when it ends."""
    door = _Door(settings)
    routes: list[BaseRoute] = [
        Route("/graphql", door),
        WebSocketRoute("/graphql", door),
        Route("/healthz", _healthz),
        Route("/readyz", door.readyz),
    ]
    if settings.environment == "development":
        routes.append(Route("/schema.graphql", _schema))
        if settings.playground_folder:
            routes.append(playground_files(settings.playground_folder))
    application = Starlette(
        routes=routes,
        lifespan=door.lifespan,
        middleware=[
            Middleware(RequestIds),
            Middleware(
                CORSMiddleware,
                allow_origins=settings.allowed_origins,
                allow_methods=["GET", "POST"],
                allow_headers=["*"],
            ),
        ],
        exception_handlers={404: _not_found, 405: _method_not_allowed, Exception: _our_fault},
    )
    application.router.redirect_slashes = False  # a path is right or wrong
    return application


class _Door:
    """The view, once the house behind it is open."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._house: House | None = None
        self._view: View | None = None

    @asynccontextmanager
    async def lifespan(self, _: Starlette) -> AsyncIterator[None]:
        """Open the house, listen to what is live, and close in reverse."""
        settings = self._settings
        shown = settings.environment == "development" and settings.playground_folder is not None
        async with open_house(settings) as house:
            self._house = house
            self._view = View(build_schema(), house, playground_page() if shown else None)
            listening = asyncio.create_task(house.live.run())
            gc.freeze()  # what is here now stays: the collector need not look at it again
            yield
            listening.cancel()
            with suppress(asyncio.CancelledError):
                await listening

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on to the view."""
        if self._view is None:
            raise RuntimeError("The application has not been started")
        await self._view(scope, receive, send)

    async def readyz(self, _: Request) -> Response:
        """Say whether this process can serve, and which servers it misses."""
        if self._house is None:
            raise RuntimeError("The application has not been started")
        report = await self._house.readiness.report()
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
        given = Request(scope).headers.get(REQUEST_ID, "")
        identifier = given if GOOD_REQUEST_ID.fullmatch(given) else uuid.uuid4().hex

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[REQUEST_ID] = identifier
            await send(message)

        request_id.set(identifier)  # for this task only, and each request is a task
        await self._app(scope, receive, send_with_id)


async def _healthz(_: Request) -> Response:
    return JSONResponse({"alive": True})


async def _schema(_: Request) -> Response:
    return PlainTextResponse(sdl())


async def _not_found(_: Request, __: Exception) -> Response:
    return error_response(404, "There is nothing here")


async def _method_not_allowed(_: Request, __: Exception) -> Response:
    return error_response(405, "That method is not allowed here")


async def _our_fault(_: Request, __: Exception) -> Response:
    # This is said outside of RequestIds, which therefore cannot add its header.
    reference = request_id.get() or ""
    body = {
        "errors": [
            {
                "message": "Something went wrong on our side.",
                "extensions": {"code": "INTERNAL_SERVER_ERROR", "requestId": reference},
            }
        ]
    }
    return JSONResponse(body, status_code=500, headers={REQUEST_ID: reference})
