"""A post is heard by every client that can listen, over every transport it has."""

import pytest

from tests.clients.conftest import World
from tests.clients.node import Node
from tests.stack import TestStack


@pytest.mark.parametrize(
    ("client", "feature"),
    [
        pytest.param("apollo", "subscription", id="Apollo over a WebSocket"),
        pytest.param("urql", "subscription", id="urql over a WebSocket"),
        pytest.param("urql", "subscriptionByGraphqlSse", id="urql over graphql-sse"),
        pytest.param("urql", "subscriptionByFetch", id="urql over its own event stream"),
        pytest.param("sockets", "subscription", id="graphql-ws"),
        pytest.param("streams", "subscription", id="graphql-sse"),
    ],
)
async def test_it_hears_a_post(
    node: Node, stack: TestStack, world: World, photo: bytes, client: str, feature: str
) -> None:
    now = (await world.viewer.feed(first=1))["updatesCursor"]
    async with node.running(
        client,
        feature,
        url=stack.graphql_url,
        ws=stack.graphql_ws_url,
        token=world.viewer.access_token,
        after=now,
    ) as script:
        assert await script.heard() == "connected"
        post = await world.author.publish(photo, description=f"heard by {client}")
        update = await script.last()
    assert update["__typename"] == "FeedPostAdded"
    heard = {name: update["post"][name] for name in ("id", "description")}
    assert heard == {"id": post["id"], "description": f"heard by {client}"}
