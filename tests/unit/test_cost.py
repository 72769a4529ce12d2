"""What operations cost: lists multiply, and whatever may be many is counted as many."""

import time
from typing import Any, Final, cast

import pytest
from graphql import (
    FragmentDefinitionNode,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    build_schema,
    get_introspection_query,
    parse,
)
from hypothesis import given
from hypothesis import strategies as st

from app.settings.door import DoorSettings
from schema.operations.cost import LIST_MAX_UNKNOWN, MUTATION_COST, cost
from schema.operations.documents import Documents
from schema.root import build_schema as build_ours

OURS: Final = build_ours().core
TREES: Final = build_schema(
    """
    interface Thing { id: ID, things(first: Int = 3): [Thing!]! }
    type Leaf implements Thing { id: ID, things(first: Int = 3): [Thing!]! }
    type Tree implements Thing {
      id: ID, things(first: Int = 3): [Thing!]!
      parts(first: Int = 3): [Tree!]!, some: [Tree], page(first: Int = 3): Page
    }
    type Page { edges: [Edge!]!, total: Int }
    type Edge { node: Tree }
    type Query { tree: Tree, thing: Thing, nodes(ids: [ID!]!): [Tree] }
    type Mutation { plant: Tree, fell: Tree }
    """
)
LIMITS: Final = DoorSettings(environment="development")
LEFT_OUT: Final = 3


@pytest.fixture(autouse=True, scope="module")
def _defaults() -> None:
    """As schemas have them that are not read from a text."""
    fields = [
        field
        for name in ("Thing", "Leaf", "Tree")
        for field in cast("GraphQLObjectType", TREES.type_map[name]).fields.values()
    ]
    for field in fields:
        if "first" in field.args:
            field.args["first"].default_value = LEFT_OUT


def costs(text: str, variables: dict[str, Any] | None = None, *, of: GraphQLSchema = TREES) -> int:
    """What the first operation of a document costs."""
    document = parse(text)
    operation, *_ = (e for e in document.definitions if isinstance(e, OperationDefinitionNode))
    fragments = {
        each.name.value: each
        for each in document.definitions
        if isinstance(each, FragmentDefinitionNode)
    }
    return cost(of, operation, fragments, variables or {})


def nested(field: str, times: int) -> str:
    return "".join(f"{field} {{ " for _ in range(times)) + "id" + " }" * times


@given(times=st.integers(1, 12), first=st.integers(1, 100))
def test_lists_within_each_other_multiply(times: int, first: int) -> None:
    expected = 1 + sum(first**n for n in range(1, times + 1))
    assert costs(f"{{ tree {{ {nested(f'parts(first: {first})', times)} }} }}") == expected


def test_ten_times_three_within_each_other_is_refused_though_only_eleven_deep() -> None:
    assert costs(f"{{ tree {{ {nested('parts', 10)} }} }}") > 3**10 > LIMITS.operation_cost_max
    people = "viewer { " + "followers(first: 3) { edges { node { " * 4 + "id" + " } } }" * 4 + " }"
    assert Documents(OURS, LIMITS).read(f"{{ {people} }}").errors == []
    wide = people.replace("first: 3", "first: 10")
    assert costs(f"{{ {wide} }}", of=OURS) > LIMITS.operation_cost_max


@given(first=st.integers(-(10**9), 10**9))
def test_a_size_is_within_what_a_page_may_have(first: int) -> None:
    bounded = max(0, min(first, 100))
    assert costs(f"{{ tree {{ parts(first: {first}) {{ id }} }} }}") == 1 + bounded
    by_variable = "query($n: Int) { tree { parts(first: $n) { id } } }"
    assert costs(by_variable, {"n": first}) == 1 + bounded


@pytest.mark.parametrize(
    ("query", "variables", "items"),
    [
        ("{ tree { parts { id } } }", {}, 3),
        ("{ tree { parts(first: null) { id } } }", {}, 3),
        ("query($n: Int) { tree { parts(first: $n) { id } } }", {}, 3),
        ("query($n: Int) { tree { parts(first: $n) { id } } }", {"n": None}, 3),
        ("query($n: Int = 7) { tree { parts(first: $n) { id } } }", {}, 7),
        ("query($n: Int = 7) { tree { parts(first: $n) { id } } }", {"n": 2}, 2),
        ("query($n: Int) { tree { parts(first: $n) { id } } }", {"n": 0}, 0),
        ("{ tree { some { id } } }", {}, LIST_MAX_UNKNOWN),
    ],
)
def test_sizes_may_be_written_sent_or_left_out(
    query: str, variables: dict[str, Any], items: int
) -> None:
    assert costs(query, variables) == 1 + items


