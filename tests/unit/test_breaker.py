"""The breaker: who is let through, and when."""

from app.breaker import Breaker

OPEN_SECONDS = 2.0


class Clock:
    """Time that passes when told to."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def passed(breaker: Breaker, count: int) -> int:
    return sum(breaker.lets_pass() for _ in range(count))


def test_everything_passes_until_something_fails() -> None:
    breaker = Breaker(open_seconds=OPEN_SECONDS, seconds_now=Clock())
    assert passed(breaker, 5) == 5
    breaker.close()
    assert passed(breaker, 5) == 5
    breaker.open()
    assert passed(breaker, 5) == 0


def test_one_probe_passes_at_a_time_and_success_lets_all_pass() -> None:
    clock = Clock()
    breaker = Breaker(open_seconds=OPEN_SECONDS, seconds_now=clock)
    breaker.open()
    for _ in range(3):
        clock.seconds += OPEN_SECONDS - 0.01
        assert passed(breaker, 5) == 0
        clock.seconds += 0.01
        assert passed(breaker, 5) == 1
    breaker.close()
    assert passed(breaker, 5) == 5


def test_a_probe_that_fails_late_opens_it_for_as_long_again() -> None:
    clock = Clock()
    breaker = Breaker(open_seconds=OPEN_SECONDS, seconds_now=clock)
    breaker.open()
    clock.seconds += OPEN_SECONDS
    assert passed(breaker, 1) == 1
    clock.seconds += OPEN_SECONDS / 2
    breaker.open()
    clock.seconds += OPEN_SECONDS * 0.9
    assert passed(breaker, 5) == 0
    clock.seconds += OPEN_SECONDS * 0.1
    assert passed(breaker, 5) == 1
