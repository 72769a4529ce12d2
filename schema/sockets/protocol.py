"""The messages of `graphql-transport-ws`, and the codes that it closes with.

Source: https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import orjson

from schema.errors import RequestError
from schema.operations.request import OperationRequest, read_operation_request

SUBPROTOCOL = "graphql-transport-ws"
CONNECTION_INIT_MAX_SECONDS = 5.0
ID_MAX_CHARACTERS = 100
REASON_MAX_BYTES = 123  # RFC 6455, 5.5: a control frame has 125, of which the code takes two


class CloseCode(IntEnum):
    """Why a socket is closed by us.

    After 1012 and 1013 clients come back by themselves, after most others they give up.
    """

    MESSAGE_TOO_BIG = 1009
    SERVICE_RESTART = 1012
    TRY_AGAIN_LATER = 1013
    BAD_MESSAGE = 4400
    UNAUTHORIZED = 4401
    FORBIDDEN = 4403
    SUBPROTOCOL_NOT_ACCEPTABLE = 4406
    CONNECTION_INIT_TIMEOUT = 4408
    SUBSCRIBER_ALREADY_EXISTS = 4409
    TOO_MANY_INIT_REQUESTS = 4429
    INTERNAL_ERROR = 4500


class ClosingError(Exception):
    """The socket is closed: the client broke the protocol, or may not or cannot go on."""

    def __init__(self, code: CloseCode, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(frozen=True, kw_only=True, slots=True)
class ClientMessage:
    """What a client said; `id` is of an operation, and empty where there is none."""

    type: str
    id: str = ""
    payload: Mapping[str, Any] | None = None

    def operation_request(self) -> OperationRequest:
        """What a `subscribe` asks to be run.

        Raises:
            ClosingError: it is no request.
        """
        try:
            return read_operation_request(self.payload)
        except RequestError as error:
            raise _bad_message(error.message) from error


def read_message(text: str) -> ClientMessage:
    """Read a client's message.

    Raises:
        ClosingError: it is none of the protocol's.
    """
    try:
        said = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise _bad_message("That is not JSON") from None
    if not isinstance(said, dict):
        raise _bad_message("A message is an object")
    type_, payload = said.get("type"), said.get("payload")
    if payload is not None and not isinstance(payload, dict):
        raise _bad_message("A payload is an object")
    match type_:
        case "connection_init" | "ping" | "pong":
            return ClientMessage(type=type_, payload=payload)
        case "subscribe" | "complete":
            return ClientMessage(type=type_, id=_id(said), payload=payload)
    raise _bad_message("There is no message of that type")


def ack() -> str:
    """`connection_ack`."""
    return '{"type":"connection_ack"}'


def pong(payload: Mapping[str, Any] | None) -> str:
    """`pong`, with the payload of the ping."""
    return orjson.dumps(
        {"type": "pong"} if payload is None else {"type": "pong", "payload": payload}
    ).decode()


def next_(operation_id: str, answer: bytes) -> str:
    """`next`: an answer of an operation, which is JSON already."""
    return f'{{"id":{operation_id},"type":"next","payload":{answer.decode()}}}'


def error(operation_id: str, refusal: bytes) -> str:
    """`error`: why an operation is not run, or not any longer; `refusal` is the answer to it."""
    errors = orjson.dumps(orjson.loads(refusal)["errors"]).decode()
    return f'{{"id":{operation_id},"type":"error","payload":{errors}}}'


def complete(operation_id: str) -> str:
    """`complete`: an operation has no more answers."""
    return f'{{"id":{operation_id},"type":"complete"}}'


def quoted(operation_id: str) -> str:
    """An operation's id, as JSON, for the messages above."""
    return orjson.dumps(operation_id).decode()


def _id(said: Mapping[str, Any]) -> str:
    found = said.get("id")
    if not isinstance(found, str) or not 1 <= len(found) <= ID_MAX_CHARACTERS:
        raise _bad_message(f"An id has 1 to {ID_MAX_CHARACTERS} characters")
    return found


def _bad_message(reason: str) -> ClosingError:
    return ClosingError(CloseCode.BAD_MESSAGE, reason)
