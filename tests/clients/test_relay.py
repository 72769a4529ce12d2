"""Relay: its compiler takes the schema, and its store pages what the compiler made of it."""

import pytest_asyncio

from tests.clients.conftest import World
from tests.clients.node import Node
from tests.stack import TestStack

ARTIFACTS = {
    "FeedQuery": "@connection",
    "FeedPaginationQuery": "@refetchable on Query",
    "FeedPostRefetchQuery": "@refetchable through node",
    "ProfilePaginationQuery": "@refetchable and @connection through node",
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def compiled(node: Node) -> Node:
    """Node, where the compiler has been."""
    code, output = await node.tool("relay-compiler/cli.js", "relay.config.json")
    assert code == 0, output
    return node


async def test_its_compiler_takes_the_schema(compiled: Node) -> None:
    generated = compiled.folder / "relay/__generated__"
    assert ARTIFACTS.keys() <= {file.name.split(".")[0] for file in generated.iterdir()}


async def test_its_store_pages_the_feed_to_its_end(
    compiled: Node, stack: TestStack, world: World
) -> None:
    walk = await compiled.run(
        "relay", "feed", url=stack.graphql_url, token=world.viewer.access_token, count=5
    )
    assert walk == {"pages": 5, "ids": world.posts}


async def test_its_store_pages_an_account_through_node(
    compiled: Node, stack: TestStack, world: World
) -> None:
    walk = await compiled.run(
        "relay", "profile", url=stack.graphql_url, username=world.author.username, count=6
    )
    assert walk == {"pages": 4, "ids": world.posts}


async def test_it_reads_one_post_again_through_node(
    compiled: Node, stack: TestStack, world: World
) -> None:
    follows = await compiled.run(
        "relay",
        "refetch",
        url=stack.graphql_url,
        token=world.viewer.access_token,
        count=5,
        userId=world.author.id,
    )
    assert follows == {"before": True, "after": False}
