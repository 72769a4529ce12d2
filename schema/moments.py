"""Moments of a viewer's feed, as cursors."""

import time

from app.paging import ListKind, decode_cursor, encode_cursor


def moment_now(viewer_id: int) -> str:
    """Cursor of this moment, in milliseconds, in the life of a viewer's feed."""
    return encode_cursor(ListKind.UPDATES, viewer_id, time.time_ns() // 1_000_000)


def check_moment(after: str, viewer_id: int) -> None:
    """Return if `after` is a moment of this viewer's feed.

    Raises:
        BadInputError: it is not.
    """
    decode_cursor(after, ListKind.UPDATES, viewer_id)
