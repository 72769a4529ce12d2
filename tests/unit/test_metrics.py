"""What is counted, and how Prometheus gets it."""

import importlib
import sys

from prometheus_client.parser import text_string_to_metric_families

from app import metrics


def fetched() -> dict[str, float]:
    """What Prometheus reads: every sample of ours by name and labels."""
    families = text_string_to_metric_families(metrics.render_metrics().decode())
    return {
        " ".join((sample.name, *sample.labels.values())): sample.value
        for family in families
        for sample in family.samples
    }


def test_everything_that_is_counted_can_be_fetched() -> None:
    before = fetched()
    metrics.count_operation("query", has_errors=False)
    metrics.count_operation("mutation", has_errors=True)
    metrics.count_fallback("a reason")
    metrics.count_persisted_query(is_hit=True)
    metrics.count_persisted_query(is_hit=False)
    metrics.count_rate_limit_refusal("viewer")
    metrics.count_rate_limit_skipped("sign_in")
    metrics.count_live_subscribers(1)
    after = fetched()
    for sample in (
        "photofeed_operations_total query ok",
        "photofeed_operations_total mutation errors",
        "photofeed_compiled_fallbacks_total a reason",
        "photofeed_persisted_queries_total hit",
        "photofeed_persisted_queries_total miss",
        "photofeed_rate_limit_refusals_total viewer",
        "photofeed_rate_limits_skipped_total sign_in",
        "photofeed_live_subscribers",
    ):
        assert after[sample] - before.get(sample, 0.0) == 1


def test_what_the_process_uses_is_told_too() -> None:
    assert fetched()["process_resident_memory_bytes"] > 0


def test_a_value_is_nought_until_something_is_counted() -> None:
    name = "photofeed_compiled_fallbacks_total"
    assert metrics.metric_value(name, reason="never") == 0.0
    metrics.count_fallback("once")
    assert metrics.metric_value(name, reason="once") == 1.0


def test_it_may_be_imported_again() -> None:
    name = metrics.__name__
    kept = sys.modules.pop(name)
    try:
        assert importlib.import_module(name) is not kept
    finally:
        sys.modules[name] = kept
        importlib.import_module("app").metrics = kept  # type: ignore[attr-defined] # put it back
