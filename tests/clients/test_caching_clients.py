"""Apollo Client and urql, unchanged: the same tests for both."""

import json
import secrets
from base64 import b64encode

import pytest

from tests.client import Person
from tests.clients.conftest import World
from tests.clients.node import Node
from tests.stack import TestStack

PREFLIGHT = ("Apollo-Require-Preflight", "GraphQL-Require-Preflight", "X-Requested-With")

pytestmark = pytest.mark.parametrize("client", ["apollo", "urql"])


async def test_it_queries(node: Node, stack: TestStack, viewer: Person, client: str) -> None:
    answer = await node.run(client, "query", url=stack.graphql_url, token=viewer.access_token)
    assert (answer["id"], answer["username"]) == (viewer.id, viewer.username)


@pytest.mark.parametrize(
    ("document", "token", "code"),
    [
        ("{ feed { edges { cursor } } }", None, "UNAUTHENTICATED"),
        ("{ viewer { id } }", "broken", "UNAUTHENTICATED"),
        ("{ viewer { age } }", None, "GRAPHQL_VALIDATION_FAILED"),
        (f"{{ nodes(ids: {json.dumps(['x'] * 101)}) {{ id }} }}", None, "BAD_USER_INPUT"),
        ("query($id: ID!) { post(id: $id) { id } }", None, "BAD_USER_INPUT"),
    ],
    ids=["no account", "broken token", "unknown field", "too many", "no variable"],
)
async def test_it_reads_the_code_of_an_error(
    node: Node, stack: TestStack, client: str, document: str, token: str | None, code: str
) -> None:
    refusal = await node.run(
        client, "refusal", url=stack.graphql_url, token=token, document=document
    )
    assert refusal == {"isGraphQL": True, "codes": [code]}


async def test_a_mutation_updates_what_two_queries_share(
    node: Node, stack: TestStack, world: World, client: str
) -> None:
    cache = await node.run(
        client,
        "normalisation",
        url=stack.graphql_url,
        token=world.viewer.access_token,
        username=world.author.username,
        userId=world.author.id,
        postId=world.posts[0],
    )
    followed, left = (
        {
            "__typename": "User",
            "id": world.author.id,
            "viewerFollows": follows,
            "followerCount": int(follows),
        }
        for follows in (True, False)
    )
    assert cache == {"before": [followed] * 2, "after": [left] * 2, "errors": []}


async def test_it_pages_the_feed_to_its_end(
    node: Node, stack: TestStack, world: World, client: str
) -> None:
    walk = await node.run(
        client, "pagination", url=stack.graphql_url, token=world.viewer.access_token, first=5
    )
    assert walk == {"pages": 5, "ids": world.posts}


@pytest.mark.parametrize("preflight", PREFLIGHT)
async def test_it_uploads(
    node: Node, stack: TestStack, viewer: Person, photo: bytes, client: str, preflight: str
) -> None:
    payload = await node.run(
        client,
        "upload",
        url=stack.graphql_url,
        token=viewer.access_token,
        photo=b64encode(photo).decode(),
        description=f"from {client}",
        headers={preflight: "1"},
    )
    assert payload["errors"] == []
    assert payload["post"]["description"] == f"from {client}"
    assert (await viewer.until_processed(payload["post"]["id"]))["status"] == "READY"


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_it_asks_by_hash(
    node: Node, stack: TestStack, viewer: Person, client: str, method: str
) -> None:
    devices = await node.run(
        client,
        "persisted",
        url=stack.graphql_url,
        token=viewer.access_token,
        document=f"query Q{secrets.token_hex(8)} {{ viewer {{ id }} }}",
        useGET=method == "GET",
    )
    answers = [each["data"]["viewer"]["id"] for each in devices.values()]
    assert answers == [viewer.id, viewer.id]
    miss, registered = devices["first"]["heard"]
    (hit,) = devices["second"]["heard"]
    assert [r["hasQuery"] for r in (miss, registered, hit)] == [False, True, False]
    assert (miss["method"], hit["method"]) == (method, method)
    assert miss["cacheControl"] == "no-store"
