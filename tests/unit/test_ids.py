"""Ids: unique, rising, and telling what they were made for."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ids import (
    EPOCH_MS,
    ID_MAX,
    SEQUENCES,
    SHARDS,
    IdSource,
    created_at,
    random_shard,
    shard_of,
)

LAST_MS = EPOCH_MS + (1 << 40) - 1  # November 2060


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The time in milliseconds, to be set."""
    now = [EPOCH_MS + 1_000]
    monkeypatch.setattr(time, "time_ns", lambda: now[0] * 1_000_000)
    return now


@given(st.lists(st.integers(0, SHARDS - 1), min_size=2, max_size=50))
def test_an_id_says_its_shard_and_its_moment(shards: list[int]) -> None:
    source = IdSource()
    before = datetime.now(UTC) - timedelta(milliseconds=1)
    drawn = [source.next(shard) for shard in shards]
    after = datetime.now(UTC) + timedelta(milliseconds=1)
    assert [shard_of(each) for each in drawn] == shards
    assert all(before <= created_at(each) <= after for each in drawn)


@given(st.integers(EPOCH_MS, LAST_MS), st.integers(0, SHARDS - 1))
def test_the_moment_is_exact_to_the_millisecond(now_ms: int, shard: int) -> None:
    source = IdSource()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "time_ns", lambda: now_ms * 1_000_000 + 999_999)
        drawn = source.next(shard)
    assert created_at(drawn) == datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=now_ms)
    assert 0 <= drawn <= ID_MAX


def test_a_burst_in_one_millisecond_has_no_doubles(clock: list[int]) -> None:
    source = IdSource()
    drawn = [source.next(7) for _ in range(3 * SEQUENCES + 1)]
    assert drawn == sorted(set(drawn))
    borrowed = created_at(drawn[-1]) - created_at(drawn[0])
    assert timedelta(milliseconds=3) <= borrowed <= timedelta(milliseconds=6)


@pytest.mark.parametrize("turned_back_ms", [1, 60_000])
def test_a_clock_that_is_turned_back_makes_no_doubles(
    clock: list[int], turned_back_ms: int
) -> None:
    source = IdSource()
    drawn = [source.next(1) for _ in range(SEQUENCES)]
    clock[0] -= turned_back_ms
    drawn += [source.next(1) for _ in range(SEQUENCES)]
    assert drawn == sorted(set(drawn))


def test_ids_of_later_milliseconds_are_higher(clock: list[int]) -> None:
    source = IdSource()
    drawn = []
    for shard in (SHARDS - 1, 0, 5, SHARDS - 1, 0):
        drawn.append(source.next(shard))
        clock[0] += 1
    assert drawn == sorted(drawn)


def test_ids_rise_within_a_process() -> None:
    source = IdSource()
    drawn = [source.next(9) for _ in range(5_000)]
    assert drawn == sorted(set(drawn))


def test_threads_share_a_source() -> None:
    source = IdSource()
    with ThreadPoolExecutor(8) as threads:
        drawn = list(threads.map(lambda _: source.next(3), range(8_000)))
    assert len(set(drawn)) == len(drawn)


def test_new_accounts_spread_over_the_shards() -> None:
    drawn = [random_shard() for _ in range(2_000)]
    assert all(0 <= shard < SHARDS for shard in drawn)
    assert len(set(drawn)) > 1_500
