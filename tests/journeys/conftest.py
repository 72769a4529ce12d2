"""What every journey may ask for."""

from collections.abc import AsyncIterator

import httpx2
import pytest_asyncio

from tests.client import Api, open_api
from tests.stack import TestStack


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(stack: TestStack) -> AsyncIterator[Api]:
    """The API behind the load balancer."""
    async with open_api(stack.graphql_url) as api:
        yield api


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def http() -> AsyncIterator[httpx2.AsyncClient]:
    """What fetches pictures and pages."""
    async with httpx2.AsyncClient(timeout=10) as http:
        yield http
