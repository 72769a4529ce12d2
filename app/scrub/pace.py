"""How fast a scrub reads."""

import asyncio
import time


class BytesPerSecond:
    """Has those who read wait for each other, so that all together read no faster than that.

    Each waits after it has read, and nothing is saved up while nobody reads.
    """

    def __init__(self, bytes_per_second: float) -> None:
        self._bytes_per_second = bytes_per_second
        self._free_at = 0.0

    async def spend(self, byte_size: int) -> None:
        """Wait until that much may have been read."""
        now = time.monotonic()
        self._free_at = max(self._free_at, now) + byte_size / self._bytes_per_second
        await asyncio.sleep(self._free_at - now)


class Unhurried:
    """Has nobody wait."""

    async def spend(self, byte_size: int) -> None:
        """Go on at once."""
