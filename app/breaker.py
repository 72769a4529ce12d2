"""A breaker: whoever has just failed is left alone for a while."""

import time
from collections.abc import Callable


class Breaker:
    """Lets everything pass until something fails; then one probe every `open_seconds`.

    What passed before the failure may still succeed and close it again: the next failure opens it.
    """

    def __init__(
        self, *, open_seconds: float, seconds_now: Callable[[], float] = time.monotonic
    ) -> None:
        self._open_seconds = open_seconds
        self._seconds_now = seconds_now
        self._probe_at: float | None = None

    @property
    def is_open(self) -> bool:
        """Whether it failed when it was last asked: all but probes had better do without."""
        return self._probe_at is not None

    def lets_pass(self) -> bool:
        """Whether to ask now; yes promises to say how it went, or else the next probe will."""
        if self._probe_at is None:
            return True
        if self._seconds_now() < self._probe_at:
            return False
        self.open()  # for all but this one
        return True

    def open(self) -> None:
        """Note a failure."""
        self._probe_at = self._seconds_now() + self._open_seconds

    def close(self) -> None:
        """Note a success."""
        self._probe_at = None