@pytest.mark.parametrize(
    ("query", "variables", "ids"),
    [
        ('{ nodes(ids: ["a", "b", "c"]) { id } }', {}, 3),
        ('{ nodes(ids: "a") { id } }', {}, 1),
        ("{ nodes(ids: []) { id } }", {}, 0),
        ("query($i: [ID!]!) { nodes(ids: $i) { id } }", {"i": ["a"] * 40}, 40),
        ("query($i: [ID!]!) { nodes(ids: $i) { id } }", {"i": "a"}, 1),
        ("query($i: [ID!]!) { nodes(ids: $i) { id } }", {"i": ["a"] * 1_000}, 100),
        ('query($i: [ID!] = ["a", "b"]) { nodes(ids: $i) { id } }', {}, 2),
        ("query($a: ID!, $b: ID!) { nodes(ids: [$a, $b]) { id } }", {"a": "x", "b": "y"}, 2),
    ],
)
def test_a_list_of_ids_counts_as_many_as_it_has(
    query: str, variables: dict[str, Any], ids: int
) -> None:
    assert costs(query, variables) == max(ids, 1)


def test_a_page_s_edges_are_as_many_as_it_was_asked_for() -> None:
    assert costs("{ tree { page(first: 50) { edges { node { id } } } } }") == 2 + 2 * 50
    assert costs("{ tree { page { edges { node { id } } } } }") == 2 + 2 * 3
    fragment = "fragment p on Page { edges { node { id } } }"
    twice = "{ tree { a: page(first: 50) { ...p } b: page(first: 10) { ...p } } }"
    assert costs(f"{twice} {fragment}") == 1 + (1 + 100) + (1 + 20)


def test_of_abstract_types_the_dearest_counts() -> None:
    dear = "... on Tree { parts(first: 40) { id } }"
    cheap = "... on Leaf { things(first: 2) { id } }"
    assert costs(f"{{ thing {{ id {dear} {cheap} }} }}") == 1 + 40
    assert costs(f"{{ thing {{ {cheap} }} }}") == 1 + 2
    assert costs("{ thing { things(first: 4) { ... on Node { id } } } }") == 1 + 4
    assert costs(f"{{ thing {{ things(first: 4) {{ {dear} {cheap} }} }} }}") == 1 + 4 * 41


def test_aliases_count_each_and_through_fragments() -> None:
    text = "{ tree { ...f } x: tree { ...f ...f } }"
    fragment = "fragment f on Tree { a: parts(first: 9) { id } b: parts(first: 1) { id } }"
    assert costs(f"{text} {fragment}") == (1 + 10) + (1 + 20)


def test_fragments_that_spread_each_other_a_million_times_are_priced_soon() -> None:
    chain = " ".join(
        f"fragment f{n} on Tree {{ ...f{n + 1} ...f{n + 1} ...f{n + 1} }}" for n in range(40)
    )
    text = f"{{ tree {{ ...f0 }} }} {chain} fragment f40 on Tree {{ parts {{ id }} }}"
    begin = time.process_time()
    assert costs(text) == 1 + 3 * 3**40
    assert time.process_time() - begin < 1


def test_mutations_cost_more_and_each() -> None:
    assert costs("mutation { plant { id } }") == 1 + MUTATION_COST
    assert costs("mutation { plant { id } fell { id } a: fell { id } }") == 3 + 3 * MUTATION_COST


def test_an_operation_costs_something() -> None:
    assert costs("{ __typename }") == 1


def test_graphiql_s_own_introspection_passes_in_development() -> None:
    text = get_introspection_query(
        specified_by_url=True, directive_is_repeatable=True, schema_description=True,
        input_value_deprecation=True,
    )  # fmt: skip
    document = Documents(OURS, LIMITS).read(text)
    assert document.errors == []
    operation = document.choose(None)
    assert operation is not None
    assert operation.cost(OURS, {}) < 10


def test_what_is_remembered_of_a_cost_is_by_its_variables() -> None:
    text = "query($n: Int, $m: Int) { viewer { posts(first: $n) { edges { node { id } } } } }"
    document = Documents(OURS, LIMITS).read(text.replace(", $m: Int", ""))
    operation = document.choose(None)
    assert operation is not None
    for first in (1, 50, None, 1, 100, 50):
        shown = 24 if first is None else first
        assert operation.cost(OURS, {"n": first}) == 2 + 2 * shown
