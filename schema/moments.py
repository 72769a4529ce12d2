"""Moments in the life of a viewer's feed, as cursors."""

from app.paging import ListKind, decode_cursor, encode_cursor


def moment_cursor(moment: int, viewer_id: int) -> str:
    """Cursor of a moment in the life of a viewer's feed."""
    return encode_cursor(ListKind.UPDATES, viewer_id, moment)


def moment_of(after: str, viewer_id: int) -> int:
    """The moment that a cursor stands for.

    Raises:
        BadInputError: it is no moment of this viewer's feed.
    """
    return decode_cursor(after, ListKind.UPDATES, viewer_id)
