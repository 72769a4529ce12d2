"""Subscriptions of the world: what a device has heard, and what it must have."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.live.model import AuthorAdded, AuthorRemoved, Gap, PostAdded, PostRemoved, Update
from tests.stores.oracle import Entry


@dataclass
class Device:
    """Somebody's subscription, which may move from one process to the other."""

    viewer_id: int
    begun_at: int
    moment: int
    updates: list[Update] = field(default_factory=list)
    listening: "asyncio.Task[None] | None" = None


async def cancelled(task: "asyncio.Task[Any]") -> None:
    task.cancel()
    for result in await asyncio.gather(task, return_exceptions=True):
        if isinstance(result, Exception):
            raise result


def sure(expected: list[Entry], gone: Collection[int]) -> list[Entry]:
    """What is heard of in any case: what is gone before it is shown is not shown.

    That is a post that is deleted, or one whose author is.
    """
    removed = {about for what, _, about in expected if what == "post_deleted"}
    return [
        (what, who, about)
        for what, who, about in expected
        if what != "post_published" or (about not in removed and who not in gone)
    ]


def as_heard(viewer_id: int, update: Update, author_of: Mapping[int, int]) -> Entry:
    match update:
        case PostAdded():
            return "post_published", update.post.author_id, update.post.id
        case PostRemoved():
            return "post_deleted", author_of[update.post_id], update.post_id
        case AuthorAdded():
            return "followed", viewer_id, update.author_id
        case AuthorRemoved():
            return "unfollowed", viewer_id, update.author_id
        case Gap():
            raise AssertionError(f"A gap at {update.moment}")
