"""HTTP as uvicorn reads it, except that what is no HTTP is refused in JSON like everything else."""

import uuid

import orjson
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from schema.codes import ErrorCode
from schema.web.negotiation import MediaType


class HttpProtocol(HttpToolsProtocol):
    """For `uvicorn --http`."""

    def send_400_response(self, msg: str) -> None:
        """Answer what cannot be parsed, and hang up."""
        error = {"message": msg, "extensions": {"code": ErrorCode.BAD_REQUEST}}
        body = orjson.dumps({"errors": [error]})
        head = (
            b"content-type: " + MediaType.JSON.header,
            b"content-length: %d" % len(body),
            b"cache-control: no-store",
            b"x-request-id: " + uuid.uuid4().hex.encode(),
            b"connection: close",
        )
        self.transport.write(STATUS_LINE[400] + b"\r\n".join(head) + b"\r\n\r\n" + body)
        self.transport.close()
