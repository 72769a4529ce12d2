"""The end of the log of changes, as one process knows it."""

import asyncio
import math
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from itertools import takewhile
from typing import Protocol

from app.batches import Batches
from app.follows.model import Pull
from app.live.model import Change, ChangeKind, View
from app.live.store import ChangeLog

RECENT_CHANGES = 10_000
READ_MAX_CHANGES = 2_000
HOLE_MAX_SECONDS = 1.0
HOLE_LOOK_SECONDS = 0.05
HOLE_POLL_SECONDS = 0.002
FILL_MAX_SECONDS = 0.1
FAN_OUTS_CHECK_SECONDS = 1.0
FAN_OUTS_ASKED_MAX = 2_000


class Posts(Protocol):
    """Which fan-outs are under way."""

    async def owing_fan_out(self, post_ids: Collection[int] | None) -> dict[int, int]:
        """Those of some posts (None: of all) that owe their fan-out, and their authors."""


class Pulls(Protocol):
    """The list of pulled accounts."""

    async def all(self) -> dict[int, Pull]:
        """Every account that is pulled or has been."""


class Departures(Protocol):
    """Which accounts are being erased."""

    async def under_way(self) -> dict[int, int]:
        """Accounts of which something may be left, and the moments since when they are gone."""


@dataclass(kw_only=True, slots=True)
class _Hole:
    """The first moment that is missing; when that was seen, and when it was last filled."""

    moment: int
    seen_at: float
    filled_at: float


