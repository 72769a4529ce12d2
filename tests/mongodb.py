"""What is asked of MongoDB, seen from the driver, for tests of how it is asked."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pymongo.monitoring import (
    CommandFailedEvent,
    CommandListener,
    CommandStartedEvent,
    CommandSucceededEvent,
)

# What the driver asks for itself.
_HOUSEKEEPING = {"hello", "ping", "endSessions", "killCursors", "abortTransaction"}
_ENVELOPE = ("lsid", "txnNumber", "$db", "$clusterTime", "$readPreference", "startTransaction")


class Asked(CommandListener):
    """Records the commands of a client that was given this as a listener."""

    def __init__(self) -> None:
        self._commands: list[dict[str, Any]] | None = None

    @contextmanager
    def recording(self) -> Iterator[list[dict[str, Any]]]:
        """The commands that are sent meanwhile."""
        commands: list[dict[str, Any]] = []
        self._commands = commands
        yield commands
        self._commands = None

    def started(self, event: CommandStartedEvent) -> None:
        if self._commands is not None and event.command_name not in _HOUSEKEEPING:
            self._commands.append(
                {name: value for name, value in event.command.items() if name not in _ENVELOPE}
            )

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Not recorded."""

    def failed(self, event: CommandFailedEvent) -> None:
        """Not recorded."""


def stages(plan: Mapping[str, Any]) -> set[str]:
    """Names of all stages of a plan, as `explain` tells it."""
    found = {plan["stage"]} if "stage" in plan else set()
    for inner in (plan.get("inputStage"), *plan.get("inputStages", ()), plan.get("queryPlan")):
        if inner:
            found |= stages(inner)
    return found
