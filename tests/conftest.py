"""What every test may ask for."""

from collections.abc import Generator, Iterator

import pytest

from tests.stack import TestStack, running_servers, tails


@pytest.fixture(scope="session")
def servers() -> Iterator[TestStack]:
    """Databases, caches, object stores and nginx, for tests that bring their own code."""
    with running_servers() as stack:
        yield stack


@pytest.fixture(scope="session")
def stack(servers: TestStack) -> TestStack:
    """The whole stack: the servers, two API processes, a worker for media and one for feeds."""
    servers.start_ours()
    return servers


@pytest.fixture(autouse=True)
def _settled(request: pytest.FixtureRequest) -> None:
    """A test of the whole stack begins with all of it ready, whatever the one before broke."""
    if "stack" in request.fixturenames:
        stack = request.getfixturevalue("stack")
        stack.mend()
        stack.wait_until_ready()


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
