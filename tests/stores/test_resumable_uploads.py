"""Resumable uploads: whatever breaks off, is repeated or meets, the bytes are the file's."""

import asyncio
import secrets
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.errors import Refusal, RefusalCode
from app.ids import IdSource
from app.uploads import pieces
from app.uploads.model import Upload
from app.uploads.writing import ChecksumError, OffsetError
from tests.memory_objects import MemoryObjects
from tests.stores.conftest import Database
from tests.stores.resumable import (
    ACCOUNT,
    FILE,
    LIFE_SECONDS,
    Desk,
    GoneError,
    body,
    hanging,
    summed,
)

PIECE_BYTES = 64


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "PIECE_BYTES", PIECE_BYTES)


@pytest.fixture
async def desk(database: Database, ids: IdSource) -> Desk:
    desk = Desk(database, ids, MemoryObjects())
    await desk.store.prepare()
    return desk


@pytest.fixture
def other(database: Database, ids: IdSource, desk: Desk) -> Desk:
    """Another process beside it."""
    return Desk(database, ids, desk.objects)


class Request(NamedTuple):
    """Bytes of a file from an offset on, and what becomes of them on their way."""

    offset: int
    data: bytes
    block_bytes: int
    how: str


REQUESTS = st.lists(
    st.tuples(
        st.integers(0, 150),  # bytes
        st.integers(1, 200),  # in blocks of
        st.sampled_from(["whole", "broken", "summed", "falsified", "repeated", "elsewhere"]),
    ),
    max_size=12,
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(byte_size=st.integers(1, 600), requests=REQUESTS)
async def test_any_way_of_cutting_a_file_gives_its_bytes(
    desk: Desk, other: Desk, byte_size: int, requests: list[tuple[int, int, str]]
) -> None:
    file = secrets.token_bytes(byte_size)
    upload = await desk.begin(byte_size)
    for request_bytes, block_bytes, how in [*requests, (byte_size, 100, "whole")]:
        at = await desk.offset(upload)
        request = Request(at, file[at : at + request_bytes], block_bytes, how)
        await _send(desk, other, upload, request)
        there = await desk.content(upload)
        assert there == file[: len(there)]
        assert len(there) == at + (0 if how == "falsified" else len(request.data))
    assert await desk.content(upload) == file


async def _send(desk: Desk, other: Desk, upload: Upload, request: Request) -> None:
    at, data, block_bytes, how = request
    checksum = summed(data)
    match how:
        case "broken":
            with pytest.raises(GoneError):
                await desk.send(upload, at, body(data, block_bytes, GoneError()))
        case "summed":
            await desk.send(upload, at, body(data, block_bytes), checksum)
        case "falsified":
            with pytest.raises(ChecksumError):
                await desk.send(upload, at, body(data + b"!", block_bytes), checksum)
        case "repeated":
            await desk.send(upload, at, body(data, block_bytes))
            if data:
                with pytest.raises(OffsetError):
                    await other.send(upload, at, body(data, block_bytes))
        case _:
            await (other if how == "elsewhere" else desk).send(upload, at, body(data, block_bytes))


async def test_of_two_processes_at_one_offset_one_wins(desk: Desk, other: Desk) -> None:
    for size in (10, PIECE_BYTES, 150):
        upload = await desk.begin(size)
        ours, theirs = b"a" * size, b"b" * size
        answers = await asyncio.gather(
            *(desk.send(upload, 0, body(ours)), other.send(upload, 0, body(theirs))),
            return_exceptions=True,
        )
        assert OffsetError in [type(each) for each in answers]
        there = await desk.content(upload)
        assert there in {ours[: len(there)], theirs[: len(there)]}
        await desk.send(upload, len(there), body(ours[len(there) :]))
        assert len(await desk.content(upload)) == size


async def test_of_many_requests_at_one_offset_in_a_process_none_is_mixed_with_another(
    desk: Desk,
) -> None:
    upload = await desk.begin(150)
    sent = [bytes([letter]) * 150 for letter in b"abcd"]
    await asyncio.gather(
        *(desk.send(upload, 0, body(each)) for each in sent), return_exceptions=True
    )
    there = await desk.content(upload)
    assert there in [each[: len(there)] for each in sent]


async def test_who_asks_where_an_upload_ends_ends_the_request_that_hangs(desk: Desk) -> None:
    upload, begun = await desk.begin(300), asyncio.Event()
    hung = asyncio.create_task(desk.send(upload, 0, hanging(FILE[:100], begun)))
    await begun.wait()
    assert await desk.offset(upload) == 100
    assert (await hung).offset == 100
    assert await desk.content(upload) == FILE[:100]


async def test_what_came_before_a_process_ends_is_kept(desk: Desk, other: Desk) -> None:
    upload, begun = await desk.begin(300), asyncio.Event()
    cancelled = asyncio.create_task(desk.send(upload, 0, hanging(FILE[:100], begun)))
    await begun.wait()
    cancelled.cancel()
    await desk.uploads.close()
    assert await other.offset(upload) == 100
    begun = asyncio.Event()
    ended = asyncio.create_task(desk.send(upload, 100, hanging(FILE[100:150], begun)))
    await begun.wait()
    await desk.uploads.close()
    assert await other.content(upload) == FILE[:150]
    assert [(await each).offset for each in (cancelled, ended)] == [100, 150]


async def test_nobody_else_can_end_a_request(desk: Desk) -> None:
    upload, begun = await desk.begin(300), asyncio.Event()
    hung = asyncio.create_task(desk.send(upload, 0, hanging(FILE[:100], begun)))
    await begun.wait()
    with pytest.raises(Refusal):
        await desk.uploads.find(ACCOUNT + 1, upload.id)
    with pytest.raises(Refusal):
        await desk.uploads.remove(ACCOUNT + 1, upload.id)
    assert not hung.done()
    await desk.offset(upload)
    await hung


async def test_a_request_that_lasts_too_long_is_told_how_far_it_came(
    database: Database, ids: IdSource
) -> None:
    desk = Desk(database, ids, MemoryObjects(), request_max_seconds=0.1)
    upload = await desk.begin(300)
    kept = await desk.send(upload, 0, hanging(FILE[:100], asyncio.Event()))
    assert (kept.offset, await desk.content(upload)) == (100, FILE[:100])
    with pytest.raises(ChecksumError):
        await desk.send(
            upload, 100, hanging(FILE[100:], asyncio.Event()), summed(FILE[100:] + b"!")
        )
    assert await desk.content(upload) == FILE[:100]


async def test_who_goes_on_with_a_piece_that_was_taken_away_is_told_of_a_conflict(
    desk: Desk, other: Desk
) -> None:
    upload, begun = await desk.begin(300), asyncio.Event()
    await desk.send(upload, 0, body(FILE[:10]))
    late = asyncio.create_task(desk.send(upload, 10, hanging(FILE[10:20], begun)))
    await begun.wait()
    await other.send(upload, 10, body(FILE[10:20]))  # makes one piece of both
    await desk.offset(upload)
    with pytest.raises(OffsetError):
        await late
    assert await desk.content(upload) == FILE[:20]


async def test_what_is_over_takes_no_bytes_and_nothing_of_them_stays(desk: Desk) -> None:
    upload, begun = await desk.begin(300), asyncio.Event()
    hung = asyncio.create_task(desk.send(upload, 0, hanging(FILE[:100], begun)))
    await begun.wait()
    await desk.uploads.remove(ACCOUNT, upload.id)
    for refused in (
        hung,
        desk.send(upload, PIECE_BYTES, body(FILE)),
        desk.uploads.find(ACCOUNT, upload.id),
        desk.uploads.remove(ACCOUNT, upload.id),
    ):
        with pytest.raises(Refusal) as refusal:
            await refused
        assert refusal.value.code is RefusalCode.UPLOAD_NOT_FOUND
    assert len(await desk.content(upload)) == PIECE_BYTES  # which the sweep removes


async def test_an_upload_stays_for_as_long_as_bytes_come(desk: Desk) -> None:
    upload = await desk.begin(300)
    kept = await desk.send(upload, 0, body(FILE[:10]))
    assert (
        upload.expires_at < kept.expires_at <= datetime.now(UTC) + timedelta(seconds=LIFE_SECONDS)
    )
    await desk.store.advance(
        upload.id,
        from_offset=10,
        to_offset=10,
        pieces=kept.pieces,
        expires_at=datetime.now(UTC),
    )
    with pytest.raises(Refusal):
        await desk.offset(upload)
