"""Global ids: opaque to clients, a type's name and an integer to us."""

import base64
import binascii
import re
from enum import StrEnum

import strawberry

from app.ids import ID_MAX

_NODE_ID = re.compile(r"(Post|User|Upload):([0-9]{1,20})")


class Kind(StrEnum):
    """What a global id may stand for."""

    POST = "Post"
    USER = "User"
    UPLOAD = "Upload"


@strawberry.interface(description="Something with an id that is opaque, stable and unique.")
class Node:
    id: strawberry.ID = strawberry.field(description="Opaque, stable and globally unique.")


def global_id(kind: Kind, identifier: int) -> strawberry.ID:
    """Write a global id."""
    # An upload's is the last segment of a path, too: with these zeros it comes without padding.
    digits = f"{identifier:020}" if kind is Kind.UPLOAD else str(identifier)
    return strawberry.ID(base64.urlsafe_b64encode(f"{kind}:{digits}".encode()).decode())


def read_global_id(node_id: str) -> tuple[Kind, int] | None:
    """What a global id stands for; None if it is none of ours."""
    try:
        text = base64.b64decode(node_id, altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return None
    found = _NODE_ID.fullmatch(text)
    if found is None:
        return None
    kind, identifier = Kind(found[1]), int(found[2])
    is_ours = 0 < identifier <= ID_MAX and global_id(kind, identifier) == node_id
    return (kind, identifier) if is_ours else None


def read_id_of(kind: Kind, node_id: str) -> int | None:
    """The integer in a global id of that kind; None if it is none."""
    found = read_global_id(node_id)
    return found[1] if found and found[0] is kind else None
