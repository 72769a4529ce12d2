"""What a repair found, in words."""

from collections.abc import Iterable, Iterator
from itertools import groupby

from app.repair.model import Fault, Finding, Report


def report_lines(report: Report, *, is_dry: bool) -> Iterator[str]:
    """A line for each kind of fault: how many there were among how many."""
    verb = "wrong" if is_dry else "mended"
    for fault, count in report.faults.items():
        among = report.timelines if fault is Fault.TIMELINE else report.accounts
        yield f"{verb}  {count:,} of {among:,}  {fault}"
    if report.accounts_unsure:
        yield f"the cache was away: {report.accounts_unsure:,} accounts' timelines not looked at"


def finding_lines(findings: Iterable[Finding]) -> Iterator[str]:
    """A line for each account."""
    in_order = sorted(findings, key=lambda finding: finding.account_id)
    for account_id, faults in groupby(in_order, key=lambda finding: finding.account_id):
        told = ", ".join(f"{each.fault} {each.found} instead of {each.right}" for each in faults)
        yield f"account {account_id}: {told}"
