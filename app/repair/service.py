"""Goes through all accounts, on a system that is in use, and mends what is wrong."""

from collections import Counter
from collections.abc import AsyncIterator, Iterable
from types import MappingProxyType
from typing import Protocol

from app.cache import CacheAwayError
from app.repair.counts import Compared, CountRepair
from app.repair.model import Fault, Finding, Progress, Report
from app.repair.timelines import ComparedTimelines, TimelineRepair

BATCH_ACCOUNTS = 200


class Accounts(Protocol):
    """How much there is to do."""

    async def estimate(self) -> int:
        """About how many accounts there are."""


class Repair:
    """Compares counts, pull flags and timelines with what they are made from."""

    def __init__(
        self, *, accounts: Accounts, counts: CountRepair, timelines: TimelineRepair
    ) -> None:
        self._accounts = accounts
        self._counts = counts
        self._timelines = timelines

    async def run(self, *, is_dry: bool) -> AsyncIterator[Progress]:
        """Go through all accounts, a batch at a time; a dry run leaves everything as it is.

        The last report is of everything.
        """
        total, report, reached = await self._accounts.estimate(), Report(), 0
        yield Progress(accounts_total=total, report=report)
        while batch := await self._counts.compare(after=reached, limit=BATCH_ACCOUNTS):
            reached = batch[-1].standing.account_id
            findings = await self._see_to_counts(batch, is_dry=is_dry)
            timelines = await self._see_to_timelines(batch, is_dry=is_dry)
            findings += timelines.findings if timelines else ()
            report = Report(
                accounts=report.accounts + len(batch),
                accounts_unsure=report.accounts_unsure + (0 if timelines else len(batch)),
                timelines=report.timelines + (timelines.count if timelines else 0),
                faults=_added(report, findings),
            )
            yield Progress(accounts_total=total, report=report, findings=tuple(findings))

    async def _see_to_counts(self, batch: Iterable[Compared], *, is_dry: bool) -> list[Finding]:
        seen_to: list[Finding] = []
        for compared in batch:
            findings = compared.findings
            if findings and (is_dry or await self._counts.mend(compared)):
                seen_to += findings
        return seen_to

    async def _see_to_timelines(
        self, batch: Iterable[Compared], *, is_dry: bool
    ) -> ComparedTimelines | None:
        """None if the cache is away."""
        try:
            timelines = await self._timelines.compare([each.standing for each in batch])
            for finding in () if is_dry else timelines.findings:
                await self._timelines.drop(finding.account_id)
        except CacheAwayError:
            return None
        return timelines


def _added(report: Report, findings: Iterable[Finding]) -> MappingProxyType[Fault, int]:
    found = Counter(finding.fault for finding in findings)
    return MappingProxyType({fault: report.faults[fault] + found[fault] for fault in Fault})
