"""An event that is written once for many is what each of them would have been told alone."""

import asyncio
from collections.abc import AsyncGenerator, Collection, Sequence
from typing import Any

import orjson
import pytest
from graphql import get_variable_values
from graphql.execution.values import VariableValues

from app.accounts.model import Account
from app.live.model import PostAdded
from app.settings.door import DoorSettings
from schema.live import FeedPostAdded
from schema.operations.documents import Documents, Operation
from schema.operations.events import Events
from schema.operations.execution import make_executor
from schema.posts import Post
from schema.root import build_schema
from tests.memory_house import POST_IDS, World

SCHEMA = build_schema().core
DOCUMENTS = Documents(SCHEMA, DoorSettings())
CURSORS = ("first", "second", "third")
SELECTIONS = {
    "all but the cursor": "post { id description altText status author { id username } }",
    "the cursor last": "post { id } cursor",
    "the cursor first": "cursor post { id }",
    "two cursors": "cursor post { description } again: cursor __typename",
    "the cursor alone": "cursor",
    "no field at all": "__typename",
    "what depends on a variable": "cursor @skip(if: $no) post { author @include(if: $no) { id } }",
    "what each viewer sees": "cursor post { id author { id viewerFollows } }",
    "a resolver": "cursor post { author { posts(first: 1) { pageInfo { hasNextPage } } } }",
}


def operation_of(selection: str) -> Operation:
    """A subscription that asks for this of a post that came."""
    variables = "($no: Boolean = false)" if "$no" in selection else ""
    asked = f"{{ __typename ... on FeedPostAdded {{ {selection} }} }}"
    document = DOCUMENTS.read(f"subscription{variables} {{ feedUpdates {asked} }}")
    assert not document.errors, document.errors
    operation = document.choose(None)
    assert operation
    return operation


def payloads(world: World, post_id: int) -> list[FeedPostAdded]:
    """The same update for a viewer each."""
    update = PostAdded(moment=7, post=world.posts[post_id])
    post = Post.of(update.post, world.house().images)
    return [FeedPostAdded(cursor=each, post=post, shown=update.shown) for each in CURSORS]


async def told(
    world: World, operation: Operation, payload: FeedPostAdded, *, compiled: bool
) -> Any:
    """What one who asks is told of an update."""
    variables = get_variable_values(SCHEMA, operation.node.variable_definitions or (), {})
    assert isinstance(variables, VariableValues)
    executor = make_executor(SCHEMA, operation, variables, world.context())
    if not compiled:
        executor.plans = None

    async def source() -> AsyncGenerator[FeedPostAdded, None]:
        yield payload

    (result,) = [each async for each in Events(executor).results(source())]
    errors = [(each.message, each.path) for each in result.errors or ()]
    return orjson.loads(orjson.dumps(result.data)), errors


@pytest.mark.parametrize("selection", SELECTIONS.values(), ids=SELECTIONS)
@pytest.mark.parametrize("faults", [(), ("no_author",), ("null_description",)])
async def test_each_is_told_what_they_would_be_told_alone(
    selection: str, faults: Sequence[str]
) -> None:
    world, operation = World(faults), operation_of(selection)
    for post_id in POST_IDS:
        shared = await asyncio.gather(
            *(told(world, operation, each, compiled=True) for each in payloads(world, post_id))
        )
        alone = [
            await told(world, operation, each, compiled=False) for each in payloads(world, post_id)
        ]
        assert shared == alone


class Counting(World):
    """Counts how often accounts are read."""

    reads = 0

    async def _find_accounts(self, ids: Collection[int], **_: object) -> dict[int, Account]:
        self.reads += 1
        return await super()._find_accounts(ids)


@pytest.mark.parametrize(
    ("selection", "reads"),
    [("cursor post { author { id } }", 1), ("cursor post { author { viewerFollows } }", 3)],
)
async def test_it_is_executed_for_each_only_where_it_depends_on_them(
    selection: str, reads: int
) -> None:
    world, operation = Counting(), operation_of(selection)
    for _ in range(2):
        world.reads = 0
        for each in payloads(world, POST_IDS[0]):
            answer, errors = await told(world, operation, each, compiled=True)
            assert (answer["feedUpdates"]["cursor"], errors) == (each.cursor, [])
        assert world.reads == reads
