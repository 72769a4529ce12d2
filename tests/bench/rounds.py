"""Turns: the measured thing, its raw limit, a peer, and again, so that noise falls on all."""

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from tests.bench.report import Figure, shown
from tests.stack import TestStack

Say = Callable[[str], None]
Bench = Callable[[TestStack, Say], Coroutine[None, None, list[Figure]]]
Turn = Callable[[], Awaitable[float]]


class BenchError(Exception):
    """What was to be measured did not do its work, so there is no figure."""


@dataclass(frozen=True, kw_only=True)
class Rounds:
    """What each round measured, all in one unit."""

    values: tuple[float, ...]
    limits: tuple[float, ...]
    peers: tuple[float, ...] = ()

    @property
    def value(self) -> float:
        """The median of the measured thing."""
        return median(self.values)

    @property
    def limit(self) -> float:
        """The median of its raw limit."""
        return median(self.limits)

    @property
    def peer(self) -> float:
        """The median of the peer."""
        return median(self.peers)

    @property
    def spread(self) -> str:
        """Between which values the rounds lie, in words."""
        return f"{between(self.values)}; limit {between(self.limits)}"


async def take_turns(
    count: int, measured: Turn, limit: Turn, say: Say, *, peer: Turn | None = None
) -> Rounds:
    """Measure all of them `count` times, by turns; who goes first alternates."""
    turns = {"": measured, "limit": limit} | ({"peer": peer} if peer else {})
    found = await in_turns(count, turns, say)
    return Rounds(
        values=tuple(found[""]), limits=tuple(found["limit"]), peers=tuple(found.get("peer", ()))
    )


async def in_turns(count: int, turns: Mapping[str, Turn], say: Say) -> dict[str, list[float]]:
    """What each of some turns measures, `count` times; who goes first alternates."""
    found: dict[str, list[float]] = {name: [] for name in turns}
    for number in range(count):
        for name in list(turns)[:: 1 if number % 2 == 0 else -1]:
            found[name].append(await turns[name]())
        said = (f"{name} {shown(values[-1])}".lstrip() for name, values in found.items())
        say(f"{number + 1}/{count}: {', '.join(said)}")
    return found


def between(values: Sequence[float]) -> str:
    """The least and the greatest of some values, in words."""
    return f"{shown(min(values))} to {shown(max(values))}"
