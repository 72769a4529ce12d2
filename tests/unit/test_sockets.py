"""What a socket does when its operations or its network fail, and that nothing of it is left."""

import asyncio
import json
import logging
from collections.abc import AsyncGenerator
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from starlette.types import Message

from app.live.hub import LostError
from app.settings.door import DoorSettings
from schema.sessions import Sessions
from schema.sockets.socket import Socket

if TYPE_CHECKING:
    from app.wiring import House
    from schema.operations.run import Operations

INIT = {"type": "connection_init"}
SUBSCRIBE = {"type": "subscribe", "id": "1", "payload": {"query": "subscription { x }"}}
GONE = {"type": "websocket.disconnect", "code": 1006}


class Failing:
    """Operations that have one answer, and then fail, or go on for ever."""

    def __init__(self, error: Exception | None = None) -> None:
        self._error = error
        self.ended = asyncio.Event()

    async def prepare(self, *_: object) -> None:
        """Everything may be run."""

    async def answers(self, _: object) -> AsyncGenerator[bytes, None]:
        """One, and the failure."""
        try:
            yield b"{}"
            if self._error:
                raise self._error
            await asyncio.Event().wait()
        finally:
            self.ended.set()


class Client:
    """What a client says, and hears; it may go away without a word."""

    def __init__(self, *said: Any) -> None:
        self.heard: list[Message] = []
        self.is_gone = False
        self.says: asyncio.Queue[Message] = asyncio.Queue()
        for each in said:
            self.says.put_nowait({"type": "websocket.receive", "text": json.dumps(each)})

    async def hear(self, message: Message) -> None:
        """Take in what is sent."""
        if self.is_gone:
            raise OSError
        self.heard.append(message)
        if message["type"] == "websocket.close":
            self.says.put_nowait(GONE)


async def serve(client: Client, operations: Failing, accounts: object = None) -> None:
    """Serve a socket to its end."""
    house = cast("House", SimpleNamespace(settings=DoorSettings(), accounts=accounts))
    socket = Socket(
        cast("Operations", operations),
        house,
        Sessions(house.accounts),
        authorization="Bearer x" if accounts else None,
        address="",
        receive=client.says.get,
        send=client.hear,
    )
    async with asyncio.timeout(5):
        await socket.run()


@pytest.mark.parametrize(
    ("error", "code"), [(LostError(), 1012), (RuntimeError("unforeseen"), 4500)]
)
async def test_clients_come_back_from_what_was_lost_but_not_from_what_is_wrong(
    error: Exception, code: int
) -> None:
    client, operations = Client(INIT, SUBSCRIBE), Failing(error)
    await serve(client, operations)
    *said, end = client.heard
    assert [json.loads(each["text"])["type"] for each in said] == ["connection_ack", "next"]
    assert (end["type"], end["code"]) == ("websocket.close", code)
    assert operations.ended.is_set()


async def test_clients_come_back_if_nobody_can_tell_whose_they_are() -> None:
    class Away:
        async def authenticate(self, _: str) -> None:
            raise ConnectionError

    client = Client(INIT)
    await serve(client, Failing(), Away())
    assert [each.get("code") for each in client.heard] == [1013]


async def test_nothing_goes_on_once_the_client_is_gone(caplog: pytest.LogCaptureFixture) -> None:
    client, operations = Client(INIT, SUBSCRIBE), Failing()
    before = asyncio.all_tasks()
    serving = asyncio.create_task(serve(client, operations))
    while len(client.heard) < 2:
        await asyncio.sleep(0)
    client.says.put_nowait(GONE)
    await serving
    assert operations.ended.is_set()
    assert asyncio.all_tasks() == before
    assert not caplog.records


async def test_that_a_client_is_gone_is_no_news(caplog: pytest.LogCaptureFixture) -> None:
    client, operations = Client(INIT, SUBSCRIBE), Failing(LostError())
    caplog.set_level(logging.INFO)
    serving = asyncio.create_task(serve(client, operations))
    await asyncio.sleep(0)
    client.is_gone = True
    client.says.put_nowait(GONE)
    await serving
    assert not caplog.records
