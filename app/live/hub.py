"""The subscribers of one process, and which of them an update is for."""

from asyncio import Event as Signal
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Iterable

from app.live.model import Gap, Update

REMEMBERED_MAX = 10_000


class Subscriber:
    """One connected device: whom its viewer follows, and the updates it has not read yet.

    At most `pending_max` updates wait; a device that reads more slowly is told that it missed some.
    """

    def __init__(self, *, viewer_id: int, pending_max: int) -> None:
        self.viewer_id = viewer_id
        self.followees: set[int] = set()
        self.edge_changes = 0
        self._pending: deque[Update] = deque()
        self._pending_max = pending_max
        self._signal = Signal()

    def offer(self, update: Update) -> None:
        """Add an update to those that wait."""
        if isinstance(update, Gap) or len(self._pending) >= self._pending_max:
            self._pending.clear()
            update = Gap()
        self._pending.append(update)
        self._signal.set()

    async def updates(self) -> AsyncIterator[Update]:
        """Updates as they come, for ever."""
        while True:
            while self._pending:
                yield self._pending.popleft()
            self._signal.clear()
            await self._signal.wait()


class Hub:
    """Subscribers, found by their viewer and by the authors they follow."""

    def __init__(self) -> None:
        self._by_viewer: dict[int, set[Subscriber]] = {}
        self._by_author: dict[int, set[Subscriber]] = {}

    def add(self, subscriber: Subscriber) -> None:
        """Take in a subscriber that follows nobody yet."""
        self._by_viewer.setdefault(subscriber.viewer_id, set()).add(subscriber)

    def remove(self, subscriber: Subscriber) -> None:
        """Forget a subscriber."""
        for author_id in subscriber.followees:
            _discard(self._by_author, author_id, subscriber)
        _discard(self._by_viewer, subscriber.viewer_id, subscriber)

    def follow(self, subscriber: Subscriber, author_ids: Iterable[int]) -> None:
        """Let a subscriber have the posts of these authors from now on."""
        for author_id in author_ids:
            subscriber.followees.add(author_id)
            self._by_author.setdefault(author_id, set()).add(subscriber)

    def unfollow(self, subscriber: Subscriber, author_id: int) -> None:
        """Let a subscriber have no more posts of an author."""
        subscriber.followees.discard(author_id)
        _discard(self._by_author, author_id, subscriber)

    def of_viewer(self, viewer_id: int) -> frozenset[Subscriber]:
        """All devices of a viewer."""
        return frozenset(self._by_viewer.get(viewer_id, ()))

    def of_author(self, author_id: int) -> frozenset[Subscriber]:
        """All subscribers that follow an author."""
        return frozenset(self._by_author.get(author_id, ()))

    def everyone(self) -> Iterable[Subscriber]:
        """All subscribers."""
        return [one for devices in self._by_viewer.values() for one in devices]


class Remembered:
    """The last few events, to tell one that comes again: jobs may run twice."""

    def __init__(self) -> None:
        self._seen: OrderedDict[object, None] = OrderedDict()

    def is_new(self, event: object) -> bool:
        """Whether this event has not been seen yet; from now on it has."""
        if event in self._seen:
            return False
        self._seen[event] = None
        if len(self._seen) > REMEMBERED_MAX:
            self._seen.popitem(last=False)
        return True


def _discard(index: dict[int, set[Subscriber]], key: int, subscriber: Subscriber) -> None:
    found = index.get(key)
    if found is not None:
        found.discard(subscriber)
        if not found:
            del index[key]
