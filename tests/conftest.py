"""What every test may ask for."""

from collections.abc import Generator, Iterator

import pytest

from docker.local import REPOSITORY
from tests.stack import TestStack, running_servers, tails

TOOK = "took"
"""The property of a test that is something and the seconds it took, for the end of the report."""

FIGURE = "figure"
"""The property of a test that is what it measured, in words, for the end of the report."""

LONG = ("tests/faults", "tests/journeys", "tests/stores", "tests/clients", "tests/api", "tests/web")
"""Where tests take longest, in this order; files are handed to processes in the order of tests."""


@pytest.fixture(scope="session")
def servers() -> Iterator[TestStack]:
    """Databases, caches, object stores and nginx, for tests that bring their own code."""
    with running_servers() as stack:
        yield stack


@pytest.fixture(scope="session")
def stack(servers: TestStack) -> TestStack:
    """The whole stack: the servers, two API processes, and a worker of each kind."""
    servers.start_ours()
    return servers


@pytest.fixture(scope="module", autouse=True)
def _settled_before(request: pytest.FixtureRequest) -> None:
    """What a file's tests share is made by a whole stack, whatever the file before broke."""
    _settle(request)


@pytest.fixture(autouse=True)
def _settled(request: pytest.FixtureRequest) -> None:
    """A test of the whole stack begins with all of it ready, whatever the one before broke."""
    _settle(request)


def _settle(request: pytest.FixtureRequest) -> None:
    if "stack" in request.fixturenames:
        stack = request.getfixturevalue("stack")
        stack.mend()
        stack.wait_until_ready()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let processes that share the tests begin with what takes long, and so end together."""
    if hasattr(config, "workerinput"):
        items.sort(key=_rank)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the ends of all logs below a failure."""
    report = yield
    stack = getattr(item, "funcargs", {}).get("stack")
    if report.failed and stack is not None:
        report.sections.append(("the stack's logs", tails(stack, stack.names)))
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how long recoveries took and what was measured, whichever process saw it."""
    outcomes = ("passed", "failed")
    reports = [report for outcome in outcomes for report in terminalreporter.getreports(outcome)]
    said = [(name, value) for report in reports for name, value in report.user_properties]
    if figures := [value for name, value in said if name == FIGURE]:
        terminalreporter.section("figures")
        for figure in figures:
            terminalreporter.write_line(figure)
    if took := [value for name, value in said if name == TOOK]:
        terminalreporter.section("recovery")
        for what, seconds in took:
            terminalreporter.write_line(f"{seconds:7.2f} s  {what}")


def _rank(item: pytest.Item) -> int:
    folder = item.path.parent.relative_to(REPOSITORY).as_posix()
    return LONG.index(folder) if folder in LONG else len(LONG)
