"""Windows that slide, and who has which to themselves."""

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rates.model import (
    Claim,
    Rate,
    Window,
    account_subject,
    address_subject,
    allowance_of,
    viewer_subject,
)

LIMIT: Final = 100
SECONDS: Final = 60
RATE: Final = Rate(name="viewer", limit=LIMIT, window_seconds=SECONDS)


def a_window(
    previous: int = 0, current: int = 0, *, elapsed: float = 0, rate: Rate = RATE
) -> Window:
    """A window that has gone on for so long."""
    left = rate.window_seconds - elapsed
    return Window(
        Claim(rate, "somebody", 1),
        is_granted=True,
        previous=previous,
        previous_seconds=left if previous else 0,
        current=current,
        current_seconds=left + rate.window_seconds if current else 0,
    )


def later(window: Window, seconds: float) -> Window:
    """The same if nothing is claimed for so long: the library's rule, as its script has it."""
    rate, left = window.claim.rate, window.current_seconds - seconds
    if left > rate.window_seconds:
        return a_window(
            window.previous,
            window.current,
            elapsed=2 * rate.window_seconds - left,
        )
    if window.current and left > 0:
        return a_window(window.current, elapsed=rate.window_seconds - left)
    if window.previous and not window.current and window.previous_seconds > seconds:
        return a_window(
            window.previous, elapsed=rate.window_seconds - window.previous_seconds + seconds
        )
    return a_window()


windows = st.builds(
    a_window,
    st.integers(0, LIMIT),
    st.integers(0, LIMIT),
    elapsed=st.floats(0, SECONDS - 1),
)


@pytest.mark.parametrize(
    ("window", "remaining"),
    [
        (a_window(), 100),
        (a_window(current=30), 70),
        (a_window(30, elapsed=30), 85),
        (a_window(31, elapsed=30), 85),
        (a_window(40, 50, elapsed=45), 40),
        (a_window(100, 100), 0),
        (a_window(current=-5), 100),
    ],
)
def test_the_previous_window_counts_by_what_of_it_is_not_long_ago(
    window: Window, remaining: int
) -> None:
    assert window.remaining == remaining


@given(windows, st.integers(1, LIMIT))
def test_a_refused_cost_is_granted_after_the_seconds_told_and_not_a_second_sooner(
    window: Window, cost: int
) -> None:
    if cost > window.remaining:
        seconds = window.seconds_until(cost)
        assert later(window, seconds).remaining >= cost
        if seconds > 1:
            assert later(window, seconds - 1.001).remaining < cost


def test_what_never_fits_is_worth_asking_for_a_window_later() -> None:
    assert a_window().seconds_until(LIMIT + 1) == SECONDS


@given(windows)
def test_the_allowance_says_when_more_remains(window: Window) -> None:
    allowance = allowance_of([window])
    assert (allowance.limit, allowance.remaining) == (LIMIT, window.remaining)
    if window.remaining == LIMIT:
        assert allowance.reset_seconds == 0
    else:
        assert later(window, allowance.reset_seconds).remaining > window.remaining


def test_the_tightest_rate_is_told() -> None:
    wide = Rate(name="address", limit=1_000, window_seconds=SECONDS)
    tight, loose = a_window(current=90), a_window(current=100, rate=wide)
    assert allowance_of([loose, tight]) == allowance_of([tight, loose]) == allowance_of([tight])
    tighter = a_window(current=995, rate=wide)
    assert allowance_of([tighter, tight]).limit == 1_000


@given(windows, st.integers(1, LIMIT))
def test_whole_seconds_are_told(window: Window, cost: int) -> None:
    assert isinstance(window.remaining, int)
    if cost > window.remaining:
        seconds = window.seconds_until(cost)
        assert isinstance(seconds, int)
        assert 1 <= seconds <= 2 * SECONDS


def test_claims_are_equal_to_none_but_themselves() -> None:
    claim, twin = (Claim(RATE, "somebody", 3) for _ in range(2))
    assert claim != twin
    assert claim.given_back().cost == -3


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff"),
        ("2001:DB8:1:2::1", "2001:db8:0001:0002::9"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::2%eth1"),
    ],
)
def test_addresses_of_a_network_share_a_rate(one: str, other: str) -> None:
    assert address_subject(one) == address_subject(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("192.0.2.7", "192.0.2.8"),
        ("2001:db8:1:2::1", "2001:db8:1:3::1"),
        ("::ffff:192.0.2.7", "::ffff:192.0.2.8"),
        ("not:an:address", "nor:this"),
        ("", "unix"),
    ],
)
def test_networks_have_rates_of_their_own(one: str, other: str) -> None:
    assert address_subject(one) != address_subject(other)


def test_accounts_are_the_same_in_any_case_and_are_no_viewers() -> None:
    assert account_subject("Ada_L") == account_subject("aDA_l")
    assert len({account_subject("777"), viewer_subject(777), address_subject("777")}) == 3


@pytest.mark.parametrize("name", ["", "a b c", "\ud800\ud800\ud800", "a" * 100_000])
def test_a_name_that_nobody_can_have_is_no_account(name: str) -> None:
    assert account_subject(name) is None


def test_what_is_no_address_is_not_remembered_at_length() -> None:
    assert len(address_subject("x" * 10_000)) < 60
