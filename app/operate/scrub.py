"""`photofeed scrub`: reads photos back, and mends what the stores have lost or spoiled."""

import asyncio
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as Bar

from app.operate.console import console
from app.operate.scrub_report import finding_lines, report_lines
from app.scrub.model import Report, Run
from app.scrub.pace import BytesPerSecond, Unhurried
from app.settings import load_settings
from app.wiring import open_house


def scrub(
    *,
    region: Annotated[
        str | None, typer.Option(help="Look at the copies in this region only; else in all.")
    ] = None,
    max_mib_per_second: Annotated[
        float | None, typer.Option(min=0.001, help="Read no faster than that.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what is wrong; exit code 1 if anything is.")
    ] = False,
    from_start: Annotated[
        bool, typer.Option("--from-start", help="Begin anew, also if a run was interrupted.")
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Name every object with which something is wrong.")
    ] = False,
) -> None:
    """Read every copy of every photo back, repair the bad ones from the good ones, remove orphans.

    A run that was interrupted goes on where it was. Exit code 1 if anything is lost, or could not
    be looked at or repaired. Safe to run while the system is in use, and twice at once.
    """
    if region not in {None, *load_settings().object_stores}:
        raise typer.BadParameter(f"There is no region {region} among the settings.")
    pace = BytesPerSecond(max_mib_per_second * 1024**2) if max_mib_per_second else Unhurried()
    run = Run(region=region, is_dry=dry_run, pace=pace)
    report = asyncio.run(_scrub(run, from_start=from_start, is_verbose=verbose))
    for line in report_lines(report, is_dry=dry_run):
        console.print(f"  {line}")
    if not report.is_whole or (dry_run and report.orphans):
        raise typer.Exit(1)


async def _scrub(run: Run, *, from_start: bool, is_verbose: bool) -> Report:
    report = Report()
    columns = (TextColumn("  {task.description}"), BarColumn(), MofNCompleteColumn())
    with Bar(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("")
        async with open_house(load_settings()) as house:
            async for progress in house.scrub.run(run, from_start=from_start):
                report = progress.report
                bar.update(
                    task,
                    description=f"{progress.stage}, {report.objects:,} objects",
                    completed=report.posts,
                    total=max(progress.posts_total, report.posts),
                )
                for line in finding_lines(progress.findings) if is_verbose else ():
                    bar.console.print(f"  {line}")
    return report
