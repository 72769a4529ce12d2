"""Moments in the life of a viewer's feed, as cursors."""

from typing import Any

from app.once import Once
from app.paging import ListKind, decode_cursor, encode_cursor


class Shared:
    """What is told to many, and is the same for all of them but for the cursor of its moment.

    `shown` is what they share of what it is shown as.
    """

    cursor: str
    shown: Once[object, Any]


def moment_cursor(moment: int, viewer_id: int) -> str:
    """Cursor of a moment in the life of a viewer's feed."""
    return encode_cursor(ListKind.UPDATES, viewer_id, moment)


def moment_of(after: str, viewer_id: int) -> int:
    """The moment that a cursor stands for.

    Raises:
        BadInputError: it is no moment of this viewer's feed.
    """
    return decode_cursor(after, ListKind.UPDATES, viewer_id)
