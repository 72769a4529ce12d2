"""What this process counts, for Prometheus to fetch.

Labels are words of ours, never a client's: their values stay few.
"""

from functools import cache
from typing import Literal

from prometheus_client import (
    CONTENT_TYPE_PLAIN_0_0_4,
    CollectorRegistry,
    Counter,
    Gauge,
    ProcessCollector,
    generate_latest,
)

METRICS_TYPE = CONTENT_TYPE_PLAIN_0_0_4
"""The content type of `render_metrics`."""

RateLimit = Literal["viewer", "address", "sign_in"]

# Our own: the library's is one for the whole process, and takes no name twice.
_registry = CollectorRegistry()
ProcessCollector(registry=_registry)

_operations = Counter(
    "photofeed_operations_total",
    "Operations run to their answer, and subscriptions begun.",
    ("kind", "outcome"),
    registry=_registry,
)
_compiled_fallbacks = Counter(
    "photofeed_compiled_fallbacks_total",
    "Values completed by the stock executor, for which there was no compiled way, or it failed.",
    ("reason",),
    registry=_registry,
)
_persisted_queries = Counter(
    "photofeed_persisted_queries_total",
    "Persisted queries asked for by their hash.",
    ("found",),
    registry=_registry,
)
_rate_limit_refusals = Counter(
    "photofeed_rate_limit_refusals_total",
    "Operations and attempts to sign in that a rate limit refused.",
    ("limit",),
    registry=_registry,
)
_rate_limits_skipped = Counter(
    "photofeed_rate_limits_skipped_total",
    "Rate limits not applied because Redis was away.",
    ("limit",),
    registry=_registry,
)
_live_subscribers = Gauge(
    "photofeed_live_subscribers",
    "Subscriptions to feed updates that are open.",
    registry=_registry,
)


@cache
def _operations_of(kind: str, outcome: str) -> Counter:
    return _operations.labels(kind, outcome)


def count_operation(kind: str, *, has_errors: bool) -> None:
    """Count an operation: a `query`, a `mutation` or a `subscription`."""
    _operations_of(kind, "errors" if has_errors else "ok").inc()


def count_fallback(reason: str) -> None:
    """Count a value that the stock executor completed instead of a compiled function."""
    _compiled_fallbacks.labels(reason).inc()


def count_persisted_query(*, is_hit: bool) -> None:
    """Count a look for a persisted query."""
    _persisted_queries.labels("hit" if is_hit else "miss").inc()


def count_rate_limit_refusal(limit: RateLimit) -> None:
    """Count what a rate limit refused."""
    _rate_limit_refusals.labels(limit).inc()


def count_rate_limit_skipped(limit: RateLimit) -> None:
    """Count a rate limit that was not applied because Redis was away."""
    _rate_limits_skipped.labels(limit).inc()


def count_live_subscribers(change: int) -> None:
    """Count subscriptions that are opened, or, below zero, closed."""
    _live_subscribers.inc(change)


def metric_value(name: str, **labels: str) -> float:
    """What has been counted so far under a full name and all its labels."""
    return _registry.get_sample_value(name, labels) or 0.0


def render_metrics() -> bytes:
    """Everything, in Prometheus' text format; see METRICS_TYPE."""
    return generate_latest(_registry)
