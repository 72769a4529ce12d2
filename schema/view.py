"""GraphQL over HTTP and WebSocket, on Strawberry's view: our context, our errors, our limits."""

import logging
from collections.abc import Mapping
from datetime import timedelta

import orjson
from cross_web import AsyncHTTPRequestAdapter, HTTPException
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError, MissingQueryError
from strawberry.http import GraphQLRequestData
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType
from strawberry.types.unset import UnsetType

from app.errors import UnauthenticatedError
from app.wiring import House
from schema.answers import METHOD_NOT_ALLOWED, error_response
from schema.context import Context
from schema.root import Schema

CONNECTION_INIT_MAX_SECONDS = 5
OPERATIONS_A_SOCKET_MAX = 50
OPERATION_MAX_BYTES = 256 * 1024

log = logging.getLogger(__name__)


class View(GraphQL[Context, None]):
    """Answers `/graphql`."""

    def __init__(self, schema: Schema, house: House, playground: str | None) -> None:
        super().__init__(
            schema,
            graphql_ide="graphiql" if playground else None,
            multipart_uploads_enabled=True,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,),
            connection_init_wait_timeout=timedelta(seconds=CONNECTION_INIT_MAX_SECONDS),
            max_subscriptions_per_connection=OPERATIONS_A_SOCKET_MAX,
            allowed_origins=house.settings.allowed_origins,
        )
        self._house = house
        self._playground = playground

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or a WebSocket; what is wrong with it is said in JSON."""
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        request = Request(scope, receive=receive)
        try:
            response = await self.run(request)
        except HTTPException as error:
            response = error_response(error.status_code, error.reason)
        except StarletteHTTPException as error:
            response = error_response(error.status_code, error.detail)
        finally:
            await request.close()  # and with it, the files of a form
        await response(scope, receive, send)

    async def get_context(
        self,
        request: Request | WebSocket,
        response: Response | WebSocket,  # noqa: ARG002 - Strawberry's hook
    ) -> Context:
        """Make what resolvers are given."""
        return Context(self._house, request)

    async def execute_single(
        self,
        request: Request,  # noqa: ARG002 - Strawberry's hook
        request_adapter: AsyncHTTPRequestAdapter,
        sub_response: Response,  # noqa: ARG002 - likewise
        context: Context,
        root_value: None,
        request_data: GraphQLRequestData,
    ) -> ExecutionResult:
        """Run a query or a mutation; a subscription needs a WebSocket."""
        allowed = OperationType.from_http(request_adapter.method) - {OperationType.SUBSCRIPTION}
        try:
            return await self.schema.execute(
                request_data.query,
                root_value=root_value,
                variable_values=request_data.variables,
                context_value=context,
                operation_name=request_data.operation_name,
                allowed_operation_types=allowed,
                operation_extensions=request_data.extensions,
            )
        except InvalidOperationTypeError as error:
            reason = error.as_http_error_reason(request_adapter.method)
            raise HTTPException(METHOD_NOT_ALLOWED, reason) from error
        except (CannotGetOperationTypeError, MissingQueryError) as error:
            raise HTTPException(400, "The request names no operation to run") from error

    async def parse_http_body(
        self, request: AsyncHTTPRequestAdapter
    ) -> GraphQLRequestData | list[GraphQLRequestData]:
        """Read a request; whatever cannot be read as one is the client's mistake."""
        _check_size(request.headers)
        try:
            return await super().parse_http_body(request)
        except (ValueError, TypeError, AttributeError, LookupError, RecursionError) as error:
            raise HTTPException(400, "The request is not a GraphQL request") from error

    def decode_json(self, data: str | bytes) -> object:
        """Read JSON."""
        return orjson.loads(data)

    def encode_json(self, data: object) -> str:
        """Write JSON; text, since WebSocket frames have to be text."""
        return orjson.dumps(data).decode()

    async def on_ws_connect(self, context: Context) -> UnsetType:
        """Refuse a socket (close code 4403) whose token is expired or broken."""
        try:
            await context.viewer()
        except UnauthenticatedError as error:
            raise ConnectionRejectionError({"reason": str(error)}) from error
        return UnsetType()

    async def render_graphql_ide(self, request: Request) -> Response:  # noqa: ARG002 - likewise
        """Show the playground."""
        return HTMLResponse(self._playground, headers=dict(PLAYGROUND_HEADERS))


def _check_size(headers: Mapping[str, str]) -> None:
    is_form = headers.get("content-type", "").lower().startswith("multipart/form-data")
    announced = headers.get("content-length", "0")
    # A form has photos in it; its fields are bounded by the parser of forms.
    if not is_form and announced.isdecimal() and int(announced) > OPERATION_MAX_BYTES:
        raise HTTPException(413, f"An operation has at most {OPERATION_MAX_BYTES:,} bytes")


PLAYGROUND_HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; script-src 'self' 'unsafe-inline'; "
    "style-src 'self' 'unsafe-inline'; img-src * data:; font-src 'self' data:; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
}
