"""What every operation and every attempt to sign in has to fit into."""

from collections.abc import Sequence
from typing import Protocol, Self

from app.errors import RateLimitedError
from app.metrics import count_rate_limit_refusal, count_rate_limit_skipped
from app.rates.model import (
    Allowance,
    Claim,
    Rate,
    Window,
    account_subject,
    address_subject,
    allowance_of,
    viewer_subject,
)
from app.settings import Settings


class RateClaims(Protocol):
    """Where claims are granted."""

    async def ask(self, *claims: Claim) -> Sequence[Window]:
        """What becomes of each claim; those that cannot be told are left out."""


class Rates:
    """Limits by viewer, by address and by account, over windows that slide.

    What is refused costs nothing. Where the cache is away, there are no limits.
    """

    def __init__(
        self,
        *,
        store: RateClaims,
        viewer: Rate,
        address: Rate,
        sign_in_account: Rate,
        sign_in_address: Rate,
    ) -> None:
        self._store = store
        self._viewer = viewer
        self._address = address
        self._sign_in_account = sign_in_account
        self._sign_in_address = sign_in_address

    @classmethod
    def from_settings(cls, settings: Settings, store: RateClaims) -> Self:
        """The rates that a deployment has chosen."""
        window = settings.rate_window_seconds
        sign_in_window = settings.sign_in_window_seconds
        return cls(
            store=store,
            viewer=Rate(name="viewer", limit=settings.rate_viewer_max_cost, window_seconds=window),
            address=Rate(
                name="address", limit=settings.rate_address_max_cost, window_seconds=window
            ),
            sign_in_account=Rate(
                name="sign_in",
                limit=settings.sign_in_account_max_attempts,
                window_seconds=sign_in_window,
            ),
            sign_in_address=Rate(
                name="sign_in",
                limit=settings.sign_in_address_max_attempts,
                window_seconds=sign_in_window,
            ),
        )

    async def spend(self, *, cost: int, address: str, viewer_id: int | None) -> Allowance | None:
        """Take an operation's cost from its viewer's rate and its address'.

        Returns:
            The tighter of what they still allow; None if the cache is away.

        Raises:
            RateLimitedError: it does not fit into one of them, and was taken from neither.
        """
        claims = [Claim(self._address, address_subject(address), cost)]
        if viewer_id is not None:
            claims.append(Claim(self._viewer, viewer_subject(viewer_id), cost))
        windows = await self._granted(claims)
        return allowance_of(windows) if windows else None

    async def try_to_sign_in(self, *, address: str, username: str | None) -> None:
        """Count an attempt to sign in, or up if there is no account yet.

        The address comes first: from one that has no attempts left, nobody can use up those of
        other people's accounts.

        Raises:
            RateLimitedError: there were too many.
        """
        await self._granted(
            [Claim(self._sign_in_address, f"sign in {address_subject(address)}", 1)]
        )
        account = account_subject(username) if username is not None else None
        if account is not None:
            await self._granted([Claim(self._sign_in_account, f"sign in {account}", 1)])

    async def _granted(self, claims: Sequence[Claim]) -> Sequence[Window]:
        windows = await self._store.ask(*claims)
        if len(windows) < len(claims):
            _count_skipped(claims, windows)
        refused = [window for window in windows if not window.is_granted]
        if refused:
            # Waited for, so that whoever has heard of a refusal finds nothing taken by it.
            await self._store.ask(*(w.claim.given_back() for w in windows if w.is_granted))
            raise _refusal(refused)
        return windows


def _count_skipped(claims: Sequence[Claim], windows: Sequence[Window]) -> None:
    answered = {window.claim for window in windows}
    for claim in claims:
        if claim not in answered:
            count_rate_limit_skipped(claim.rate.name)


def _refusal(refused: Sequence[Window]) -> RateLimitedError:
    last = max(refused, key=lambda window: window.seconds_until(window.claim.cost))
    seconds = max(1, last.seconds_until(last.claim.cost))
    count_rate_limit_refusal(last.claim.rate.name)
    return RateLimitedError(
        f"Too much in too short a time; try again in {seconds} s.",
        retry_after_seconds=seconds,
        limit=last.claim.rate.limit,
        remaining=last.remaining,
    )
