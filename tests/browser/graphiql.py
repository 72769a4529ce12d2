"""The playground as somebody uses it: editors, buttons, panes."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from tests.browser.chromium import Page, open_page
from tests.client import DEADLINE_SECONDS, until

QUERY = ".graphiql-query-editor .CodeMirror"
HEADERS = ".graphiql-editor-tool .graphiql-editor:not(.hidden) .CodeMirror"
ANSWER = ".result-window"
HINTS = ".CodeMirror-hints"
PANE = ".graphiql-plugin"
RUN = ".graphiql-execute-button"
TAB = ".graphiql-tab-active"


class Playground:
    """GraphiQL on one page."""

    def __init__(self, page: Page) -> None:
        self.page = page

    async def write_query(self, document: str) -> None:
        """Replace what the query editor holds by an operation that has a name."""
        await self._write(QUERY, document)
        name = document.split(maxsplit=2)[1]
        await self._until(lambda: self._text(TAB), name)  # as soon as the editor has understood it

    async def write_headers(self, headers: dict[str, str]) -> None:
        """Replace what the header editor holds."""
        await self._write(HEADERS, json.dumps(headers))

    async def run(self) -> None:
        """Press the button that runs."""
        await self.page.call("click", RUN)

    async def stop(self) -> None:
        """Press it once more, while a subscription runs."""
        await self.page.call("click", RUN)

    async def until_shown(self, *texts: str) -> None:
        """Wait until the answer has all of these."""
        await self._until(lambda: self._text(ANSWER), *texts)

    async def until_written(self, *texts: str) -> None:
        """Wait until the query has all of these."""
        await self._until(lambda: self._text(QUERY), *texts)

    async def hints(self, beginning: str) -> list[str]:
        """What the editor offers to complete this with."""
        await self._write(QUERY, beginning)
        await self.page.call("keyboard.press", "Control+Space")
        await self.page.call("waitForSelector", HINTS)
        return (await self._text(HINTS)).split()

    async def open_pane(self, name: str) -> None:
        """Press the button of a pane at the left."""
        await self.page.call("click", f'button[aria-label="{name}"]')
        await self.page.call("waitForSelector", PANE)

    async def pane(self) -> str:
        """What the pane at the left shows."""
        return await self._text(PANE)

    async def _write(self, editor: str, text: str) -> None:
        await self.page.call("click", editor)
        await self.page.call("keyboard.press", "Control+A")
        await self.page.call("keyboard.insertText", text)

    async def _text(self, selector: str) -> str:
        text: str = await self.page.call("innerText", selector)
        return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{ZERO WIDTH SPACE}", "")

    async def _until(self, read: Callable[[], Awaitable[str]], *texts: str) -> None:
        shown = ""

        async def there() -> bool:
            nonlocal shown
            shown = await read()
            return all(text in shown for text in texts)

        try:
            await until(there, seconds=DEADLINE_SECONDS)
        except TimeoutError:
            raise AssertionError(f"{texts} not in: {shown}") from None


@asynccontextmanager
async def open_playground(url: str) -> AsyncIterator[Playground]:
    """The playground at the address of GraphQL."""
    parts = urlsplit(url)
    async with open_page(url, f"{parts.scheme}://{parts.netloc}") as page:
        await page.call("waitForSelector", QUERY)
        yield Playground(page)
