"""Passwords as argon2id hashes, computed off the event loop, a few at once."""

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError


class Passwords:
    """Hashes passwords, and compares them with hashes.

    Each hash takes `memory_kib` KiB; at most `parallel_max` are computed at once, so that a flood
    of sign-ins costs bounded memory and leaves the event loop alone.
    """

    def __init__(self, *, memory_kib: int, passes: int, parallel_max: int) -> None:
        self._hasher = PasswordHasher(memory_cost=memory_kib, time_cost=passes, parallelism=1)
        self._turns = asyncio.Semaphore(parallel_max)
        self._nobody = self._hasher.hash("the hash that unknown usernames are compared with")

    async def hash(self, password: str) -> str:
        """Hash a new password; the result carries its salt and parameters."""
        async with self._turns:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def matches(self, password: str, password_hash: str | None) -> bool:
        """Whether a password belongs to a hash; None takes as long and is never true."""
        async with self._turns:
            return await asyncio.to_thread(self._matches, password, password_hash)

    def _matches(self, password: str, password_hash: str | None) -> bool:
        try:
            self._hasher.verify(password_hash or self._nobody, password)
        except (VerificationError, InvalidHashError):
            return False
        return password_hash is not None
