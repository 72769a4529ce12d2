"""The playground in a real browser, with no network but this machine."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.browser.graphiql import Playground, open_playground
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
async def playground(stack: TestStack) -> AsyncIterator[Playground]:
    """The playground. Afterwards it must have asked nobody else, and have complained of nothing."""
    async with open_playground(stack.graphql_url) as playground:
        yield playground
        heard = await playground.page.heard()
    assert heard.refused == []
    assert heard.complaints == []
    assert [url for url in heard.requests if not url.startswith(f"{stack.gateway_url}/")] == []
    assert set(heard.sockets) <= {stack.graphql_ws_url}


async def test_a_query_runs(playground: Playground) -> None:
    await playground.write_query(VIEWER)
    await playground.run()
    await playground.until_shown('"__typename": "Query"', '"viewer": null')


async def test_the_editor_completes_what_the_schema_has(playground: Playground) -> None:
    assert {"feed", "viewer", "user"} <= set(await playground.hints("{ "))


async def test_the_schema_can_be_read(playground: Playground) -> None:
    await playground.open_pane("Show Documentation Explorer")
    await playground.page.call("click", '.graphiql-doc-explorer a:text-is("Subscription")')
    assert "feedUpdates" in await playground.pane()
    assert "What can be listened to" in await playground.pane()


async def test_a_query_can_be_clicked_together(playground: Playground) -> None:
    await playground.open_pane("Show GraphiQL Explorer")
    assert "feed" in await playground.pane()
    await playground.page.call("click", '.graphiql-plugin :text-is("viewer")')
    await playground.until_written("viewer")


async def test_its_dialogs_open(playground: Playground) -> None:
    for dialog in ("Open settings dialog", "Open short keys dialog"):
        await playground.page.call("click", f'button[aria-label="{dialog}"]')
        await playground.page.call("waitForSelector", ".graphiql-dialog")
        await playground.page.call("keyboard.press", "Escape")


async def test_a_token_under_headers_goes_with_queries(playground: Playground, api: Api) -> None:
    ada = await api.sign_up("ada")
    await playground.write_headers(authorization(ada))
    await playground.write_query(VIEWER)
    await playground.run()
    await playground.until_shown(f'"username": "{ada.username}"')


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
    await playground.until_shown("FeedPostAdded", "Seen in the playground")
    await ada.publish(photograph(), description="And once more")
    await playground.until_shown("FeedPostAdded", "And once more")


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
        await playground.until_shown("FeedAuthorAdded", author.username)
        await playground.stop()
