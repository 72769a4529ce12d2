"""`photofeed`: what an operator does by hand. Exit code 0: done; 1: not done; 2: asked wrongly."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as Bar

from app.errors import ConfigurationError
from app.operate.console import console
from app.operate.demo import DemoError, photographs, run_demo
from app.operate.repair_report import finding_lines, report_lines
from app.operate.scrub import scrub
from app.operate.settings_reference import settings_reference
from app.preparation import prepare_stores
from app.repair.model import Report
from app.settings import load_settings
from app.wiring import open_house

command = typer.Typer(
    help="Operate Photofeed.", no_args_is_help=True, pretty_exceptions_enable=False
)


@command.callback()
def _photofeed() -> None:
    """Operate Photofeed. Settings come from the environment: PHOTOFEED_…; see the README."""


@command.command()
def init() -> None:
    """Create the indexes, buckets and policies that are missing.

    Safe to run again, and twice at once.
    """
    settings = load_settings()

    async def prepare() -> None:
        async for prepared in prepare_stores(settings):
            console.print(f"  ready  {prepared}")

    asyncio.run(prepare())


@command.command()
def demo(
    url: Annotated[
        str, typer.Option(help="Where GraphQL is answered.")
    ] = "http://localhost:8080/graphql",
    photos: Annotated[
        Path | None,
        typer.Option(
            help="A folder of JPEG and PNG photographs; else those of scikit-image.",
            exists=True,
            file_okay=False,
        ),
    ] = None,
) -> None:
    """Let a handful of accounts follow each other and upload photographs, through the front door.

    Safe to run again: the accounts are new every time.
    """

    async def show() -> None:
        async for step in run_demo(url, photographs(photos)):
            console.print(f"  {step}")

    asyncio.run(show())


@command.command()
def repair(
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what is wrong; exit code 1 if anything is.")
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Name every account with which something is wrong.")
    ] = False,
) -> None:
    """Check counts, pull flags and cached timelines, and mend what is wrong.

    Safe to run while the system is in use, and again, and twice at once.
    """
    report = asyncio.run(_repair(is_dry=dry_run, is_verbose=verbose))
    for line in report_lines(report, is_dry=dry_run):
        console.print(f"  {line}")
    if dry_run and not report.is_clean:
        raise typer.Exit(1)


async def _repair(*, is_dry: bool, is_verbose: bool) -> Report:
    report = Report()
    columns = (TextColumn("  accounts"), BarColumn(), MofNCompleteColumn())
    is_shown = console.is_terminal
    with Bar(*columns, console=console, transient=True, disable=not is_shown) as bar:
        task = bar.add_task("")
        async with open_house(load_settings()) as house:
            async for progress in house.repair.run(is_dry=is_dry):
                report = progress.report
                bar.update(task, completed=report.accounts, total=progress.accounts_total)
                for line in finding_lines(progress.findings) if is_verbose else ():
                    bar.console.print(f"  {line}")
    return report


command.command()(scrub)


@command.command()
def settings() -> None:
    """Print every setting, its default and its meaning, as Markdown."""
    typer.echo(settings_reference())


def main() -> None:
    """Run the command; what goes wrong is said in one line."""
    try:
        command()
    except (ConfigurationError, DemoError) as error:
        console.print(f"photofeed: {error}", style="red")
        sys.exit(1)
    except Exception as error:  # noqa: BLE001 - an operator wants a line, and gets it
        console.print(f"photofeed: {type(error).__name__}: {error}", style="red")
        sys.exit(1)
