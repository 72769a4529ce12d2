"""Readers of one file for several threads: each has a position of its own."""

import io
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, BinaryIO, Final

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MEMORY_MAX_BYTES: Final = 1024**2


def readers_of(file: BinaryIO, byte_size: int) -> Callable[[], BinaryIO]:
    """What opens another reader of a file of that size, from its beginning, while that is open.

    The readers outlive the file. A file that is small or has no descriptor is read into memory
    once, which all readers share.
    """
    file.seek(0)  # also writes out what is buffered, for those who read past the buffer
    try:
        descriptor = -1 if byte_size <= MEMORY_MAX_BYTES else file.fileno()
    except io.UnsupportedOperation:
        descriptor = -1
    if descriptor < 0:
        content = file.read(byte_size)
        return lambda: io.BytesIO(content)
    return lambda: io.BufferedReader(_Positioned(descriptor))


class _Positioned(io.RawIOBase):
    """Reads a file by a descriptor that others read too."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = os.dup(descriptor)  # else it might be another file's, once it is closed
        self._position = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        byte_size = os.preadv(self._descriptor, [buffer], self._position)
        self._position += byte_size
        return byte_size

    def close(self) -> None:
        """Close the descriptor; also when nobody refers to this any more."""
        if not self.closed:
            os.close(self._descriptor)
        super().close()
