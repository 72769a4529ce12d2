"""One socket, from its first message to its last."""

import asyncio
import logging
from collections.abc import Mapping
from contextlib import aclosing, suppress
from typing import Any

from starlette.types import Message, Receive, Send

from app.live.hub import LostError
from app.wiring import House
from schema.codes import ErrorCode
from schema.context import Context
from schema.operations.answer import refusal
from schema.operations.request import OperationRequest
from schema.operations.run import Operations, RefusedError
from schema.sessions import Sessions
from schema.sockets.protocol import (
    CONNECTION_INIT_MAX_SECONDS,
    REASON_MAX_BYTES,
    ClientMessage,
    CloseCode,
    ClosingError,
    ack,
    complete,
    error,
    next_,
    pong,
    quoted,
    read_message,
)

log = logging.getLogger(__name__)


class GoneError(Exception):
    """The client is not there any more."""


class Socket:
    """Takes a client's messages in their order; its operations run beside each other."""

    def __init__(
        self,
        operations: Operations,
        house: House,
        sessions: Sessions,
        *,
        authorization: str | None,
        address: str,
        receive: Receive,
        send: Send,
    ) -> None:
        self._operations = operations
        self._house = house
        self._settings = house.settings
        self._sessions = sessions
        self._authorization = authorization
        self._address = address
        self._receive = receive
        self._send = send
        self._is_acknowledged = False
        self._running: dict[str, asyncio.Task[None]] = {}
        self._end: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def run(self) -> None:
        """Serve the socket until either side closes it; then nothing of it runs any more."""
        reading = asyncio.create_task(self._serve())
        try:
            await asyncio.wait((reading, self._end), return_when=asyncio.FIRST_COMPLETED)
            if not reading.done():
                await self._close(CloseCode.FORBIDDEN, "The session is over")
        finally:
            tasks = (reading, *self._running.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self) -> None:
        try:
            await self._read()
        except ClosingError as closing:
            await self._close(closing.code, closing.reason)
        except GoneError:
            return
        except Exception as error:  # noqa: BLE001 - whatever it is, it is our fault
            await self._fail(error)

    async def _read(self) -> None:
        try:
            async with asyncio.timeout(CONNECTION_INIT_MAX_SECONDS):
                context = await self._until_initialised()
        except TimeoutError:
            raise ClosingError(
                CloseCode.CONNECTION_INIT_TIMEOUT, "Connection initialisation timeout"
            ) from None
        if context is None:
            return
        with self._sessions.watched(await context.viewer(), self._stop):
            self._is_acknowledged = True
            await self._say(ack())
            while (message := await self._next()) is not None:
                await self._take(message)

    def _stop(self) -> None:
        if not self._end.done():
            self._end.set_result(None)

    async def _until_initialised(self) -> Context | None:
        """Read up to `connection_init`; None if the client goes away before."""
        while (message := await self._next()) is not None:
            if message.type == "connection_init":
                return await self._initialised(message.payload or {})
            await self._take(message)
        return None

    async def _initialised(self, payload: Mapping[str, Any]) -> Context:
        named = (value for name, value in payload.items() if name.lower() == "authorization")
        sent = next(named, None)
        if sent is not None:
            self._authorization = str(sent)
        context = self._context()
        try:
            viewer = await context.identify()
        except Exception:
            log.exception("Nobody can tell whose socket this is")
            raise ClosingError(CloseCode.TRY_AGAIN_LATER, "Try again later") from None
        if viewer is None and self._authorization is not None:
            raise ClosingError(CloseCode.FORBIDDEN, "Forbidden")
        return context

    async def _next(self) -> ClientMessage | None:
        received: Message = await self._receive()
        if received["type"] == "websocket.disconnect":
            return None
        text = received.get("text")
        if text is None:
            raise ClosingError(CloseCode.BAD_MESSAGE, "Messages are text")
        if len(text.encode()) > self._settings.socket_message_max_bytes:
            raise ClosingError(CloseCode.MESSAGE_TOO_BIG, "The message is too big")
        return read_message(text)

    async def _take(self, message: ClientMessage) -> None:
        match message.type:
            case "ping":
                await self._say(pong(message.payload))
            case "subscribe":
                await self._subscribe(message)
            case "complete":
                if task := self._running.pop(message.id, None):
                    task.cancel()
            case "connection_init":
                raise ClosingError(
                    CloseCode.TOO_MANY_INIT_REQUESTS, "Too many initialisation requests"
                )

    async def _subscribe(self, message: ClientMessage) -> None:
        if not self._is_acknowledged:
            raise ClosingError(CloseCode.UNAUTHORIZED, "Unauthorized")
        asked = message.operation_request()
        if message.id in self._running:
            raise ClosingError(
                CloseCode.SUBSCRIBER_ALREADY_EXISTS, f"Subscriber for {message.id} already exists"
            )
        most = self._settings.socket_operations_max
        if len(self._running) >= most:
            extensions = {"code": ErrorCode.TOO_MANY_OPERATIONS, "maximum": most}
            told = {"message": f"At most {most} operations at once", "extensions": extensions}
            await self._say(error(quoted(message.id), refusal([told]).body))
            return
        answering = self._answer(message.id, asked)
        self._running[message.id] = asyncio.create_task(answering)

    async def _answer(self, operation_id: str, asked: OperationRequest) -> None:
        try:
            last = await self._run(quoted(operation_id), asked)
            # The client may use the id again as soon as it has heard that this is the last.
            self._running.pop(operation_id, None)
            await self._say(last)
        except GoneError:
            return
        except ClosingError as closing:
            await self._close(closing.code, closing.reason)
        except LostError:
            await self._close(CloseCode.SERVICE_RESTART, "Come back with the last cursor")
        except Exception as error:  # noqa: BLE001 - whatever it is, it is our fault
            await self._fail(error)

    async def _run(self, named: str, asked: OperationRequest) -> str:
        """Say what an operation answers; returns what is to be said last."""
        context = self._context()
        try:
            ready = await self._operations.prepare(asked, context)
            if context.is_turned_away:
                raise ClosingError(CloseCode.FORBIDDEN, "The session is over")
            async with aclosing(self._operations.answers(ready)) as answers:
                async for answer in answers:
                    await self._say(next_(named, answer))
        except RefusedError as refused:
            return error(named, refused.answer.body)
        return complete(named)

    def _context(self) -> Context:
        return Context(self._house, authorization=self._authorization, address=self._address)

    async def _say(self, text: str) -> None:
        try:
            await self._send({"type": "websocket.send", "text": text})
        except OSError as gone:  # as ASGI has it
            raise GoneError from gone

    async def _fail(self, error: Exception) -> None:
        log.error("A socket failed", exc_info=error)
        await self._close(CloseCode.INTERNAL_ERROR, "Something went wrong on our side")

    async def _close(self, code: CloseCode, reason: str) -> None:
        short = reason.encode()[:REASON_MAX_BYTES].decode(errors="ignore")
        with suppress(Exception):  # it may be closed already
            await self._send({"type": "websocket.close", "code": int(code), "reason": short})
