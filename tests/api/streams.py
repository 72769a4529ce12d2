"""Raw event streams, byte for byte."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx2

from tests.api.sockets import SOON_SECONDS

EVENTS = "text/event-stream"
BEAT_MAX_SECONDS = 20.0


class Stream:
    """What comes of an answer that may not end."""

    def __init__(self, answer: httpx2.Response) -> None:
        self.answer = answer
        self._chunks = answer.aiter_raw()
        self._rest = b""

    async def block(self) -> bytes:
        """What stands before the next empty line; EOFError at the end."""
        async with asyncio.timeout(BEAT_MAX_SECONDS):
            while b"\n\n" not in self._rest:
                try:
                    self._rest += await anext(self._chunks)
                except StopAsyncIteration:
                    raise EOFError(self._rest) from None
        block, _, self._rest = self._rest.partition(b"\n\n")
        return block

    async def event(self) -> tuple[str, Any]:
        """The next event, comments aside: its name and its data."""
        while (block := await self.block()).startswith(b":"):
            pass
        name, data = block.split(b"\n")
        assert name.startswith(b"event: "), block
        assert data.startswith(b"data:"), block
        text = data.removeprefix(b"data:").strip()
        return name.removeprefix(b"event: ").decode(), json.loads(text) if text else None

    async def rest(self) -> list[tuple[str, Any]]:
        """All events up to the end."""
        events = []
        with suppress(EOFError):
            while True:
                events.append(await self.event())
        assert not self._rest
        return events


@asynccontextmanager
async def open_stream(
    url: str, query: str, *, method: str = "POST", token: str | None = None, **headers: str
) -> AsyncIterator[Stream]:
    """Ask for something as an event stream."""
    sent = {"Accept": EVENTS, **headers} | ({"Authorization": f"Bearer {token}"} if token else {})
    asked: Any = {"params": {"query": query}} if method == "GET" else {"json": {"query": query}}
    async with (
        httpx2.AsyncClient(timeout=httpx2.Timeout(SOON_SECONDS, read=BEAT_MAX_SECONDS)) as http,
        http.stream(method, url, headers=sent, **asked) as answer,
    ):
        yield Stream(answer)
