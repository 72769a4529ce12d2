"""Identifiers that sort by age and are made without asking anyone.

An id is an unsigned 64-bit integer: 41 bits of milliseconds since EPOCH_MS, 13 bits of the
author's logical shard, 10 bits of sequence. BSON's integers are signed, so ids fit until 2060.
"""

import secrets
import threading
import time
from datetime import UTC, datetime

EPOCH_MS = 1_767_225_600_000  # 2026-01-01T00:00:00Z
SHARD_BITS = 13
SEQUENCE_BITS = 10
SHARDS = 1 << SHARD_BITS
SEQUENCES = 1 << SEQUENCE_BITS
ID_MAX = (1 << 63) - 1


class IdSource:
    """Makes ids that rise within one process: with every millisecond, and for each shard in it.

    Two processes may draw the same sequence for the same shard in the same millisecond; the
    sequence starts at random, so that this is rare, and whoever inserts second finds the `_id`
    taken and draws again.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._millisecond = 0
        self._sequence = 0

    def next(self, shard: int) -> int:
        """Draw an id for something that belongs to `shard` (0 to SHARDS - 1)."""
        with self._lock:
            self._advance()
            elapsed, sequence = self._millisecond - EPOCH_MS, self._sequence
        return elapsed << (SHARD_BITS + SEQUENCE_BITS) | shard << SEQUENCE_BITS | sequence

    def _advance(self) -> None:
        now = max(time.time_ns() // 1_000_000, self._millisecond)
        if now == self._millisecond and self._sequence == SEQUENCES - 1:
            now += 1  # this millisecond is used up: borrow from the next rather than wait
        if now == self._millisecond:
            self._sequence += 1
        else:
            # In the lower half, so that half of all sequences are there for a burst.
            self._millisecond, self._sequence = now, secrets.randbelow(SEQUENCES // 2)


def shard_of(identifier: int) -> int:
    """Logical shard that an id was made for."""
    return identifier >> SEQUENCE_BITS & (SHARDS - 1)


def random_shard() -> int:
    """Shard of a new account: accounts spread evenly, and never move."""
    return secrets.randbelow(SHARDS)


def created_at(identifier: int) -> datetime:
    """When an id was made, to the millisecond, in UTC."""
    elapsed = identifier >> (SHARD_BITS + SEQUENCE_BITS)
    return datetime.fromtimestamp((elapsed + EPOCH_MS) / 1000, tz=UTC)
