"""What is taken, given back, refused and counted, whatever Redis does."""

from collections.abc import Sequence
from typing import Final

import pytest

from app.errors import RateLimitedError
from app.metrics import RateLimit, metric_value
from app.rates.model import Allowance, Claim, Rate, Window
from app.rates.service import Rates

SECONDS: Final = 60


class Counts:
    """What each subject has spent; whoever is away does not answer."""

    def __init__(self) -> None:
        self.spent: dict[str, int] = {}
        self.away: set[str] = set()

    async def ask(self, *claims: Claim) -> Sequence[Window]:
        return [self._spend(claim) for claim in claims if claim.subject not in self.away]

    def _spend(self, claim: Claim) -> Window:
        spent = self.spent.get(claim.subject, 0)
        fits = spent + claim.cost <= claim.rate.limit
        if fits:
            spent = self.spent[claim.subject] = spent + claim.cost
        return Window(claim, fits, 0, 0.0, spent, 2.0 * SECONDS)


@pytest.fixture
def counts() -> Counts:
    return Counts()


@pytest.fixture
def rates(counts: Counts) -> Rates:
    """100 a viewer, 300 an address, 10 attempts an account, 30 an address."""

    def rate(name: RateLimit, limit: int) -> Rate:
        return Rate(name=name, limit=limit, window_seconds=SECONDS)

    return Rates(
        store=counts,
        viewer=rate("viewer", 100),
        address=rate("address", 300),
        sign_in_account=rate("sign_in", 10),
        sign_in_address=rate("sign_in", 30),
    )


def refusals(limit: RateLimit) -> float:
    return metric_value("photofeed_rate_limit_refusals_total", limit=limit)


def skipped(limit: RateLimit) -> float:
    return metric_value("photofeed_rate_limits_skipped_total", limit=limit)


async def test_an_operation_is_taken_from_both_rates_and_the_tighter_is_told(rates: Rates) -> None:
    assert await rates.spend(cost=30, address="a", viewer_id=1) == Allowance(
        limit=100, remaining=70, reset_seconds=61
    )
    for viewer_id in (2, 3):
        await rates.spend(cost=100, address="a", viewer_id=viewer_id)
    told = await rates.spend(cost=10, address="a", viewer_id=4)
    assert told is not None
    assert (told.limit, told.remaining) == (300, 60)


async def test_nobody_in_particular_has_the_rate_of_the_address(rates: Rates) -> None:
    told = await rates.spend(cost=120, address="a", viewer_id=None)
    assert told is not None
    assert (told.limit, told.remaining) == (300, 180)


async def test_what_one_rate_refuses_is_taken_from_neither(rates: Rates, counts: Counts) -> None:
    await rates.spend(cost=95, address="a", viewer_id=1)
    spent, before = dict(counts.spent), refusals("viewer")
    with pytest.raises(RateLimitedError) as refused:
        await rates.spend(cost=6, address="a", viewer_id=1)
    assert counts.spent == spent
    assert (refused.value.limit, refused.value.remaining) == (100, 5)
    assert 60 < refused.value.retry_after_seconds <= 120
    assert str(refused.value.retry_after_seconds) in str(refused.value)
    assert refusals("viewer") == before + 1
    await rates.spend(cost=5, address="a", viewer_id=1)


async def test_an_address_that_has_spent_its_rate_costs_its_viewers_nothing(
    rates: Rates, counts: Counts
) -> None:
    await rates.spend(cost=300, address="a", viewer_id=None)
    before = refusals("address")
    with pytest.raises(RateLimitedError):
        await rates.spend(cost=1, address="a", viewer_id=1)
    assert refusals("address") == before + 1
    await rates.spend(cost=100, address="b", viewer_id=1)


async def test_a_thousand_aliases_are_a_thousand_attempts(rates: Rates) -> None:
    refused, before = 0, refusals("sign_in")
    for number in range(1_000):
        try:
            await rates.try_to_sign_in(address=f"192.0.2.{number}", username="Ada")
        except RateLimitedError:
            refused += 1
    assert refused == refusals("sign_in") - before == 990


async def test_an_account_is_the_same_in_any_case_and_from_anywhere(rates: Rates) -> None:
    for number in range(10):
        await rates.try_to_sign_in(address=f"192.0.2.{number}", username="ada")
    with pytest.raises(RateLimitedError):
        await rates.try_to_sign_in(address="198.51.100.1", username="ADA")
    await rates.try_to_sign_in(address="198.51.100.1", username="bob")


async def test_an_address_without_attempts_cannot_use_up_those_of_others(rates: Rates) -> None:
    for _ in range(30):
        await rates.try_to_sign_in(address="a", username=None)
    for _ in range(20):
        with pytest.raises(RateLimitedError):
            await rates.try_to_sign_in(address="a", username="ada")
    await rates.try_to_sign_in(address="b", username="ada")


async def test_attempts_to_sign_in_and_operations_have_rates_of_their_own(rates: Rates) -> None:
    await rates.spend(cost=300, address="a", viewer_id=None)
    await rates.try_to_sign_in(address="a", username=None)


async def test_without_redis_everything_is_let_through_and_counted(
    rates: Rates, counts: Counts
) -> None:
    counts.away = {"viewer 1", "address a", "sign in address a", "sign in account ada"}
    before = [skipped(limit) for limit in ("viewer", "address", "sign_in")]
    assert await rates.spend(cost=1_000, address="a", viewer_id=1) is None
    await rates.try_to_sign_in(address="a", username="ada")
    after = [skipped(limit) for limit in ("viewer", "address", "sign_in")]
    assert [now - then for now, then in zip(after, before, strict=True)] == [1, 1, 2]


async def test_a_rate_that_is_there_is_kept_to_while_another_is_away(
    rates: Rates, counts: Counts
) -> None:
    counts.away = {"address a"}
    told = await rates.spend(cost=100, address="a", viewer_id=1)
    assert told == Allowance(limit=100, remaining=0, reset_seconds=61)
    with pytest.raises(RateLimitedError):
        await rates.spend(cost=1, address="a", viewer_id=1)
