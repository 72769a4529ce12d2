"""Rates, what is asked of them, and what they still allow."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from ipaddress import AddressValueError, IPv6Address
from typing import NamedTuple

from app.accounts.model import USERNAME, username_key
from app.metrics import RateLimit

ADDRESS_MAX_CHARACTERS = 45  # nothing that is an address has more
ADDRESSES_REMEMBERED_MAX = 4_096

_NETWORK_BITS = 64  # of an IPv6 address: what a household gets, all of which it may use


@dataclass(frozen=True, kw_only=True, slots=True)
class Allowance:
    """What the tightest of the rates that apply still allows.

    `limit` and `remaining` are cost a window; after `reset_seconds` more remains.
    """

    limit: int
    remaining: int
    reset_seconds: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Rate:
    """At most so much cost in any window; `name` is what it is counted as."""

    name: RateLimit
    limit: int
    window_seconds: int


@dataclass(frozen=True, slots=True, eq=False)
class Claim:
    """Some of a rate, for a subject that has the rate to itself.

    No claim equals another, however alike they are. A negative cost gives back.
    """

    rate: Rate
    subject: str
    cost: int

    def given_back(self) -> "Claim":
        """What undoes this one, should it have been granted."""
        return replace(self, cost=-self.cost)


class Window(NamedTuple):
    """What a claim came to: a sliding window, as the library `limits` counts it.

    The current window's count is whole, that of the previous one fades while the current one goes
    on: it counts by the part of it that lies in the last `window_seconds`. Either count has the
    seconds left until it is gone, 0 without a count; the current window goes on for as long as it
    has more left than a window's length.
    """

    claim: Claim
    is_granted: bool
    previous: int
    previous_seconds: float
    current: int
    current_seconds: float

    @property
    def remaining(self) -> int:
        """The highest cost that would be granted now."""
        rate = self.claim.rate
        faded = self.previous * self.previous_seconds / rate.window_seconds
        return max(0, min(rate.limit, rate.limit - self.current - math.floor(faded)))

    def seconds_until(self, cost: int) -> int:
        """Whole seconds until a cost that is not granted now will be, if nothing else is.

        A whole window for a cost above the limit, which never is: there is nothing to wait for.
        """
        window_seconds = self.claim.rate.window_seconds
        room = self.claim.rate.limit - cost
        if room < 0:
            return window_seconds
        if self.current <= room:
            count, gone_in, room = self.previous, self.previous_seconds, room - self.current
        else:
            count, gone_in = self.current, max(self.current_seconds, window_seconds)
        # A count is down to `room` as soon as less than one more is left of it.
        return math.floor(max(0.0, gone_in - window_seconds * (room + 1) / count)) + 1


def allowance_of(windows: Sequence[Window]) -> Allowance:
    """What the tightest of some windows allows."""
    remaining, at = min((window.remaining, at) for at, window in enumerate(windows))
    limit = windows[at].claim.rate.limit
    return Allowance(
        limit=limit,
        remaining=remaining,
        reset_seconds=windows[at].seconds_until(remaining + 1) if remaining < limit else 0,
    )


def account_subject(username: str) -> str | None:
    """An account by its name, which is the same in any case; None if nobody can have that name."""
    return f"account {username_key(username)}" if USERNAME.fullmatch(username) else None


def viewer_subject(viewer_id: int) -> str:
    """An account by its id."""
    return f"viewer {viewer_id}"


@lru_cache(maxsize=ADDRESSES_REMEMBERED_MAX)
def address_subject(address: str) -> str:
    """A network: an address, or the /64 of an IPv6 address."""
    try:
        parsed = IPv6Address(address) if ":" in address else None
    except AddressValueError:
        parsed = None
    if parsed is None:
        return f"address {address[:ADDRESS_MAX_CHARACTERS]}"
    if parsed.ipv4_mapped is not None:
        return f"address {parsed.ipv4_mapped}"
    return f"address {int(parsed) >> _NETWORK_BITS:x}/{_NETWORK_BITS}"
