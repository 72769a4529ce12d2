"""The playground in a real browser, with no network but this machine."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.browser.device import open_device
from tests.browser.graphiql import Playground
from tests.client import Api, Person
from tests.photographs import photograph
from tests.stack import TestStack

pytestmark = pytest.mark.asyncio(loop_scope="module")

VIEWER = "query Viewer { __typename viewer { username } }"
UPDATES = """subscription %s {
  feedUpdates(after: "%s") {
    __typename
    ... on FeedPostAdded { post { description } }
    ... on FeedAuthorAdded { author { username } }
  }
}"""


def authorization(person: Person) -> dict[str, str]:
    return {"Authorization": f"Bearer {person.access_token}"}


@pytest_asyncio.fixture(loop_scope="module")
async def playground(stack: TestStack, browser: Browser) -> AsyncIterator[Playground]:
    """The playground. Its sockets must have gone where its queries went."""
    async with open_device(browser, stack, path="/graphql") as device:
        yield Playground(device.page)
    assert {socket.url for socket in device.sockets} <= {stack.graphql_ws_url}


async def test_a_query_runs(playground: Playground) -> None:
    await playground.write_query(VIEWER)
    await playground.run()
    await playground.until_answered('"__typename": "Query"', '"viewer": null')


async def test_the_editor_completes_what_the_schema_has(playground: Playground) -> None:
    assert {"feed", "viewer", "user"} <= set(await playground.hints("{ "))


async def test_the_schema_can_be_read(playground: Playground) -> None:
    await playground.open_pane("Show Documentation Explorer")
    await playground.page.click('.graphiql-doc-explorer a:text-is("Subscription")')
    await expect(playground.pane).to_contain_text("feedUpdates")
    await expect(playground.pane).to_contain_text("What can be listened to")


async def test_a_query_can_be_clicked_together(playground: Playground) -> None:
    await playground.open_pane("Show GraphiQL Explorer")
    await expect(playground.pane).to_contain_text("feed")
    await playground.page.click('.graphiql-plugin :text-is("viewer")')
    await expect(playground.query).to_contain_text("viewer")


async def test_its_dialogs_open(playground: Playground) -> None:
    for dialog in ("Open settings dialog", "Open short keys dialog"):
        await playground.page.click(f'button[aria-label="{dialog}"]')
        await playground.page.wait_for_selector(".graphiql-dialog")
        await playground.page.keyboard.press("Escape")


async def test_a_token_under_headers_goes_with_queries(playground: Playground, api: Api) -> None:
    ada = await api.sign_up("ada")
    await playground.write_headers(authorization(ada))
    await playground.write_query(VIEWER)
    await playground.run()
    await playground.until_answered(f'"username": "{ada.username}"')


async def test_a_subscription_is_live_and_has_the_token_too(
    playground: Playground, api: Api
) -> None:
    ada, bob = await api.sign_up_many(2)
    await bob.follow(ada)
    moment = (await bob.feed(first=1))["updatesCursor"]
    await playground.write_headers(authorization(bob))
    await playground.write_query(UPDATES % ("Updates", moment))
    await playground.run()
    await ada.publish(photograph(), description="Seen in the playground")
    await playground.until_answered("FeedPostAdded", "Seen in the playground")
    await ada.publish(photograph(), description="And once more")
    await playground.until_answered("FeedPostAdded", "And once more")


async def test_the_next_subscription_has_the_headers_of_then(
    playground: Playground, api: Api
) -> None:
    ada, bob, carol = await api.sign_up_many(3)
    for viewer, author in ((ada, bob), (bob, carol)):
        moment = (await viewer.feed(first=1))["updatesCursor"]
        await viewer.follow(author)
        await playground.write_headers(authorization(viewer))
        await playground.write_query(UPDATES % (f"Of_{viewer.username}", moment))
        await playground.run()
        await playground.until_answered("FeedAuthorAdded", author.username)
        await playground.run()
