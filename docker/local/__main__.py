"""What `make` calls: the stack of this checkout, brought up, looked at, and taken down."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from docker.local import REPOSITORY, SHARED, WEB
from docker.local.environment import chosen_settings, read_environment, with_variables
from docker.local.errors import StackError
from docker.local.following import show_logs
from docker.local.home import Home
from docker.local.minio import build_minio
from docker.local.playground import install_playground
from docker.local.ports import Choices, chosen_ports
from docker.local.servers import find_servers
from docker.local.stack import Stack
from docker.local.web import build_web

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__)
console = Console(highlight=False)
home = Home(root=SHARED)

_INTERRUPTED = 130
_NAME_COLUMNS = 10


@app.command()
def up() -> None:
    """Start everything, and say where it is."""
    with _told(), home.locked():
        _install_playground()
        _build_web()
        stack = _stack(show_servers=True)
        begin = time.monotonic()
        console.print("\nStarting the servers")
        stack.start_servers(_report)
        console.print("Preparing the stores, starting Photofeed")
        stack.start_ours(_report)
        console.print(f"\nReady after {time.monotonic() - begin:.0f} s.\n")
        _show_addresses(stack)


@app.command()
def down() -> None:
    """Stop everything; the data stays."""
    with _told(), home.locked():
        _stack().down()
        console.print("Stopped. The data stays in .local/data; `make up` goes on with it.")


@app.command()
def reset() -> None:
    """Stop everything, and delete the data, the logs and the credentials."""
    with _told(), home.locked():
        _stack().down()
        home.delete()
        console.print("Stopped, and everything deleted that the stack kept.")


@app.command()
def restart() -> None:
    """Start our own processes anew, with the code of now."""
    with _told(), home.locked():
        stack = _stack()
        if not stack.status():
            raise StackError("The stack is down: make up")
        stack.restart_ours(_report)


@app.command()
def status() -> None:
    """Show how every process is."""
    with _told():
        statuses = _stack().status()
        if not statuses:
            console.print("The stack is down: make up")
            return
        table = Table("process", "state", "pid", "up for", "exits", "last exit", box=None)
        for each in statuses:
            uptime = str(timedelta(seconds=each.uptime_seconds)) if each.pid else ""
            pid = str(each.pid or "")
            table.add_row(each.name, each.state, pid, uptime, str(each.exits), each.last_exit)
        console.print(table)


@app.command()
def logs(
    names: Annotated[list[str] | None, typer.Argument(help="Processes; all if none.")] = None,
    lines: Annotated[int, typer.Option(help="Lines that are there already, of each.")] = 10,
    *,
    follow: Annotated[bool, typer.Option(help="Go on with what is added.")] = True,
) -> None:
    """Show the ends of the logs, and what is added to them."""
    with _told():
        known = [process.name for process in _stack().processes]
        if unknown := set(names or []) - set(known):
            raise StackError(f"No process {', '.join(unknown)}; there are {', '.join(known)}.")
        paths = {name: home.log(name) for name in names or known}
        with suppress(KeyboardInterrupt):
            show_logs(paths, lines=lines, follow=follow, show=_show_line)


@app.command()
def demo() -> None:
    """Let a handful of people use the running stack, through its front door."""
    gateway = chosen_ports(Choices()).public_address("gateway")
    photofeed = Path(sys.executable).with_name("photofeed")
    run([str(photofeed), "demo", "--url", f"http://{gateway}/graphql"])


@app.command(context_settings={"ignore_unknown_options": True})
def run(command: Annotated[list[str], typer.Argument(help="The command.")]) -> None:
    """Run a command with the settings of the running stack."""
    with _told():
        if not home.environment_file.exists():
            raise StackError("There are no settings yet: make up")
        environment = with_variables(read_environment(home))
        os.chdir(REPOSITORY)
        os.execvpe(command[0], command, environment)  # noqa: S606 - what the caller asked for


@app.command()
def minio() -> None:
    """Build MinIO from its source, which takes minutes; `make up` prefers it from then on."""
    with _told():
        console.print("Building MinIO. It takes some five minutes and 2 GB of Go's caches.")
        build_minio()
        console.print("Done. It cannot read what weed has stored, so start anew: make reset up")


def _stack(*, show_servers: bool = False) -> Stack:
    servers = find_servers()
    if show_servers:
        for each in servers.all():
            console.print(f"{each.role:22} {each.name} {each.version} ({each.source})")
    return Stack(
        home=home, ports=chosen_ports(Choices()), servers=servers, chosen=chosen_settings()
    )


def _install_playground() -> None:
    console.print("Playground             ", end="")
    reason = install_playground()
    console.print("installed" if reason is None else f"left out: {reason}")


def _build_web() -> None:
    console.print("Web app                ", end="")
    reason = build_web()
    kept = "as it was" if WEB.exists() else "left out"
    said = "built" if reason is None else f"{kept}: {reason}"
    console.print(said, markup=False, soft_wrap=True)


def _show_addresses(stack: Stack) -> None:
    gateway, cdn = (stack.ports.public_address(name) for name in ("gateway", "cdn"))
    if WEB.exists():
        console.print(f"web app      http://{gateway}/")
    console.print(
        f"GraphQL      http://{gateway}/graphql  (in development a browser is shown the playground)"
    )
    console.print(f"live         ws://{gateway}/graphql    (graphql-transport-ws)")
    console.print(f"images       http://{cdn}")
    console.print("\nmake demo shows it at work; make status, make logs, make down, make help.")


def _report(name: str, seconds: float) -> None:
    console.print(f"  [green]ready[/green]  {name:{_NAME_COLUMNS}} {seconds:5.1f} s")


def _show_line(name: str, line: str) -> None:
    console.print(f"[dim]{name:{_NAME_COLUMNS}}[/dim] ", end="")
    console.print(line, markup=False, soft_wrap=True)


@contextmanager
def _told() -> Iterator[None]:
    """Turn what can go wrong into words and an exit code."""
    try:
        yield
    except StackError as error:
        console.print("[red]make:[/red] ", end="")
        console.print(str(error), markup=False, soft_wrap=True)
        raise typer.Exit(1) from error
    except KeyboardInterrupt:
        console.print("\nInterrupted. What runs goes on; make up continues, make down stops it.")
        raise typer.Exit(_INTERRUPTED) from None


if __name__ == "__main__":
    app()
