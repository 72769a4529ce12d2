"""Who may open a socket, and with which protocol."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from app.wiring import House
from schema.codes import ErrorCode
from schema.errors import RequestError
from schema.operations.answer import refusal
from schema.operations.run import Operations
from schema.sessions import Sessions
from schema.sockets.protocol import SUBPROTOCOL, CloseCode
from schema.sockets.socket import Socket
from schema.web.negotiation import MediaType


class SocketDoor:
    """Accepts the sockets of `/graphql`."""

    def __init__(self, operations: Operations, house: House, sessions: Sessions) -> None:
        self._operations = operations
        self._house = house
        self._sessions = sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a socket from its handshake to its end."""
        headers = Headers(scope=scope)
        await receive()  # websocket.connect
        if not _is_welcome(headers, self._house.settings.allowed_origins):
            await _refuse(scope, send)
            return
        if SUBPROTOCOL not in scope["subprotocols"]:
            await send({"type": "websocket.accept"})
            code = int(CloseCode.SUBPROTOCOL_NOT_ACCEPTABLE)
            reason = "Subprotocol not acceptable"
            await send({"type": "websocket.close", "code": code, "reason": reason})
            return
        await send({"type": "websocket.accept", "subprotocol": SUBPROTOCOL})
        client = scope.get("client")
        socket = Socket(
            self._operations,
            self._house,
            self._sessions,
            authorization=headers.get("authorization"),
            address=client[0] if client else "",
            receive=receive,
            send=send,
        )
        await socket.run()


def _is_welcome(headers: Headers, allowed_origins: Sequence[str]) -> bool:
    """Whether it is no page's socket, our own pages', or that of a page that is allowed to us."""
    origin = headers.get("origin")
    if origin is None or origin in allowed_origins or "*" in allowed_origins:
        return True
    return bool(host := urlsplit(origin).netloc) and host == headers.get("host")


async def _refuse(scope: Scope, send: Send) -> None:
    """Refuse the handshake, in JSON if the server lets us."""
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close"})
        return
    error = RequestError(403, ErrorCode.FORBIDDEN, "Pages of that origin may not open a socket")
    head = [(b"content-type", MediaType.JSON.header)]
    await send({"type": "websocket.http.response.start", "status": error.status, "headers": head})
    body = refusal([error.formatted()]).body
    await send({"type": "websocket.http.response.body", "body": body})
