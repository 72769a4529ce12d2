"""Who listens for long: they are told when their token has expired or their session is over."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from app.accounts.model import Viewer
from app.accounts.service import Accounts

LOOK_SECONDS = 3.0
"""How long after it was ended elsewhere a session may still be listened to, at most."""

log = logging.getLogger(__name__)


class Sessions:
    """The sessions of all connections of this process that stay open."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self._watched: dict[object, tuple[Viewer, Callable[[], None]]] = {}

    @contextmanager
    def watched(self, viewer: Viewer | None, end: Callable[[], None]) -> Iterator[None]:
        """Have `end` called, once, should the viewer's token expire or their session end."""
        if viewer is None:
            yield
            return
        key = object()
        self._watched[key] = (viewer, end)
        try:
            yield
        finally:
            self._watched.pop(key, None)

    async def run(self) -> None:
        """Look at every session again and again, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            self._end_where(_has_expired)
            try:
                await self._look()
            except Exception as error:  # noqa: BLE001 - nobody is sent away for it
                log.warning("It cannot be told whose sessions are over: %r", error)

    async def _look(self) -> None:
        asked = {viewer for viewer, _ in self._watched.values()}
        if asked:
            over = asked - await self._accounts.are_signed_in(asked)
            self._end_where(over.__contains__)

    def _end_where(self, is_over: Callable[[Viewer], bool]) -> None:
        for key, (viewer, end) in list(self._watched.items()):
            if is_over(viewer):
                del self._watched[key]
                end()


def _has_expired(viewer: Viewer) -> bool:
    return viewer.expires_at <= time.time()
