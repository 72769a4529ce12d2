"""What is run compiled is answered as the stock executor answers it, whatever the data."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import orjson
import pytest
from graphql import ExecutionResult, get_variable_values
from graphql.execution.values import VariableValues
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from hypothesis_graphql import queries
from hypothesis_graphql.nodes import String

from app.metrics import metric_value
from app.settings.door import DoorSettings
from schema.compiled.executor import CompilingExecutor
from schema.nodes import Kind, global_id
from schema.operations.documents import Documents, Operation
from schema.operations.execution import execute, make_executor
from schema.root import build_schema
from tests.memory_house import AUTHOR_IDS, FAULTS, POST_IDS, VIEWER_ID, World

SCHEMA = build_schema()
DOCUMENTS = Documents(
    SCHEMA.core,
    DoorSettings(
        environment="development",
        operation_depth_max=1_000,
        operation_aliases_max=10_000,
        operation_tokens_max=100_000,
        operation_root_fields_max=500,
        operation_directives_max=1_000,
    ),
)
NODE_IDS = [*(global_id(Kind.POST, each) for each in POST_IDS), global_id(Kind.USER, VIEWER_ID)]
USER = "id username displayName createdAt postCount followerCount followingCount viewerFollows"
POST = (
    "id description altText createdAt status failure "
    f"author {{ {USER} }} image {{ url width height thumbhash "
    "variants { url width height format byteSize sha256 } }"
)


def _prepared(
    text: str, variables: Mapping[str, Any], world: World
) -> tuple[Operation, CompilingExecutor]:
    document = DOCUMENTS.read(text)
    assert not document.errors, document.errors
    operation = document.choose(None)
    assert operation is not None
    coerced = get_variable_values(
        SCHEMA.core, operation.node.variable_definitions or (), dict(variables)
    )
    assert isinstance(coerced, VariableValues)
    return operation, make_executor(SCHEMA.core, operation, coerced, world.context())


def _result(
    operation: Operation, executor: CompilingExecutor
) -> tuple[Any, list[str], ExecutionResult]:
    result = asyncio.run(execute(operation, executor))
    errors = sorted(json.dumps(error.formatted, sort_keys=True) for error in result.errors or ())
    return orjson.loads(orjson.dumps(result.data)), errors, result


def _answer(
    text: str, variables: Mapping[str, Any], world: World, *, compiled: bool
) -> tuple[Any, list[str]]:
    operation, executor = _prepared(text, variables, world)
    if not compiled:
        executor.plans = None
    data, errors, _ = _result(operation, executor)
    return data, errors


def _assert_same(text: str, variables: Mapping[str, Any], *faults: str) -> list[str]:
    """Run it by the book, and compiled twice in a world that keeps what was written of it."""
    expected = _answer(text, variables, World(faults), compiled=False)
    kept = World(faults)
    for _ in range(2):
        assert _answer(text, variables, kept, compiled=True) == expected
    return expected[1]


@given(
    text=queries(
        SCHEMA.as_str(),
        custom_scalars={"DateTime": st.just(String(value="2026-11-22T17:00:00.123Z"))},
        allow_x00=False,
    ),
    faults=st.sets(st.sampled_from(FAULTS), max_size=3),
)
@settings(
    max_examples=300,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
def test_generated_queries_are_answered_alike(text: Any, faults: set[str]) -> None:
    document = DOCUMENTS.read(str(text))
    if document.errors:
        event("not valid")
        return
    errors = _assert_same(str(text), {}, *faults)
    event("with errors" if errors else "without errors")


PAGES = (
    f"""{{ feed {{ edges {{ cursor node {{ {POST} }} }}
      pageInfo {{ hasNextPage endCursor }} }} }}""",
    f"""query($ids: [ID!]!) {{ nodes(ids: $ids) {{ __typename id
      ... on Post {{ {POST} }} ... on User {{ {USER} }} }} }}""",
    f"""{{ viewer {{ {USER} posts(first: 3) {{ edges {{ node {{ {POST} }} }} }}
      followers {{ edges {{ node {{ {USER} }} }} }} }} }}""",
    f"""{{ a: user(username: "x") {{ {USER} }} b: user(username: "xy") {{ {USER} }} }}""",
)


@pytest.mark.parametrize("faults", [(), *((fault,) for fault in FAULTS), FAULTS])
@pytest.mark.parametrize("text", PAGES)
def test_what_clients_ask_for_is_answered_alike(text: str, faults: tuple[str, ...]) -> None:
    _assert_same(text, {"ids": [*NODE_IDS, "x"]}, *faults)


def test_skip_and_include_are_compiled_for_each_choice() -> None:
    text = """query($a: Boolean!, $b: Boolean!) { feed { edges { node {
      id description @include(if: $a) ...author @skip(if: $b)
      ... @include(if: $b) { image { url ... on Image @skip(if: $a) { width } } } } } } }
      fragment author on Post { author { username viewerFollows @include(if: $a) } }"""
    world = World()
    for a in (True, False, True):
        for b in (True, False):
            variables = {"a": a, "b": b}
            expected = _answer(text, variables, World(), compiled=False)
            assert _answer(text, variables, world, compiled=True) == expected


def test_a_page_is_compiled_to_its_last_field() -> None:
    before = {reason: _fallbacks(reason) for reason in ("resolver", "surprise", "type")}
    text = f"{{ feed {{ edges {{ cursor node {{ {POST} }} }} updatesCursor }} }}"
    data, errors, result = _result(*_prepared(text, {}, World()))
    assert (len(data["feed"]["edges"]), errors) == (len(POST_IDS), [])
    assert result.data is not None
    nodes = [edge["node"] for edge in result.data["feed"]["edges"]]
    assert all(isinstance(node, orjson.Fragment) for node in nodes)
    assert {reason: _fallbacks(reason) for reason in before} == before


def test_a_post_that_was_read_before_its_author_was_deleted_is_shown_without_a_name() -> None:
    text = "{ feed { edges { node { author { id username displayName postCount } } } } }"
    data, errors = _answer(text, {}, World(["no_author"]), compiled=True)
    assert errors == []
    authors = [edge["node"]["author"] for edge in data["feed"]["edges"]]
    nameless = {"username": "[deleted]", "displayName": "[deleted]", "postCount": 0}
    gone = {"id": global_id(Kind.USER, AUTHOR_IDS[-1]), **nameless}
    assert [each for each in authors if each["username"] == "[deleted]"] == [gone]


def test_what_is_not_there_is_asked_for_once() -> None:
    asked: list[str] = []

    async def nobody(username: str) -> None:
        asked.append(username)

    world = World()
    operation, executor = _prepared('{ user(username: "x") { id } }', {}, world)
    executor.context_value.house.accounts.find_by_username = nobody
    assert _result(operation, executor)[:2] == ({"user": None}, [])
    assert asked == ["x"]


def test_what_cannot_be_compiled_is_counted() -> None:
    before = _fallbacks("resolver"), _fallbacks("surprise")
    _answer("{ viewer { posts { edges { node { id } } } } }", {}, World(), compiled=True)
    _answer("{ viewer { id postCount } }", {}, World(["wide"]), compiled=True)
    assert (_fallbacks("resolver"), _fallbacks("surprise")) == (before[0] + 1, before[1] + 1)


def test_what_was_written_goes_with_what_it_was_written_of() -> None:
    """The same post is shown with its author as it is now, not as it was."""
    text = "{ feed { edges { node { author { followerCount viewerFollows } } } } }"
    world = World()
    before, _ = _answer(text, {}, world, compiled=True)
    changed = World(["flag_count"])
    for account_id, account in World().accounts.items():
        changed.accounts[account_id] = type(account)(
            **{
                name: getattr(account, name)
                for name in account.__dataclass_fields__
                if name != "memo"
            }
            | {"follower_count": 12}
        )
    world.accounts = changed.accounts
    after, errors = _answer(text, {}, world, compiled=True)
    assert errors == []
    assert before != after
    assert after["feed"]["edges"][0]["node"]["author"]["followerCount"] == 12


def _fallbacks(reason: str) -> float:
    return metric_value("photofeed_compiled_fallbacks_total", reason=reason)
