"""What every connection has: where its page lies, and how a page is asked for."""

from typing import Annotated

import strawberry

from app.errors import BadInputError
from app.paging import ListKind, Page, decode_cursor

First = Annotated[int | None, strawberry.argument(description="How many at most: 1 to 100.")]
After = Annotated[
    str | None,
    strawberry.argument(
        description="Begin behind this place: `endCursor` of a page, or an edge's `cursor`."
    ),
]


@strawberry.type(description="Where a page lies in its list.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether there is more after `endCursor`.")
    has_previous_page: bool = strawberry.field(
        description="Whether the page was asked for with a cursor, so something may lie before it."
    )
    start_cursor: str | None = strawberry.field(description="Cursor of the first edge.")
    end_cursor: str | None = strawberry.field(description="Cursor of the last edge.")


def page_info(page: Page[object], cursors: list[str], *, after: str | None) -> PageInfo:
    """Describe a page whose edges have these cursors."""
    return PageInfo(
        has_next_page=page.has_next,
        has_previous_page=after is not None,
        start_cursor=cursors[0] if cursors else None,
        end_cursor=cursors[-1] if cursors else None,
    )


def position(after: str | None, kind: ListKind, owner_id: int) -> int | None:
    """Where a page begins; None is the beginning of the list.

    Raises:
        BadInputError: the cursor is not one of this list.
    """
    return None if after is None else decode_cursor(after, kind, owner_id)


def one_cursor(after: str | None, cursor: str | None) -> str | None:
    """Choose between the two names of one argument.

    Raises:
        BadInputError: both are given.
    """
    if after is not None and cursor is not None:
        raise BadInputError("after and cursor are the same argument: give one of them")
    return cursor if after is None else after
