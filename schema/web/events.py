"""Event streams, as the `graphql-sse` protocol has them for one operation a connection."""

import asyncio
from contextlib import aclosing
from functools import partial

from starlette.types import Receive, Send

from schema.codes import ErrorCode
from schema.errors import RequestError
from schema.operations.answer import Answer, refusal
from schema.operations.run import Operations, Ready, RefusedError
from schema.sessions import Sessions
from schema.web.negotiation import MediaType

HEARTBEAT_SECONDS = 12.0
_HEARTBEAT = b":\n\n"
_COMPLETE = b"event: complete\ndata:\n\n"
_HEAD = [
    (b"content-type", MediaType.EVENTS.header),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
    (b"vary", b"Accept, Authorization"),
]
_OVER = RequestError(0, ErrorCode.UNAUTHENTICATED, "The session is over")


class Events:
    """One event stream: it ends with its operation, its listener or its listener's session."""

    def __init__(
        self, operations: Operations, sessions: Sessions, receive: Receive, send: Send
    ) -> None:
        self._operations = operations
        self._sessions = sessions
        self._receive = receive
        self._send = send

    async def send(self, ready: Ready) -> None:
        """Send what an operation comes to."""
        await _begin(self._send)
        over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        telling = asyncio.create_task(self._tell(ready))
        tasks = (
            telling,
            asyncio.create_task(self._until_gone()),
            asyncio.create_task(self._beat()),
        )
        try:
            with self._sessions.watched(await ready.context.identify(), partial(_set, over)):
                await asyncio.wait((*tasks, over), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if over.done() and telling.cancelled():
            await self._end(refusal([_OVER.formatted()]))
        elif not telling.cancelled():
            telling.result()

    async def _tell(self, ready: Ready) -> None:
        try:
            async with aclosing(self._operations.answers(ready)) as answers:
                async for answer in answers:
                    await _send(self._send, _next(answer))
        except RefusedError as refused:
            await self._end(refused.answer)
        else:
            await _send(self._send, _COMPLETE, is_last=True)

    async def _end(self, answer: Answer) -> None:
        """Say why there is no more."""
        await _send(self._send, _next(answer.body) + _COMPLETE, is_last=True)

    async def _until_gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def _beat(self) -> None:
        """Keep what lies between from taking a quiet stream for a dead one."""
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            await _send(self._send, _HEARTBEAT)


async def send_refusal(answer: Answer, send: Send) -> None:
    """Send why an operation is not run, as the only event."""
    await _begin(send)
    await _send(send, _next(answer.body) + _COMPLETE, is_last=True)


async def _begin(send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": _HEAD})


async def _send(send: Send, event: bytes, *, is_last: bool = False) -> None:
    await send({"type": "http.response.body", "body": event, "more_body": not is_last})


def _next(answer: bytes) -> bytes:
    """JSON has no line breaks of its own, so one line is enough."""
    return b"event: next\ndata: " + answer + b"\n\n"


def _set(future: "asyncio.Future[None]") -> None:
    future.set_result(None)
