"""An upload that is staged: what was declared of it, what is there of it, until when; no I/O."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.errors import Refusal, RefusalCode

STAGING_PREFIX = "staging/"
KEY_RANDOM_BYTES = 16


class UploadKind(StrEnum):
    """How the bytes come: as one form to the object store, or in parts through the API."""

    FORM = "form"
    RESUMABLE = "resumable"


class UploadState(StrEnum):
    """Whether a post may be made of it; it can be used once."""

    OPEN = "OPEN"
    USED = "USED"


class UploadMissingError(Exception):
    """The bytes of an upload are not there, or not as many as were declared."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """An object with bytes of an upload; of a form, `byte_size` is the most it may have."""

    key: str
    byte_size: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Upload:
    """Bytes that an account stages in a region.

    `byte_size` is an upper bound if it is a form, else exact; `offset` is how many bytes of it are
    there, which nobody knows of a form. The `pieces` follow each other; `metadata` is what the
    client wants to be told again, word for word. Once it is USED, `post_id` and `sha256` (hex) tell
    what became of it.
    """

    id: int
    account_id: int
    region: str
    kind: UploadKind
    content_type: str
    byte_size: int
    created_at: datetime
    expires_at: datetime
    offset: int = 0
    pieces: tuple[Piece, ...] = ()
    metadata: str | None = None
    state: UploadState = UploadState.OPEN
    post_id: int | None = None
    sha256: str | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.offset <= self.byte_size:
            raise ValueError("The offset lies within the upload.")

    @property
    def is_finished(self) -> bool:
        """Whether all bytes are there; of a form only its object tells, if there is one."""
        return self.kind is UploadKind.FORM or self.offset == self.byte_size

    def may_have(self, byte_size: int) -> bool:
        """Whether what is staged may have that many bytes, as it was declared."""
        if self.kind is UploadKind.FORM:
            return 1 <= byte_size <= self.byte_size
        return byte_size == self.byte_size

    def is_usable(self, now: datetime) -> bool:
        """Whether a post can be made of it, or was."""
        return self.state is UploadState.USED or (self.is_open(now) and self.is_finished)

    def is_open(self, now: datetime) -> bool:
        """Whether bytes may still come, or a post be made of those that came."""
        return self.state is UploadState.OPEN and now < self.expires_at


@dataclass(frozen=True, kw_only=True, slots=True)
class FormField:
    """A field of a form, to be sent as it is."""

    name: str
    value: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Form:
    """A form to POST bytes with to `url`: its fields in their order, then the part `file`."""

    upload_id: int
    url: str
    fields: tuple[FormField, ...]
    expires_at: datetime


def upload_not_found() -> Refusal:
    """The one answer for what cannot be used, whatever the reason and whosever it is."""
    return Refusal(
        RefusalCode.UPLOAD_NOT_FOUND,
        "There is no such upload, or it is unfinished, used or expired.",
        field="upload_id",
    )


def too_many_open(open_max: int) -> Refusal:
    """The answer for an account that has as many open uploads as it may."""
    return Refusal(
        RefusalCode.LIMIT_REACHED,
        f"You have {open_max:,} open uploads, the most that is possible: use some, or wait.",
    )


def staging_prefix(upload_id: int) -> str:
    """What the keys of all pieces of an upload begin with; they are never public."""
    return f"{STAGING_PREFIX}{upload_id:016x}/"


def new_piece_key(upload_id: int) -> str:
    """A key for a piece, which nobody can guess and which no other piece has."""
    return f"{staging_prefix(upload_id)}{secrets.token_hex(KEY_RANDOM_BYTES)}"


def total_bytes(pieces: Sequence[Piece]) -> int:
    """How many bytes some pieces have together."""
    return sum(piece.byte_size for piece in pieces)
