"""The playground: a page that asks nobody but us."""

import re
from collections.abc import Iterable
from urllib.parse import urljoin, urlsplit

import httpx2
import pytest

from tests.client import Api
from tests.stack import TestStack

pytestmark = pytest.mark.asyncio(loop_scope="module")

ADDRESS = re.compile(r'(?:src|href)="([^"]+)"|from "([^"]+)"|import\("([^"]+)"\)')
HTML = {"Accept": "text/html"}


def addresses(page: str, url: str) -> Iterable[str]:
    """Everything that a page names, except what it carries itself."""
    for found in ADDRESS.findall(page):
        address = urljoin(url, "".join(found))
        if urlsplit(address).scheme != "data":
            yield address


async def test_the_front_door_leads_to_the_api(api: Api, http: httpx2.AsyncClient) -> None:
    answer = await http.get(api.url.replace("/graphql", "/schema.graphql"))
    assert (answer.status_code, "type Query" in answer.text) == (200, True)


async def test_the_playground_is_ours_alone(
    stack: TestStack, api: Api, http: httpx2.AsyncClient
) -> None:
    assert stack.settings.playground_folder is not None
    page = await http.get(api.url, headers=HTML)
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    named = list(addresses(page.text, api.url))
    assert named
    for address in named:
        assert address.startswith(f"{stack.gateway_url}/"), address
        assert (await http.get(address)).status_code == 200, address
