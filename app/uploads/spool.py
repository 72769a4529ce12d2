"""Bytes of one request, until there are enough of them for a piece."""

import asyncio
from io import BufferedRandom, BytesIO
from tempfile import TemporaryFile
from typing import BinaryIO, Final

HELD_BYTES: Final = 256 * 1024
"""What is held in memory before it goes to a file."""


class Spool:
    """Bytes in memory while they are few, else in a file without a name."""

    def __init__(self) -> None:
        self.byte_size = 0
        self._held = bytearray()
        self._file: BufferedRandom | None = None

    async def write(self, block: bytes | memoryview) -> None:
        """Add bytes at the end."""
        self._held += block
        self.byte_size += len(block)
        if len(self._held) >= HELD_BYTES:
            await asyncio.to_thread(self._write_out)

    def rewound(self) -> BinaryIO:
        """All bytes, from the first on. May block."""
        if self._file is None:
            return BytesIO(self._held)
        self._write_out()
        self._file.seek(0)
        return self._file

    def close(self) -> None:
        """Forget the bytes."""
        if self._file is not None:
            self._file.close()

    def _write_out(self) -> None:
        if self._file is None:
            self._file = TemporaryFile()  # noqa: SIM115 - closed with the spool
        self._file.write(self._held)
        self._held.clear()
