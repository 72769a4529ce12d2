"""What is peculiar to urql."""

import pytest

from tests.client import Person
from tests.clients.node import Node
from tests.stack import TestStack


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_it_would_take_an_event_stream_and_gets_json(
    node: Node, stack: TestStack, viewer: Person, method: str
) -> None:
    answer = await node.run(
        "urql",
        "trap",
        url=stack.graphql_url,
        token=viewer.access_token,
        preferGetMethod=method == "GET",
    )
    assert answer["viewer"]["id"] == viewer.id
    (request,) = answer["heard"]
    assert request["method"] == method
    assert "text/event-stream" in request["accept"]
    assert request["type"].startswith("application/graphql-response+json")
