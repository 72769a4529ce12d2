"""Changes of several documents, and reads of many, as if they were one."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import pymongo
from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorClientSession
from pymongo.errors import PyMongoError

# The driver's own loop goes on for two minutes, and a request waits for it: for as long as the
# server is away, if it went away in the middle of a transaction.
REPEAT_MAX_SECONDS = 15.0
REPEATABLE = "TransientTransactionError"
PAUSE_SECONDS = 0.002
PAUSE_MAX_SECONDS = 0.1
# Counting reads an index entry for everything that is counted, so it may take longer than whatever
# a request waits for; MongoDB keeps a snapshot for five minutes.
SNAPSHOT_MAX_SECONDS = 120.0

Result = TypeVar("Result")
Transaction = AsyncIOMotorClientSession
Snapshot = AsyncIOMotorClientSession


class RepeatError(Exception):
    """Raised by a change that has to be undone and run once more."""


class Transactions:
    """Runs changes in MongoDB transactions, and opens snapshots."""

    def __init__(self, client: "AsyncIOMotorClient[dict[str, Any]]") -> None:
        self._client = client

    async def run(self, change: Callable[[Transaction], Coroutine[Any, Any, Result]]) -> Result:
        """Run `change` and commit; repeats it when another transaction got in its way.

        Whatever `change` raises undoes it; after a RepeatError it is run again.
        """
        give_up_at = time.monotonic() + REPEAT_MAX_SECONDS
        pause = PAUSE_SECONDS
        async with await self._client.start_session() as session:
            while True:
                try:
                    async with session.start_transaction():
                        return await change(session)
                except (PyMongoError, RepeatError) as error:
                    if not _is_repeatable(error) or time.monotonic() > give_up_at:
                        raise
                # Whoever was first may still be at it; those that wait should not meet again.
                await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - no secret
                pause = min(2 * pause, PAUSE_MAX_SECONDS)

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Snapshot]:
        """Open a session whose reads, one after the other, all see the moment of the first.

        It can find and aggregate; all of it may take SNAPSHOT_MAX_SECONDS.
        """
        async with await self._client.start_session(snapshot=True) as session:
            with pymongo.timeout(SNAPSHOT_MAX_SECONDS):
                yield session


def _is_repeatable(error: PyMongoError | RepeatError) -> bool:
    return isinstance(error, RepeatError) or error.has_error_label(REPEATABLE)
