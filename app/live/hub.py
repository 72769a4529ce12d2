"""The subscribers of one process, and which of them a change is for."""

from asyncio import Event as Signal
from collections import deque
from collections.abc import AsyncIterator, Collection

from app.live.model import OF_AUTHORS, OF_VIEWERS, Change, ChangeKind, Gap


class LostError(Exception):
    """The log forgot changes before this process came to read them."""


class Subscriber:
    """One connected device: whom its viewer follows, and the changes it has not read yet.

    It has been told everything up to `moment`. At most `pending_max` changes wait; a device that
    reads more slowly is told that it missed some.
    """

    def __init__(
        self, *, viewer_id: int, followees: Collection[int], moment: int, pending_max: int
    ) -> None:
        self.viewer_id = viewer_id
        self.followees = set(followees)
        self.moment = moment
        self._pending: deque[Change | Gap] = deque()
        self._pending_max = pending_max
        self._signal = Signal()
        self._is_lost = False

    def offer(self, change: Change | Gap) -> None:
        """Add a change to those that wait; whoever reads them has to be woken."""
        if isinstance(change, Gap) or len(self._pending) >= self._pending_max:
            self._pending.clear()
            change = Gap(moment=change.moment)
        self._pending.append(change)

    def wake(self) -> None:
        """Have whoever waits read on."""
        self._signal.set()

    def end(self) -> None:
        """Have `changes` raise LostError."""
        self._is_lost = True
        self._signal.set()

    async def changes(self) -> AsyncIterator[Change | Gap]:
        """Changes as they come, for ever, or until LostError."""
        while True:
            while self._pending:
                yield self._pending.popleft()
            if self._is_lost:
                raise LostError
            self._signal.clear()
            await self._signal.wait()


class Hub:
    """Subscribers, found by their viewer and by the authors they follow."""

    def __init__(self) -> None:
        self._by_viewer: dict[int, set[Subscriber]] = {}
        self._by_author: dict[int, set[Subscriber]] = {}

    def add(self, subscriber: Subscriber) -> None:
        """Take in a subscriber."""
        self._by_viewer.setdefault(subscriber.viewer_id, set()).add(subscriber)
        for author_id in subscriber.followees:
            self._by_author.setdefault(author_id, set()).add(subscriber)

    def remove(self, subscriber: Subscriber) -> None:
        """Forget a subscriber."""
        for author_id in subscriber.followees:
            _discard(self._by_author, author_id, subscriber)
        _discard(self._by_viewer, subscriber.viewer_id, subscriber)

    def end(self) -> None:
        """Let all subscribers come back elsewhere, or here once more."""
        for devices in self._by_viewer.values():
            for subscriber in devices:
                subscriber.end()

    def deliver(self, change: Change) -> list[Subscriber]:
        """Offer a change to those it concerns and is new to; returns them, to be woken."""
        return [each for each in self._concerned(change) if self.deliver_to(each, change)]

    def deliver_to(self, subscriber: Subscriber, change: Change) -> bool:
        """Offer a change to one subscriber, if it concerns them and is new to them."""
        if change.moment <= subscriber.moment:
            return False
        if change.kind in OF_VIEWERS and change.actor_id == subscriber.viewer_id:
            self._change_edge(subscriber, change)
        elif change.kind not in OF_AUTHORS or change.actor_id not in subscriber.followees:
            return False
        elif change.kind is ChangeKind.ACCOUNT_DELETED:
            self._remove_edge(subscriber, change.actor_id)
        subscriber.moment = change.moment
        subscriber.offer(change)
        return True

    def _concerned(self, change: Change) -> Collection[Subscriber]:
        if change.kind in OF_AUTHORS:
            return tuple(self._by_author.get(change.actor_id, ()))
        return tuple(self._by_viewer.get(change.actor_id, ()))

    def _change_edge(self, subscriber: Subscriber, change: Change) -> None:
        if change.kind is ChangeKind.FOLLOWED:
            subscriber.followees.add(change.subject_id)
            self._by_author.setdefault(change.subject_id, set()).add(subscriber)
        else:
            self._remove_edge(subscriber, change.subject_id)

    def _remove_edge(self, subscriber: Subscriber, author_id: int) -> None:
        subscriber.followees.discard(author_id)
        _discard(self._by_author, author_id, subscriber)


def _discard(index: dict[int, set[Subscriber]], key: int, subscriber: Subscriber) -> None:
    found = index.get(key)
    if found is not None:
        found.discard(subscriber)
        if not found:
            del index[key]