class Tail:
    """Follows the log, up to the first hole.

    A hole is a change that is about to be committed, or never will be. Nearly all close within
    milliseconds, and a look waits HOLE_LOOK_SECONDS for that. After HOLE_MAX_SECONDS it is filled,
    which takes as long as a transaction lives whose process died before it could commit: until
    then looks end before the hole.
    """

    def __init__(
        self, *, log: ChangeLog, posts: Posts, pulls: Pulls, departures: Departures
    ) -> None:
        self._log = log
        self._posts = posts
        self._pull_list = pulls
        self._departures = departures
        self._listeners: list[tuple[Callable[[Change], None], Callable[[], None]]] = []
        self._has_begun = False
        self._moment = 0
        self._recent: deque[Change] = deque(maxlen=RECENT_CHANGES)
        self._hole: _Hole | None = None
        # Replaced, never changed: views share them.
        self._pulls: dict[int, Pull] = {}
        self._fan_outs: dict[int, int] = {}
        self._departing = frozenset[int]()
        self._fan_outs_checked_at = 0.0
        self._view = View(moment=0, fan_outs={}, pulls={}, is_whole=False)
        self._looked_at = -math.inf
        self._looks = Batches(self._look_for_all, max_keys=1)

    @property
    def moment(self) -> int:
        """The moment up to which this process knows everything; 0 before it has looked."""
        return self._moment

    @property
    def departing(self) -> frozenset[int]:
        """Accounts that are gone at that moment, and of which something may be left."""
        return self._departing

    @property
    def is_waiting(self) -> bool:
        """Whether there are changes behind a hole."""
        return self._hole is not None

    def listen(self, to_change: Callable[[Change], None], to_loss: Callable[[], None]) -> None:
        """Have every change from now on told, in order, as it becomes known.

        It is a loss if the log forgot changes before this process came to read them: what is told
        from then on begins anew.
        """
        self._listeners.append((to_change, to_loss))

    def since(self, moment: int) -> list[Change] | None:
        """What is known to have happened behind a moment, in order; None if that is forgotten."""
        if moment < self._moment - len(self._recent):
            return None
        newest_first = takewhile(lambda change: change.moment > moment, reversed(self._recent))
        return list(newest_first)[::-1]

    async def catch_up(self, not_before: float | None = None) -> View:
        """Look at the log, not before now; returns what holds.

        Those who ask while somebody looks share the next look. Who has an earlier time to name
        (monotonic seconds) makes do with the last look that began at or after that.
        """
        wanted = time.monotonic() if not_before is None else not_before
        if self._looked_at >= wanted:
            return self._view
        return await self._looks.ask_one(None, not_before=wanted) or self._view

    async def _look_for_all(self, looks: Iterable[None]) -> dict[None, View]:
        began_at = time.monotonic()
        await self._look()
        self._view = View(
            moment=self._moment,
            fan_outs=self._fan_outs,
            pulls=self._pulls,
            departing=self._departing,
            is_whole=self._hole is None,
        )
        self._looked_at = began_at
        return dict.fromkeys(looks, self._view)

    async def _look(self) -> None:
        if self._has_begun:
            await self._read_on()
        if not self._has_begun:
            await self._begin()
        elif time.monotonic() - self._fan_outs_checked_at >= FAN_OUTS_CHECK_SECONDS:
            await self._forget_finished_fan_outs()

    async def _begin(self) -> None:
        # Changes that are being written now have moments a little below the last one drawn. What
        # is to be forgotten is forgotten later than that.
        self._moment = max(await self._log.last_drawn() - RECENT_CHANGES, 0)
        self._recent.clear()
        self._hole = None
        if self._looked_at > -math.inf:
            for _, to_loss in self._listeners:
                to_loss()
        self._pulls = await self._pull_list.all()
        departing = await self._departures.under_way()
        self._departing = frozenset(each for each in departing if departing[each] <= self._moment)
        await self._read_on()
        self._fan_outs = await self._posts.owing_fan_out(None)
        self._fan_outs_checked_at = time.monotonic()
        self._has_begun = True

    async def _read_on(self) -> None:
        while True:
            changes = await self._log.read_after(self._moment, limit=READ_MAX_CHANGES)
            missing = self._take(changes)
            if not missing:
                self._hole = None
                if len(changes) < READ_MAX_CHANGES:
                    return
                continue
            if self._hole is None or self._hole.moment != missing.start:
                now = time.monotonic()
                self._hole = _Hole(moment=missing.start, seen_at=now, filled_at=now)
            if time.monotonic() - self._hole.seen_at < HOLE_LOOK_SECONDS:
                await asyncio.sleep(HOLE_POLL_SECONDS)
            elif not await self._fill(self._hole, missing):
                return

    def _take(self, changes: Iterable[Change]) -> range:
        """Take in changes up to the first hole; returns the moments that are missing there."""
        published: dict[int, int] = {}
        missing = range(0)
        for change in changes:
            if change.moment != self._moment + 1:
                missing = range(self._moment + 1, change.moment)
                break
            self._moment = change.moment
            self._recent.append(change)
            if change.kind is ChangeKind.POST_PUBLISHED:
                published[change.subject_id] = change.actor_id
            else:
                self._note_account(change)
            for to_change, _ in self._listeners:
                to_change(change)
        if published:
            self._fan_outs = self._fan_outs | published
        return missing

    def _note_account(self, change: Change) -> None:
        match change.kind:
            case ChangeKind.PULLED | ChangeKind.PUSHED:
                self._note_pull(change)
            case ChangeKind.ACCOUNT_DELETED:
                self._departing |= {change.actor_id}
            case ChangeKind.ACCOUNT_ERASED:
                self._departing -= {change.actor_id}

    def _note_pull(self, change: Change) -> None:
        known = self._pulls.get(change.actor_id)
        if known is None or known.since < change.moment:
            pull = Pull(
                account_id=change.actor_id,
                is_pulled=change.kind is ChangeKind.PULLED,
                since=change.moment,
            )
            self._pulls = self._pulls | {pull.account_id: pull}

    async def _fill(self, hole: _Hole, missing: range) -> bool:
        """Fill a hole that is old enough; False if that is for later, or none any more."""
        if time.monotonic() - hole.filled_at < HOLE_MAX_SECONDS:
            return False
        hole.filled_at = time.monotonic()
        if await self._log.last_drawn() - self._moment > RECENT_CHANGES:
            # What is so old may have been forgotten: it is no hole, and nobody can tell it.
            self._has_begun = False
            return False
        with suppress(TimeoutError):  # it goes on behind our back
            async with asyncio.timeout(FILL_MAX_SECONDS):
                await self._log.fill(missing)
                return True
        return False

    async def _forget_finished_fan_outs(self) -> None:
        self._fan_outs_checked_at = time.monotonic()
        if self._fan_outs:
            asked = self._fan_outs if len(self._fan_outs) <= FAN_OUTS_ASKED_MAX else None
            owing = await self._posts.owing_fan_out(asked)
            self._fan_outs = {
                post_id: author_id
                for post_id, author_id in self._fan_outs.items()
                if post_id in owing
            }
