"""Somebody's device: a browser that shares nothing with others, on a network of its own."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Locator,
    Page,
    Request,
    ViewportSize,
    WebSocket,
)

from docker.local import WEB
from tests.browser.link import Link, open_link
from tests.stack import TestStack

PHONE = ViewportSize(width=390, height=844)
DESK = ViewportSize(width=1280, height=800)

_NETWORK = ("Failed to load resource: net::ERR_", "WebSocket connection to ")
"""How a browser begins to say that there is no network."""


class Device:
    """A context of a browser, the tab that is looked at, and what all of its tabs say."""

    def __init__(self, context: BrowserContext, link: Link, url: str) -> None:
        self.context = context
        self.link = link
        self.url = url
        self.page: Page
        self.requests: list[Request] = []
        self.sockets: list[WebSocket] = []
        self.sent: list[str] = []
        """Over sockets."""
        self.complaints: list[str] = []
        """Errors of its consoles; violations of its content security policy are among them."""
        self.tolerates: tuple[str, ...] = ()
        """Beginnings of complaints that belong to what a test does."""
        context.on("request", lambda request: self.requests.append(request))  # noqa: PLW0108 - it marks what it is given
        context.on("console", self._hear)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))

    async def open_tab(self, path: str = "/") -> Page:
        """Open one more tab, and look at it."""
        self.page = await self.context.new_page()
        self.page.on("websocket", self._listen)
        await self.go(path)
        return self.page

    async def go(self, path: str) -> None:
        """Load a page, as if its address had been typed."""
        await self.page.goto(self.url + path)

    async def kill_tab(self) -> None:
        """End the tab's process, so that nothing in it can prepare for that."""
        session = await self.context.new_cdp_session(self.page)
        async with self.page.expect_event("crash"):
            dying = asyncio.create_task(session.send("Page.crash"))
        await self.page.close()
        with suppress(Error):  # it cannot answer any more
            await dying

    def button(self, name: str) -> Locator:
        """A button with exactly this name."""
        return self.page.get_by_role("button", name=name, exact=True)

    def field(self, label: str) -> Locator:
        """A field with exactly this label."""
        return self.page.get_by_label(label, exact=True)

    def heading(self, name: str) -> Locator:
        """What the page is called."""
        return self.page.get_by_role("heading", level=1, name=name, exact=True)

    async def go_offline(self) -> None:
        """End the network, and let the browser know."""
        self.link.cut()
        await self.context.set_offline(offline=True)

    async def go_online(self) -> None:
        """Have a network again."""
        self.link.mend()
        await self.context.set_offline(offline=False)

    def operations(self) -> list[str]:
        """Names of the GraphQL operations that it has sent, those over HTTP first."""
        asked = [request.post_data_json for request in self.requests if self._is_asked(request)]
        messages = [json.loads(text) for text in self.sent]
        told = [each["payload"] for each in messages if each.get("type") == "subscribe"]
        documents = json.loads((WEB / "persisted-documents.json").read_text())
        return [_name_of(each, documents) for each in (*asked, *told)]

    def assert_well_behaved(self) -> None:
        """It has asked nobody else, and complained of nothing."""
        tolerated = self.tolerates + (_NETWORK if self.link.was_broken else ())
        said = [said for said in self.complaints if not said.startswith(tolerated)]
        if said or self.link.refused:
            raise AssertionError(f"complained of {said}, asked {self.link.refused}")

    def _is_asked(self, request: Request) -> bool:
        return request.method == "POST" and request.url == f"{self.url}/graphql"

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(message.text)

    def _listen(self, opened: WebSocket) -> None:
        self.sockets.append(opened)
        opened.on("framesent", lambda sent: self.sent.append(str(sent)))


@asynccontextmanager
async def open_device(
    browser: Browser, stack: TestStack, *, path: str = "/", **options: Any
) -> AsyncIterator[Device]:
    """A device with a tab at a path. Afterwards it must have behaved well.

    Args:
        browser: it is a context of.
        stack: it may ask the load balancer and the CDN of.
        path: the page that is open.
        options: of `Browser.new_context`.
    """
    async with open_link((stack.port("gateway"), stack.port("cdn"))) as link:
        context = await browser.new_context(
            **{"viewport": DESK, "proxy": {"server": f"socks5://127.0.0.1:{link.port}"}, **options}
        )
        device = Device(context, link, stack.gateway_url)
        try:
            await device.open_tab(path)
            yield device
        finally:
            await context.close()
    device.assert_well_behaved()


def _name_of(body: dict[str, Any], documents: dict[str, str]) -> str:
    """The name of an operation, of which only the hash may have been sent."""
    hashed = body.get("extensions", {}).get("persistedQuery", {}).get("sha256Hash")
    text = body.get("query") or documents[f"sha256:{hashed}"]
    named = re.search(r"\b(?:query|mutation|subscription) (\w+)", text)
    assert named is not None, text
    return named[1]
