"""What a process keeps: never too much, never too old, never what was dropped."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from app import kept as kept_module
from app.kept import Kept

KEYS = st.integers(0, 5)
MAX_WEIGHT = 12
MAX_SECONDS = 10.0


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def kept(clock: Clock, max_weight: int = MAX_WEIGHT) -> Kept[int, tuple[int, int]]:
    """Values are a number of their own, and what they weigh."""
    return Kept(
        max_weight=max_weight,
        max_seconds=MAX_SECONDS,
        weigh=lambda value: value[1],
        seconds_now=clock,
    )


class Machine(RuleBasedStateMachine):
    """Puts, drops and time, against a plain account of what may be found.

    For each key that is the value that was put last, since the last drop, under a lease that is
    not older than that drop. It may be missing; another may not be there.
    """

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.kept = kept(self.clock)
        self.number = 0
        self.steps = 0
        self.leases = [(self.kept.lease(), 0)]
        self.dropped_at: dict[int, int] = {}
        self.allowed: dict[int, tuple[tuple[int, int], float]] = {}

    @rule()
    def lease(self) -> None:
        self.leases.append((self.kept.lease(), self.steps))

    @rule(key=KEYS, weight=st.integers(0, 8), data=st.data())
    def put(self, key: int, weight: int, data: st.DataObject) -> None:
        lease, leased_at = data.draw(st.sampled_from(self.leases))
        self.number += 1
        value = (self.number, weight)
        self.kept.put(key, value, lease)
        if leased_at < self.dropped_at.get(key, 0):
            assert self.kept.find([key]).get(key) != value
        else:
            self.allowed[key] = (value, self.clock.now)
            is_light = weight <= MAX_WEIGHT // 2
            assert self.kept.find([key]) == ({key: value} if is_light else {})

    @rule(keys=st.sets(KEYS, min_size=1))
    def drop(self, keys: set[int]) -> None:
        self.steps += 1
        for key in keys:
            self.kept.drop(key)
            self.dropped_at[key] = self.steps
            self.allowed.pop(key, None)

    @rule()
    def clear(self) -> None:
        self.steps += 1
        self.kept.clear()
        self.dropped_at = dict.fromkeys(range(6), self.steps)
        self.allowed.clear()
        assert self.kept.find(range(6)) == {}

    @rule(seconds=st.floats(0, MAX_SECONDS))
    def wait(self, seconds: float) -> None:
        self.clock.now += seconds

    @rule(keys=st.lists(KEYS))
    def find(self, keys: list[int]) -> None:
        for key, value in self.kept.find(keys).items():
            allowed, put_at = self.allowed[key]
            assert value == allowed
            assert self.clock.now - put_at < MAX_SECONDS

    @invariant()
    def it_is_bounded(self) -> None:
        held = [*self.kept._young.items(), *self.kept._old.items()]
        assert sum(entry.weight for _, entry in held) <= MAX_WEIGHT
        assert len({key for key, _ in held}) == len(held)


TestMachine = Machine.TestCase


@given(st.lists(st.integers(0, 30), min_size=1))
def test_what_is_asked_for_again_and_again_stays(others: list[int]) -> None:
    few = kept(Clock(), max_weight=8)
    few.put(99, (1, 1), few.lease())
    for other in others:
        few.put(other, (2, 1), few.lease())
        assert few.find([99]) == {99: (1, 1)}


def test_being_asked_for_makes_nothing_younger() -> None:
    clock = Clock()
    few = kept(clock)
    few.put(1, (1, 1), few.lease())
    for _ in range(9):
        clock.now += 1.0
        assert few.find([1])
    clock.now += 1.0
    assert few.find([1]) == {}


def test_a_value_that_is_read_while_its_key_is_dropped_is_not_kept() -> None:
    few = kept(Clock())
    lease = few.lease()
    few.drop(1)
    few.put(1, (1, 1), lease)
    few.put(2, (2, 1), lease)
    assert few.find([1, 2]) == {2: (2, 1)}
    few.put(1, (3, 1), few.lease())
    assert few.find([1]) == {1: (3, 1)}


def test_drops_that_are_forgotten_are_not_forgiven(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_module, "DROPS_REMEMBERED_MAX", 3)
    few = kept(Clock())
    lease = few.lease()
    for key in (1, 5, 6, 7, 8):
        few.drop(key)
    few.put(1, (1, 1), lease)
    assert few.find([1]) == {}
    assert len(few._dropped_at) <= 3
