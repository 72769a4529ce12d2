"""The playground as somebody uses it: editors, buttons, panes."""

import json
import re

from playwright.async_api import Locator, Page, expect

from tests.client import until

_QUERY = ".graphiql-query-editor .CodeMirror"
_HEADERS = ".graphiql-editor-tool .graphiql-editor:not(.hidden) .CodeMirror"


class Playground:
    """GraphiQL on one page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.answer = page.locator(".result-window")
        self.query = page.locator(_QUERY)
        self.pane = page.locator(".graphiql-plugin")
        """What is open at the left."""

    async def write_query(self, document: str) -> None:
        """Replace what the query editor holds by an operation that has a name."""
        await self._write(self.query, document)
        name = document.split(maxsplit=2)[1]
        # as soon as the editor has understood it
        await expect(self.page.locator(".graphiql-tab-active")).to_contain_text(name)

    async def write_headers(self, headers: dict[str, str]) -> None:
        """Replace what the header editor holds."""
        await self._write(self.page.locator(_HEADERS), json.dumps(headers))

    async def run(self) -> None:
        """Press the button that runs, and once more to stop a subscription."""
        await self.page.click(".graphiql-execute-button")

    async def until_answered(self, *texts: str) -> None:
        """Wait until the answer has all of these."""
        for text in texts:
            await expect(self.answer).to_contain_text(spaced(text))

    async def hints(self, beginning: str) -> list[str]:
        """What the editor offers to complete this with."""
        await self._write(self.query, beginning)
        offered = self.page.locator(".CodeMirror-hints")

        async def completed() -> bool:  # once it has read the schema
            await self.page.keyboard.press("Control+Space")
            return await offered.is_visible()

        await until(completed)
        return (await offered.inner_text()).split()

    async def open_pane(self, name: str) -> None:
        """Press the button of a pane at the left."""
        await self.page.get_by_role("button", name=name).click()

    async def _write(self, editor: Locator, text: str) -> None:
        await editor.click()
        await self.page.keyboard.press("Control+A")
        await self.page.keyboard.insert_text(text)


def spaced(text: str) -> re.Pattern[str]:
    """A text in which the editor may have drawn a space in its own way."""
    return re.compile(r"\s".join(map(re.escape, text.split(" "))))
