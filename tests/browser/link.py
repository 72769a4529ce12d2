"""The network between one device and this machine: it can be slow, silent or cut.

It is a proxy that speaks SOCKS 5 (RFC 1928), so everything that a browser sends passes it: pages,
workers, sockets. It leads to the ports that it was made for, and nowhere else.
"""

import asyncio
import socket
import time
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager, suppress

from docker.local.ports import HOST

CHUNK_BYTES = 8 << 10
_BUFFER_BYTES = 32 << 10
"""Small, so that what has left a browser is not much ahead of what has arrived."""

_NO_PASSWORD = b"\x05\x00"
_CONNECTED, _REFUSED, _UNREACHABLE = (
    bytes([5, code, 0, 1, 0, 0, 0, 0, 0, 0]) for code in (0, 2, 3)
)
_IPV4, _NAME, _IPV6 = 1, 3, 4
_LENGTHS = {_IPV4: 4, _IPV6: 16}
_LOCAL = ("localhost", "127.0.0.1")


class Link:
    """One device's network."""

    def __init__(self, ports: Collection[int]) -> None:
        self._ports = frozenset(ports)
        self._open = asyncio.Event()
        self._open.set()
        self._connected = True
        self._free_at = 0.0
        self._writers: set[StreamWriter] = set()
        self.port = 0
        self.refused: list[str] = []
        """Where else it was asked to lead to."""
        self.sent_bytes = 0
        """What has gone out from the device."""
        self.was_broken = False
        """Whether it has ever let a device down."""
        self.bytes_per_second: float | None = None
        """Both ways together; None is as fast as can be."""

    def cut(self) -> None:
        """End every connection, and let none come about."""
        self._connected = False
        self.drop()

    def drop(self) -> None:
        """End every connection once."""
        self.was_broken = True
        for writer in self._writers:
            writer.transport.abort()

    def silence(self) -> None:
        """Let nothing through, without telling either side."""
        self.was_broken = True
        self._open.clear()

    def mend(self) -> None:
        """Let everything through, as fast as can be."""
        self._connected = True
        self.bytes_per_second = None
        self._open.set()

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Speak with one connection of the browser's until it ends."""
        try:
            async with self._held(writer):
                await self._lead(reader, writer)
        except* (OSError, asyncio.IncompleteReadError):
            pass  # one of the two has hung up, or the link was cut

    async def _lead(self, reader: StreamReader, writer: StreamWriter) -> None:
        host, port = await _asked(reader, writer)
        if not self._connected:
            writer.write(_UNREACHABLE)
        elif host not in _LOCAL or port not in self._ports:
            self.refused.append(f"{host}:{port}")
            writer.write(_REFUSED)
        else:
            there, away = await asyncio.open_connection(HOST, port)
            async with self._held(away):
                writer.write(_CONNECTED)
                async with asyncio.TaskGroup() as ways:
                    ways.create_task(self._pass_on(reader, away, outwards=True))
                    ways.create_task(self._pass_on(there, writer, outwards=False))
        await writer.drain()

    async def _pass_on(self, reader: StreamReader, writer: StreamWriter, *, outwards: bool) -> None:
        while chunk := await reader.read(CHUNK_BYTES):
            await self._open.wait()
            await self._take_time(len(chunk))
            writer.write(chunk)
            await writer.drain()
            self.sent_bytes += len(chunk) if outwards else 0
        if writer.can_write_eof():
            writer.write_eof()

    async def _take_time(self, size_bytes: int) -> None:
        if self.bytes_per_second is None:
            return
        begin = max(self._free_at, time.monotonic())
        self._free_at = begin + size_bytes / self.bytes_per_second
        await asyncio.sleep(self._free_at - time.monotonic())

    @asynccontextmanager
    async def _held(self, writer: StreamWriter) -> AsyncIterator[None]:
        self._writers.add(writer)
        try:
            yield
        finally:
            self._writers.discard(writer)
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


@asynccontextmanager
async def open_link(ports: Collection[int]) -> AsyncIterator[Link]:
    """A network that leads to these ports of this machine."""
    link = Link(ports)
    listening = socket.create_server((HOST, 0))
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
    link.port = listening.getsockname()[1]
    server = await asyncio.start_server(link.serve, sock=listening, limit=_BUFFER_BYTES)
    try:
        yield link
    finally:
        server.close()
        link.drop()
        link.mend()
        await server.wait_closed()


async def _asked(reader: StreamReader, writer: StreamWriter) -> tuple[str, int]:
    """Where a connection is to lead."""
    _, methods = await reader.readexactly(2)
    await reader.readexactly(methods)
    writer.write(_NO_PASSWORD)
    kind = (await reader.readexactly(4))[3]
    length = (await reader.readexactly(1))[0] if kind == _NAME else _LENGTHS[kind]
    address = await reader.readexactly(length)
    port = int.from_bytes(await reader.readexactly(2))
    host = address.decode() if kind == _NAME else ".".join(map(str, address))
    return host, port
