"""Several readers of one file."""

import io
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from tempfile import SpooledTemporaryFile, TemporaryFile
from typing import BinaryIO, cast

import pytest

from app.images.readers import MEMORY_MAX_BYTES, readers_of

SMALL = b"0123456789" * 100
LARGE = bytes(range(256)) * (MEMORY_MAX_BYTES // 256 + 5)


def in_memory(content: bytes) -> BinaryIO:
    return io.BytesIO(content)


def on_disk(content: bytes) -> BinaryIO:
    file = TemporaryFile()  # noqa: SIM115 - who asks closes it
    file.write(content)
    return cast("BinaryIO", file)


def spooled(content: bytes) -> BinaryIO:
    file = SpooledTemporaryFile(max_size=2 * len(content))  # noqa: SIM115 - who asks closes it
    file.write(content)
    return cast("BinaryIO", file)


def spooled_to_disk(content: bytes) -> BinaryIO:
    file = SpooledTemporaryFile(max_size=1)  # noqa: SIM115 - who asks closes it
    file.write(content)
    return cast("BinaryIO", file)


@pytest.mark.parametrize("make", [in_memory, on_disk, spooled, spooled_to_disk])
@pytest.mark.parametrize("content", [b"1", SMALL, LARGE], ids=["one byte", "small", "large"])
def test_each_reader_reads_all_of_it_even_after_the_file_is_closed(
    make: Callable[[bytes], BinaryIO], content: bytes
) -> None:
    with make(content) as file:
        open_reader = readers_of(file, len(content))
        first, second, unused = open_reader(), open_reader(), open_reader()
        assert first.read(7) == content[:7]
    with first, second:
        assert second.read() == content
        assert first.read() == content[7:]
        assert first.read(1) == second.read() == b""
    del unused  # nobody is warned of it


def test_threads_do_not_disturb_each_other() -> None:
    def read_all(file: BinaryIO) -> bytes:
        with file:
            return b"".join(iter(lambda: file.read(999), b""))

    with on_disk(LARGE) as file, ThreadPoolExecutor(4) as threads:
        open_reader = readers_of(file, len(LARGE))
        assert set(threads.map(read_all, (open_reader() for _ in range(4)))) == {LARGE}


def test_a_large_file_is_not_held_in_memory() -> None:
    with TemporaryFile() as file:
        file.truncate(20 * MEMORY_MAX_BYTES)
        tracemalloc.start()
        open_reader = readers_of(cast("BinaryIO", file), 20 * MEMORY_MAX_BYTES)
        with open_reader() as one, open_reader() as other:
            one.read(1000)
            other.read(1000)
        peak_bytes = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak_bytes < MEMORY_MAX_BYTES
