"""Calls to supervisor: XML-RPC over a unix socket, one connection a call."""

import http.client
import socket
import xmlrpc.client
from http import HTTPStatus
from pathlib import Path
from typing import Any

_TIMEOUT_SECONDS = 60


def call(path: Path, method: str, *arguments: str | bool) -> Any:  # noqa: ANN401 - XML-RPC has no types
    """Call a method of the supervisor that listens there.

    Raises:
        OSError: nobody listens.
        xmlrpc.client.Fault: supervisor refuses.
    """
    body = xmlrpc.client.dumps(arguments, f"supervisor.{method}")
    connection = _UnixConnection(path)
    try:
        connection.request("POST", "/RPC2", body, {"Content-Type": "text/xml"})
        response = connection.getresponse()
        answer = response.read().decode()
    finally:
        connection.close()
    if response.status != HTTPStatus.OK:
        raise http.client.HTTPException(f"supervisor answers {response.status}")
    return xmlrpc.client.loads(answer)[0][0]


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=_TIMEOUT_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))
