"""graphql-sse, unchanged, in distinct connections mode."""

import json

import pytest

from tests.client import Person
from tests.clients.conftest import World
from tests.clients.node import Node
from tests.stack import TestStack


async def test_it_queries(node: Node, stack: TestStack, viewer: Person) -> None:
    results = await node.run("streams", "query", url=stack.graphql_url, token=viewer.access_token)
    assert [result["data"]["viewer"]["id"] for result in results] == [viewer.id]


async def test_it_mutates(node: Node, stack: TestStack, world: World) -> None:
    (result,) = await node.run(
        "streams",
        "mutation",
        url=stack.graphql_url,
        token=world.viewer.access_token,
        userId=world.author.id,
    )
    assert result["data"]["unfollow"]["user"]["viewerFollows"] is False


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ("{ viewer {", "GRAPHQL_PARSE_FAILED"),
        ("{ viewer { age } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ feed { edges { cursor } } }", "UNAUTHENTICATED"),
        ("subscription { feedUpdates { __typename } }", "UNAUTHENTICATED"),
    ],
)
async def test_it_reads_the_code_of_an_error(
    node: Node, stack: TestStack, document: str, code: str
) -> None:
    (result,) = await node.run("streams", "refusal", url=stack.graphql_url, document=document)
    assert [error["extensions"]["code"] for error in result["errors"]] == [code]


async def test_a_get_is_answered_with_an_event_stream(
    node: Node, stack: TestStack, viewer: Person
) -> None:
    answer = await node.run(
        "streams",
        "get",
        url=stack.graphql_url,
        token=viewer.access_token,
        document="{ viewer { id } }",
    )
    assert answer["status"] == 200
    assert answer["type"].startswith("text/event-stream")
    following, complete = (block.split("\n") for block in events(answer["text"]))
    assert following[0] == "event: next"
    assert json.loads(following[1].removeprefix("data: "))["data"] == {"viewer": {"id": viewer.id}}
    assert complete[0] == "event: complete"


def events(stream: str) -> list[str]:
    """What is between empty lines, comments aside."""
    blocks = stream.strip("\n").split("\n\n")
    return [block for block in blocks if not block.startswith(":")]
