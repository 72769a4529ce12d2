"""A network between a client and the gateway, whose connections break."""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

BLOCK_BYTES = 64 * 1024


class Network:
    """Passes bytes on both ways; whenever so many were sent in all, a connection is cut."""

    def __init__(self, host: str, port: int) -> None:
        self.cuts: list[int] = []
        self._sent_bytes = 0
        self._host = host
        self._port = port

    async def connected(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Pass on a connection until either side ends it, or it is cut."""
        there_reader, there_writer = await asyncio.open_connection(self._host, self._port)
        ways = [
            asyncio.create_task(self._sent(reader, there_writer)),
            asyncio.create_task(_passed(there_reader, writer)),
        ]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        for each in (writer, there_writer):
            each.close()
            with suppress(OSError):
                await each.wait_closed()

    async def _sent(self, reader: StreamReader, writer: StreamWriter) -> None:
        while block := await reader.read(BLOCK_BYTES):
            self._sent_bytes += len(block)
            writer.write(block)
            await writer.drain()
            if self.cuts and self._sent_bytes >= self.cuts[0]:
                del self.cuts[0]
                return


async def _passed(reader: StreamReader, writer: StreamWriter) -> None:
    while block := await reader.read(BLOCK_BYTES):
        writer.write(block)
        await writer.drain()


@asynccontextmanager
async def network(url: str) -> AsyncIterator[tuple[Network, str]]:
    """A network before an address, and the address that it has there."""
    to = urlsplit(url)
    assert to.hostname is not None
    assert to.port is not None
    broken = Network(to.hostname, to.port)
    server = await asyncio.start_server(broken.connected, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield broken, f"{to.scheme}://127.0.0.1:{port}{to.path}"
