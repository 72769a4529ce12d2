"""What a scrub found, in words."""

from collections.abc import Iterable, Iterator

from app.images.conditions import Condition, Found
from app.scrub.model import Orphan, Report


def report_lines(report: Report, *, is_dry: bool) -> Iterator[str]:
    """A line for each count; what a dry run found is still there."""
    mebibytes = report.bytes_read / 1024**2
    yield f"posts       {report.posts:,}"
    yield f"objects     {report.objects:,} copies looked at, {mebibytes:,.1f} MiB read"
    for condition in Condition:
        yield f"{condition.value:<10}  {getattr(report, condition.value):,}"
    yield f"repaired    {report.repaired:,}"
    yield f"lost        {report.lost:,} objects without an intact copy anywhere"
    yield f"orphans     {report.orphans:,} {'found' if is_dry else 'removed'}"
    if report.posts_awaited:
        yield f"left alone  {report.posts_awaited:,} posts whose copies are still being made"
    if report.unlisted:
        yield f"not listed  {report.unlisted:,} parts of regions: they are away"


def finding_lines(findings: Iterable[Found | Orphan]) -> Iterator[str]:
    """A line for each copy that was not intact, and each orphan."""
    for each in findings:
        told = "orphan" if isinstance(each, Orphan) else _told(each)
        yield f"{each.region} {each.key}: {told}"


def _told(found: Found) -> str:
    if found.is_repaired:
        return f"{found.condition}, repaired"
    return f"{found.condition}, lost" if found.is_lost else found.condition
