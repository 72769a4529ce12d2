"""Pages, and the opaque cursors that point between two items of one list."""

import base64
import binascii
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Generic, TypeVar

from app.errors import BadInputError
from app.ids import ID_MAX

FIRST_MAX = 100
Item_co = TypeVar("Item_co", covariant=True)
_CURSOR = struct.Struct(">BQQ")
_OWNED = struct.Struct(">BQ")


class ListKind(IntEnum):
    """Which list a cursor belongs to; the numbers are on devices, so they never change."""

    FEED = 1
    POSTS = 2
    FOLLOWERS = 3
    FOLLOWING = 4
    UPDATES = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Page(Generic[Item_co]):
    """A stretch of a list, newest first, and whether there is more behind it."""

    items: tuple[Item_co, ...]
    has_next: bool
    has_previous: bool = False


def page_size(first: int) -> int:
    """Check a page's size.

    Raises:
        BadInputError: `first` is not 1 to FIRST_MAX.
    """
    if not 1 <= first <= FIRST_MAX:
        raise BadInputError(f"first must be 1 to {FIRST_MAX}, not {first}")
    return first


def encode_cursor(kind: ListKind, owner_id: int, position: int) -> str:
    """Cursor of `position` in the list of that kind that belongs to `owner_id`."""
    packed = _CURSOR.pack(kind, owner_id, position)
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def encode_cursors(kind: ListKind, owner_id: int, positions: Sequence[int]) -> list[str]:
    """Cursors of several positions in one list, as `encode_cursor` has them.

    Three bytes are four characters of Base64. So the nine before the position are twelve that all
    of them begin with, and each position is twelve more, if a zero byte is put behind it: the last
    of these stands for that byte alone.
    """
    beginning = base64.urlsafe_b64encode(_OWNED.pack(kind, owner_id)).decode()
    packed = struct.pack(">" + "Qx" * len(positions), *positions)
    encoded = base64.urlsafe_b64encode(packed).decode()
    return [beginning + encoded[at : at + 11] for at in range(0, len(encoded), 12)]


def decode_cursor(cursor: str, kind: ListKind, owner_id: int) -> int:
    """Position that a cursor points at.

    Raises:
        BadInputError: it is no cursor, or one of another list.
    """
    try:
        packed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        position = int(_CURSOR.unpack(packed)[2])
    except (binascii.Error, struct.error, ValueError):
        raise BadInputError("That is not a cursor of this list") from None
    if position > ID_MAX or cursor != encode_cursor(kind, owner_id, position):
        raise BadInputError("That is not a cursor of this list")
    return position
