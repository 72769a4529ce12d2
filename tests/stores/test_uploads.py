"""Uploads in MongoDB: how many are open, what is noted of them, and what becomes of them."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.ids import IdSource, random_shard, shard_of
from app.transactions import Transactions
from app.uploads.model import Piece, Upload, UploadKind, UploadState, new_piece_key
from app.uploads.store import REMEMBERED, IdTakenError, TooManyOpenError, UploadStore
from tests.stores.conftest import Database

OPEN_MAX = 3
KIBIBYTE = 1024
SHA256 = "ab" * 32


@pytest.fixture
async def uploads(database: Database) -> UploadStore:
    """Uploads, with their indexes."""
    store = UploadStore(database)
    await store.prepare()
    await store.prepare()
    return store


@pytest.fixture
def owner(ids: IdSource) -> int:
    """Somebody who uploads."""
    return ids.next(random_shard())


def an_upload(
    ids: IdSource, owner: int, kind: UploadKind = UploadKind.FORM, *, seconds: float = 60
) -> Upload:
    upload_id, now = ids.next(shard_of(owner)), datetime.now(UTC).replace(microsecond=0)
    form = Piece(key=new_piece_key(upload_id), byte_size=KIBIBYTE)
    return Upload(
        id=upload_id,
        account_id=owner,
        region="eu",
        kind=kind,
        content_type="image/png",
        byte_size=KIBIBYTE,
        pieces=(form,) if kind is UploadKind.FORM else (),
        created_at=now,
        expires_at=now + timedelta(seconds=seconds),
    )


async def _insert(uploads: UploadStore, upload: Upload) -> Upload:
    await uploads.insert(upload, open_max=OPEN_MAX)
    return upload


async def _use(uploads: UploadStore, upload: Upload, transactions: Transactions) -> bool:
    return await transactions.run(
        lambda tx: uploads.use(
            upload.id, upload.account_id, post_id=7, sha256=SHA256, transaction=tx
        )
    )


async def _advance(uploads: UploadStore, upload: Upload, reached: int, to: int) -> bool:
    return await uploads.advance(
        upload.id,
        from_offset=reached,
        to_offset=to,
        pieces=[Piece(key=f"{to}", byte_size=to)],
        expires_at=upload.expires_at,
    )


async def _age(database: Database, upload: Upload, by: timedelta) -> None:
    """As if an upload had been opened earlier."""
    then: dict[str, Any] = {"expires_at": upload.expires_at - by, "sweep_at": datetime.now(UTC)}
    await database["uploads"].update_one({"_id": upload.id}, {"$set": then})


async def test_an_upload_is_its_owner_s(uploads: UploadStore, ids: IdSource, owner: int) -> None:
    form = await _insert(uploads, an_upload(ids, owner))
    resumable = await _insert(uploads, an_upload(ids, owner, UploadKind.RESUMABLE))
    for each in (form, resumable):
        assert await uploads.find(each.id, owner) == each
    assert await uploads.find(form.id, owner + 1) is None
    assert await uploads.find(5, owner) is None
    with pytest.raises(IdTakenError):
        await _insert(uploads, form)


async def test_an_account_has_so_many_open_and_never_more(
    uploads: UploadStore, ids: IdSource, owner: int, transactions: Transactions, database: Database
) -> None:
    wanted = [an_upload(ids, owner) for _ in range(12)]
    answers = await asyncio.gather(
        *(_insert(uploads, each) for each in wanted), return_exceptions=True
    )
    opened = [each for each in answers if isinstance(each, Upload)]
    assert len(opened) == OPEN_MAX
    assert [type(each) for each in answers].count(TooManyOpenError) == 12 - OPEN_MAX
    await _insert(uploads, an_upload(ids, ids.next(random_shard())))

    used, ended, expired = opened
    assert await _use(uploads, used, transactions)
    assert await uploads.end(ended.id, owner)
    await _age(database, expired, timedelta(minutes=1))
    for _ in range(OPEN_MAX):
        await _insert(uploads, an_upload(ids, owner))
    with pytest.raises(TooManyOpenError):
        await _insert(uploads, an_upload(ids, owner))


async def test_bytes_are_noted_once_and_in_order(
    uploads: UploadStore, ids: IdSource, owner: int
) -> None:
    upload = await _insert(uploads, an_upload(ids, owner, UploadKind.RESUMABLE))
    answers = await asyncio.gather(*(_advance(uploads, upload, 0, 10) for _ in range(8)))
    assert sorted(answers) == [False] * 7 + [True]
    assert not await _advance(uploads, upload, 9, 20)
    found = await uploads.find(upload.id, owner)
    assert found is not None
    assert (found.offset, found.pieces) == (10, (Piece(key="10", byte_size=10),))
    assert not found.is_finished
    await uploads.end(upload.id, owner)
    assert not await _advance(uploads, upload, 10, 20)


@pytest.mark.parametrize("kind", UploadKind)
async def test_it_is_used_once_when_it_is_finished(
    uploads: UploadStore, ids: IdSource, owner: int, transactions: Transactions, kind: UploadKind
) -> None:
    upload = await _insert(uploads, an_upload(ids, owner, kind))
    if kind is UploadKind.RESUMABLE:
        assert not await _use(uploads, upload, transactions)
        assert await _advance(uploads, upload, 0, KIBIBYTE)
    answers = await asyncio.gather(*(_use(uploads, upload, transactions) for _ in range(8)))
    assert sorted(answers) == [False] * 7 + [True]
    found = await uploads.find(upload.id, owner)
    assert found is not None
    assert (found.state, found.post_id, found.sha256) == (UploadState.USED, 7, SHA256)
    assert not await uploads.end(upload.id, owner)
    assert not await _advance(uploads, upload, upload.byte_size, upload.byte_size)


async def test_only_its_owner_uses_it_and_not_later(
    uploads: UploadStore, ids: IdSource, owner: int
) -> None:
    upload = await _insert(uploads, an_upload(ids, owner))
    late = await _insert(uploads, an_upload(ids, owner, seconds=-1))
    for upload_id, account_id in ((upload.id, owner + 1), (late.id, owner), (5, owner)):
        assert not await uploads.use(
            upload_id, account_id, post_id=7, sha256=SHA256, transaction=None
        )


async def test_what_is_undone_leaves_it_open(
    uploads: UploadStore, ids: IdSource, owner: int, transactions: Transactions
) -> None:
    upload = await _insert(uploads, an_upload(ids, owner))

    async def use_and_fail(transaction: Any) -> None:
        assert await uploads.use(
            upload.id, owner, post_id=7, sha256=SHA256, transaction=transaction
        )
        raise LookupError

    with pytest.raises(LookupError):
        await transactions.run(use_and_fail)
    assert await uploads.find(upload.id, owner) == upload


async def test_what_is_over_is_swept_twice_and_forgotten(
    uploads: UploadStore, ids: IdSource, owner: int, database: Database
) -> None:
    await _insert(uploads, an_upload(ids, owner))
    over = await _insert(uploads, an_upload(ids, owner, seconds=-1))
    assert await uploads.take_expired(10) == [over]
    assert await uploads.take_expired(10) == []  # somebody is at it
    await uploads.settle(over)
    assert await uploads.take_expired(10) == []
    await _age(database, over, REMEMBERED)
    (last,) = await uploads.take_expired(10)
    await uploads.settle(last)
    assert await uploads.find(over.id, owner) is None


async def test_what_expires_first_is_swept_first(
    uploads: UploadStore, ids: IdSource, owner: int
) -> None:
    over = [await _insert(uploads, an_upload(ids, owner, seconds=-age)) for age in (100, 300, 200)]
    assert await uploads.take_expired(2) == [over[1], over[2]]
    assert await uploads.take_expired(2) == [over[0]]


async def test_all_uploads_of_an_account_end_with_it(
    uploads: UploadStore, ids: IdSource, owner: int, transactions: Transactions
) -> None:
    used, opened = [await _insert(uploads, an_upload(ids, owner)) for _ in range(2)]
    others = await _insert(uploads, an_upload(ids, ids.next(random_shard())))
    assert await _use(uploads, used, transactions)
    await uploads.end_all_of(owner)
    assert {each.id for each in await uploads.take_expired(10)} == {used.id, opened.id}
    assert not await _use(uploads, opened, transactions)
    assert await _use(uploads, others, transactions)
