"""What every test of a fault may ask for, and how long recoveries took."""

import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
import pytest_asyncio

from tests.client import Api, open_api
from tests.conftest import TOOK
from tests.faults.truth import Truth, open_truth
from tests.stack import TestStack

Timed = Callable[[str], AbstractContextManager[None]]
Noted = Callable[[str, float], None]
Recorded = Callable[[str, object], None]
PATIENCE_SECONDS = 90.0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(stack: TestStack) -> AsyncIterator[Api]:
    """The API behind the load balancer, asked with the patience of somebody who tests it."""
    async with open_api(stack.graphql_url) as api:
        api.http.timeout = PATIENCE_SECONDS
        yield api


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def truth(stack: TestStack) -> AsyncIterator[Truth]:
    """What the stores hold."""
    async with open_truth(stack.settings) as truth:
        yield truth


@pytest.fixture
def noted(record_property: Recorded) -> Noted:
    """Notes a figure in seconds, for the end of the report."""
    return lambda what, seconds: record_property(TOOK, (what, seconds))


@pytest.fixture
def timed(noted: Noted) -> Timed:
    """Notes how long something took, for the end of the report."""

    @contextmanager
    def note(what: str) -> Iterator[None]:
        begin = time.monotonic()
        yield
        noted(what, time.monotonic() - begin)

    return note
