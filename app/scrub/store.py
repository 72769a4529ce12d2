"""The collection `scrubs`: where each kind of scrub goes on that was interrupted."""

from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

from app.scrub.model import Checkpoint, Report

if TYPE_CHECKING:
    from motor.motor_asyncio import AsyncIOMotorDatabase

_COUNTS = frozenset(field.name for field in fields(Report))


class ScrubStore:
    """One document a kind of scrub, by its name, while it is not done."""

    def __init__(self, database: "AsyncIOMotorDatabase[dict[str, Any]]") -> None:
        self._scrubs = database.get_collection("scrubs")

    async def find(self, name: str) -> Checkpoint | None:
        """Where a scrub goes on; None if it begins anew."""
        document = await self._scrubs.find_one({"_id": name})
        if document is None:
            return None
        counts = {name: count for name, count in document["report"].items() if name in _COUNTS}
        return Checkpoint(stage=document["stage"], after=document["after"], report=Report(**counts))

    async def put(self, name: str, checkpoint: Checkpoint) -> None:
        """Note how far a scrub is."""
        await self._scrubs.replace_one({"_id": name}, asdict(checkpoint), upsert=True)

    async def remove(self, name: str) -> None:
        """Note that a scrub is done."""
        await self._scrubs.delete_one({"_id": name})
