"""What is made from the schema before a client runs: types, and warnings of what would break."""

from typing import Any, Final

import pytest

from tests.clients.node import SCHEMA, Node
from tests.schemas import without_descriptions
from tests.stack import TestStack
from tests.unit.test_schema import CONTRACT

PRINTED: Final = SCHEMA.read_text()
BARE: Final = without_descriptions(PRINTED)
PROMISED: Final = CONTRACT.read_text()


async def breaking(node: Node, before: str, after: str) -> list[Any]:
    """The changes that would break clients."""
    changes = await node.run("inspector", "changes", before=before, after=after)
    return [change for change in changes if change["level"] == "BREAKING"]


async def test_typed_documents_compile_strictly(node: Node) -> None:
    generated = await node.tool("@graphql-codegen/cli/esm/bin.js", "--config", "codegen.json")
    assert generated[0] == 0, generated[1]
    assert await node.tool("typescript/bin/tsc", "--project", ".") == (0, "")


async def test_the_schema_breaks_no_promise(node: Node) -> None:
    assert await breaking(node, PROMISED, PRINTED) == []


async def test_an_unchanged_schema_passes(node: Node) -> None:
    assert await node.run("inspector", "changes", before=PRINTED, after=PRINTED) == []


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("  username: String!\n", "  username: String!\n  pronouns: String\n"),
        ("type User implements Node {", "type Album { id: ID! }\n\ntype User implements Node {"),
        ("post(id: ID!): Post", "post(id: ID!, region: String): Post"),
    ],
    ids=["a field", "a type", "an optional argument"],
)
async def test_what_is_added_passes(node: Node, was: str, becomes: str) -> None:
    added = changed(was, becomes)
    assert await breaking(node, PRINTED, added) == []
    assert await node.run("inspector", "changes", before=PRINTED, after=added) != []


@pytest.mark.parametrize(
    ("was", "becomes", "path"),
    [
        ("  followerCount: Int!\n", "  fans: Int!\n", "User.followerCount"),
        ("  logOut: LogOutPayload!\n", "  signOut: LogOutPayload!\n", "Mutation.logOut"),
        ("  altText: String\n  author: User!\n", "  author: User!\n", "Post.altText"),
        ("  followerCount: Int!\n", "  followerCount: Int\n", "User.followerCount"),
        ("post(id: ID!): Post", "post(id: ID!, region: String!): Post", "Query.post.region"),
        ("post(id: ID!): Post", "post(key: ID!): Post", "Query.post.id"),
        ("\n  UPLOAD_NOT_FOUND", "", "UserErrorCode.UPLOAD_NOT_FOUND"),
        (" | FeedGap", "", "FeedUpdate"),
    ],
    ids=[
        "a field renamed",
        "a mutation renamed",
        "a field removed",
        "a field made nullable",
        "an argument required",
        "an argument renamed",
        "a code removed",
        "a member removed",
    ],
)
async def test_what_breaks_clients_fails(node: Node, was: str, becomes: str, path: str) -> None:
    faulty = changed(was, becomes)
    for before in (PRINTED, PROMISED):
        assert path in {change["path"] for change in await breaking(node, before, faulty)}


async def test_introspection_tells_the_printed_schema(node: Node, stack: TestStack) -> None:
    given = {"url": stack.graphql_url, "printed": PRINTED}
    assert await node.run("inspector", "introspected", **given) == []


def changed(was: str, becomes: str) -> str:
    assert was in BARE
    return BARE.replace(was, becomes)
