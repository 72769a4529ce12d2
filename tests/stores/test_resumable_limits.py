"""What resumable uploads cost at most: requests at once, memory, nothing while a store is away."""

import asyncio
import hashlib
import secrets
import tracemalloc
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import BinaryIO

import pytest

from app.errors import Refusal, RefusalCode
from app.ids import IdSource
from app.images.model import ObjectStoreError
from app.uploads import pieces
from app.uploads.resumable import TooManyWritingError
from tests.memory_objects import MemoryObjects
from tests.stores.conftest import Database
from tests.stores.resumable import (
    ACCOUNT,
    FILE,
    OPEN_MAX,
    REQUESTS_MAX,
    Desk,
    body,
    hanging,
    summed,
)

PIECE_BYTES = 64
MEBIBYTE = 1024**2


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "PIECE_BYTES", PIECE_BYTES)


@pytest.fixture
async def desk(database: Database, ids: IdSource) -> Desk:
    desk = Desk(database, ids, MemoryObjects())
    await desk.store.prepare()
    return desk


async def test_bytes_come_by_as_many_requests_at_once_as_there_may_be(desk: Desk) -> None:
    held, gates = [], [asyncio.Event() for _ in range(OPEN_MAX)]
    uploads = [await desk.begin(300)]
    uploads += [
        await desk.uploads.begin(ACCOUNT, byte_size=300, content_type="image/jpeg", metadata=None)
        for _ in gates[1:]
    ]
    with pytest.raises(Refusal) as refusal:
        await desk.uploads.begin(ACCOUNT, byte_size=1, content_type="image/jpeg", metadata=None)
    assert refusal.value.code is RefusalCode.LIMIT_REACHED
    for upload, begun in zip(uploads, gates, strict=True):
        held.append(asyncio.create_task(desk.send(upload, 0, hanging(b"x", begun))))
        await begun.wait()
    desk.uploads._requests += REQUESTS_MAX - OPEN_MAX
    with pytest.raises(TooManyWritingError):
        await desk.send(uploads[0], 0, body(FILE))
    desk.uploads._requests -= REQUESTS_MAX - OPEN_MAX
    for upload in uploads:
        await desk.offset(upload)
    await asyncio.gather(*held)
    assert (desk.uploads._requests, desk.uploads._writing) == (0, {})


class Failing(MemoryObjects):
    """A store that takes so many objects more, and then none."""

    def __init__(self, objects: MemoryObjects, left: int) -> None:
        super().__init__()
        self.objects = objects.objects
        self.left = left

    def put(
        self,
        region: str,
        key: str,
        file: BinaryIO,
        *,
        byte_size: int,
        content_type: str,
        cache_control: str | None = None,
    ) -> None:
        if not self.left:
            raise ObjectStoreError(region, "It is away.")
        self.left -= 1
        super().put(region, key, file, byte_size=byte_size, content_type=content_type)


@pytest.mark.parametrize("how", ["piece by piece", "all or nothing"])
async def test_what_a_store_took_before_it_went_away_stays_unless_it_is_all_or_nothing(
    database: Database, ids: IdSource, desk: Desk, how: str
) -> None:
    checksum = summed(FILE[20:]) if how == "all or nothing" else None
    failing = Desk(database, ids, desk.objects, through=Failing(desk.objects, 2))
    upload = await desk.begin(300)
    await desk.send(upload, 0, body(FILE[:20]))
    with pytest.raises(ObjectStoreError):
        await failing.send(upload, 20, body(FILE[20:]), checksum)
    kept = 20 if checksum else 2 * PIECE_BYTES
    assert await desk.content(upload) == FILE[:kept]
    await desk.send(upload, kept, body(FILE[kept:]))
    assert await desk.content(upload) == FILE


class Sink:
    """A store that reads what it is given, piece by piece, and keeps its sum."""

    def __init__(self) -> None:
        self.sum = hashlib.sha256()

    def put(
        self, region: str, key: str, file: BinaryIO, *, byte_size: int, content_type: str
    ) -> None:
        while block := file.read(min(byte_size, 65_536)):
            self.sum.update(block)
            byte_size -= len(block)

    def fetch(self, region: str, key: str, path: Path) -> None:
        raise AssertionError(key)

    def remove(self, region: str, key: str) -> None:
        raise AssertionError(key)


async def test_no_more_than_a_few_blocks_of_a_file_are_in_memory(
    database: Database, ids: IdSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pieces, "PIECE_BYTES", 5 * MEBIBYTE)
    sink, kibibyte = Sink(), secrets.token_bytes(1024)
    desk = Desk(database, ids, MemoryObjects(), through=sink)
    upload = await desk.begin(20 * MEBIBYTE)

    async def blocks(_most: int) -> AsyncGenerator[bytes, None]:
        for _ in range(20 * 1024):
            yield bytes(bytearray(kibibyte))

    tracemalloc.start()
    try:
        kept = await desk.send(upload, 0, blocks)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert [piece.byte_size for piece in kept.pieces] == [5 * MEBIBYTE] * 4
    assert sink.sum.digest() == hashlib.sha256(kibibyte * 20 * 1024).digest()
    assert peak_bytes < 2 * MEBIBYTE
