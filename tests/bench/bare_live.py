"""The raw limit of live deliveries: the same bytes to as many sockets, without GraphQL.

It runs as the API does: `uvicorn --factory tests.bench.bare_live:production`.
"""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from tests.live import PROTOCOL


def production() -> Starlette:
    """Make the application."""
    sockets = _Sockets()
    return Starlette(
        routes=[
            WebSocketRoute("/graphql", sockets.listen),
            Route("/publish", sockets.publish, methods=["POST"]),
        ]
    )


class _Sockets:
    def __init__(self) -> None:
        self._subscribed: set[WebSocket] = set()

    async def listen(self, socket: WebSocket) -> None:
        """Take in a socket that says what a client of ours says, and ends when it does."""
        await socket.accept(subprotocol=PROTOCOL)
        try:
            await socket.receive_text()
            await socket.send_text('{"type":"connection_ack"}')
            await socket.receive_text()
            self._subscribed.add(socket)
            await socket.receive_text()
        except WebSocketDisconnect:
            self._subscribed.discard(socket)

    async def publish(self, request: Request) -> Response:
        """Send every socket each line of the body."""
        for message in (await request.body()).decode().splitlines():
            for socket in tuple(self._subscribed):
                await socket.send_text(message)
        return Response()
