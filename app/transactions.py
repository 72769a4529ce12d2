"""Changes to several documents that happen in whole or not at all."""

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorClientSession

Result = TypeVar("Result")
Transaction = AsyncIOMotorClientSession


class Transactions:
    """Runs changes in MongoDB transactions."""

    def __init__(self, client: "AsyncIOMotorClient[dict[str, Any]]") -> None:
        self._client = client

    async def run(self, change: Callable[[Transaction], Coroutine[Any, Any, Result]]) -> Result:
        """Run `change` and commit; repeats it when another transaction got in its way.

        Whatever `change` raises undoes it.
        """
        async with await self._client.start_session() as session:
            result: Result = await session.with_transaction(change)
            return result
