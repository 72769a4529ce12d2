"""What every journey may ask for."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any, Protocol

import httpx2
import pytest_asyncio
from playwright.async_api import Browser

from tests.browser.chromium import open_browser
from tests.browser.device import Device, open_device
from tests.browser.session import new_record, storage_of
from tests.client import Api, Person, open_api
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


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """A browser, in which everybody has a context."""
    async with open_browser() as browser:
        yield browser


class Devices(Protocol):
    """What makes devices."""

    async def __call__(self, person: Person | None = None, **options: Any) -> Device:
        """One more, on which somebody is signed in or nobody; `options` are those of a context."""


@pytest_asyncio.fixture(loop_scope="module")
async def devices(stack: TestStack, browser: Browser) -> AsyncIterator[Devices]:
    """As many devices as are asked for. Afterwards each must have behaved well."""
    async with AsyncExitStack() as opened:

        async def open_one(person: Person | None = None, **options: Any) -> Device:
            if person:
                record = await new_record(person)
                options["storage_state"] = storage_of(stack.gateway_url, record)
            return await opened.enter_async_context(open_device(browser, stack, **options))

        yield open_one
