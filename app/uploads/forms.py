"""Uploads that come as one form, straight to the object store of a region."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

from app.errors import BadInputError, Refusal, RefusalCode
from app.ids import IdSource, shard_of
from app.images.model import PhotoType
from app.uploads.model import (
    Form,
    FormField,
    Piece,
    Upload,
    UploadKind,
    new_piece_key,
    too_many_open,
)
from app.uploads.store import IdTakenError, TooManyOpenError, UploadStore


class Signer(Protocol):
    """Signs forms by which one object of a bucket can be written."""

    def sign(
        self, region: str, key: str, *, content_type: str, bytes_max: int, expires_at: datetime
    ) -> tuple[FormField, ...]:
        """Fields of a form that stores 1 to `bytes_max` bytes under `key`, until it expires."""


class Forms:
    """Hands out forms; each is for one photo of one account, and for a few minutes."""

    def __init__(
        self,
        *,
        uploads: UploadStore,
        signer: Signer,
        ids: IdSource,
        standing_region: Callable[[], Awaitable[str]],
        url: str,
        form_seconds: int,
        open_max: int,
        image_max_bytes: int,
    ) -> None:
        """Forms are posted to `{url}/uploads/{region}`, for the region that can take them now."""
        self._uploads = uploads
        self._signer = signer
        self._ids = ids
        self._standing_region = standing_region
        self._url = url.rstrip("/")
        self._life = timedelta(seconds=form_seconds)
        self._open_max = open_max
        self._image_max_bytes = image_max_bytes

    async def open(self, account_id: int, *, content_type: str, byte_size: int) -> Form:
        """Hand out a form for a photo of a type and of at most `byte_size` bytes.

        Refuses types that no photo has, photos that would be too large, and an account that has as
        many open uploads as it may. What the file is, its bytes decide later.
        """
        media_type = _photo_type(content_type)
        self._check_byte_size(byte_size)
        while True:
            upload = await self._new_upload(account_id, media_type, byte_size)
            try:
                await self._uploads.insert(upload, open_max=self._open_max)
            except IdTakenError:
                continue
            except TooManyOpenError:
                raise too_many_open(self._open_max) from None
            return self._form(upload)

    def _check_byte_size(self, byte_size: int) -> None:
        if byte_size < 1:
            raise BadInputError("byteSize is at least 1")
        if byte_size > self._image_max_bytes:
            raise Refusal(
                RefusalCode.IMAGE_TOO_LARGE,
                f"A photo has at most {self._image_max_bytes / 1024**2:g} MiB.",
                field="byte_size",
            )

    async def _new_upload(self, account_id: int, media_type: PhotoType, byte_size: int) -> Upload:
        region = await self._standing_region()
        upload_id, now = self._ids.next(shard_of(account_id)), datetime.now(UTC)
        return Upload(
            id=upload_id,
            account_id=account_id,
            region=region,
            kind=UploadKind.FORM,
            content_type=media_type,
            byte_size=byte_size,
            pieces=(Piece(key=new_piece_key(upload_id), byte_size=byte_size),),
            created_at=now,
            expires_at=now + self._life,
        )

    def _form(self, upload: Upload) -> Form:
        return Form(
            upload_id=upload.id,
            url=f"{self._url}/uploads/{upload.region}",
            fields=self._signer.sign(
                upload.region,
                upload.pieces[0].key,
                content_type=upload.content_type,
                bytes_max=upload.byte_size,
                expires_at=upload.expires_at,
            ),
            expires_at=upload.expires_at,
        )


def _photo_type(content_type: str) -> PhotoType:
    """The type that a media type names, in whatever case and with whatever parameters."""
    try:
        return PhotoType(content_type.partition(";")[0].strip().lower())
    except ValueError:
        raise Refusal(
            RefusalCode.UNSUPPORTED_FORMAT,
            "A photo is one of " + ", ".join(PhotoType) + ".",
            field="content_type",
        ) from None
