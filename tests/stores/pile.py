"""Jobs that wait until a test has them answered."""

from typing import TYPE_CHECKING

from app.jobs import ReplicatePhoto

if TYPE_CHECKING:
    import dramatiq


class Pile:
    """A queue whose jobs are taken in any order, some of them twice.

    There are no photos in this world, and nobody copies them.
    """

    def __init__(self) -> None:
        self.jobs: list[dramatiq.Message[None]] = []

    def enqueue(self, message: "dramatiq.Message[None]") -> None:
        """What a house does with its jobs."""
        if message.actor_name != ReplicatePhoto.name:
            self.jobs.append(message)
