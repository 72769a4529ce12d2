"""How large a document is: counted through fragments, soon, whatever they do."""

import time
from typing import Final

import pytest
from graphql import parse
from hypothesis import given
from hypothesis import strategies as st

from app.settings.door import DoorSettings
from schema.codes import ErrorCode
from schema.operations.documents import Document, Documents
from schema.operations.measures import Measures, excesses, measure, too_complex
from schema.root import build_schema

SCHEMA: Final = build_schema().core
LIMITS: Final = DoorSettings(environment="development")
SOON_SECONDS: Final = 2.0
"""Milliseconds on a quiet machine; what it must not be is the square, or the power, of a text."""

Selection = dict[str, "Selection"]
SELECTIONS: st.SearchStrategy[Selection] = st.recursive(
    st.just({}),
    lambda inner: st.dictionaries(st.sampled_from(["a", "b", "c", "d"]), inner, max_size=3),
    max_leaves=12,
)


def written(selection: Selection) -> str:
    """A selection as text."""
    if not selection:
        return ""
    return "{ " + " ".join(f"{name} {written(each)}" for name, each in selection.items()) + " }"


def depth(selection: Selection) -> int:
    return max((1 + depth(each) for each in selection.values()), default=0)


def count(selection: Selection) -> int:
    return sum(1 + count(each) for each in selection.values())


def measured(text: str) -> Measures:
    return measure(parse(text))


def codes(document: Document) -> set[object]:
    return {(error.extensions or {}).get("code") for error in document.errors}


@given(selection=SELECTIONS.filter(bool))
def test_depth_and_root_fields_are_those_of_the_tree(selection: Selection) -> None:
    found = measured(written(selection))
    assert (found.depth, found.fields) == (depth(selection), len(selection))
    assert (found.aliases, found.directives) == (0, 0)


@given(selection=SELECTIONS.filter(bool), times=st.integers(1, 4))
def test_a_fragment_counts_wherever_it_is_spread(selection: Selection, times: int) -> None:
    inner = written(selection)
    fields = " ".join(f"x{n}: y @skip(if: true) {inner}" for n in range(times))
    plain = measured(f"{{ {fields} z {{ {fields} }} }}")
    spread = measured(f"{{ ...f z {{ ...f }} }} fragment f on Query {{ {fields} }}")
    assert spread == plain
    assert plain.aliases == plain.directives == 2 * times
    assert plain.depth == 2 + depth(selection)


@given(selection=SELECTIONS.filter(bool))
def test_inline_fragments_are_not_there(selection: Selection) -> None:
    inner = written(selection)
    assert measured(f"{{ ... {inner} }}") == measured(inner)
    assert measured(f"{{ ... @include(if: true) {inner} }}").directives == 1
    assert measured(f"query @include(if: true) {inner}").directives == 1


def test_of_several_operations_the_largest_counts() -> None:
    found = measured("query a { x { y } } query b { a: x b: x c: x } fragment f on Q {x{x{x{x}}}}")
    assert (found.depth, found.fields, found.aliases) == (4, 3, 3)


def test_aliases_hidden_in_fragments_are_found() -> None:
    text = "{ ...a ...a ...a } fragment a on Q { ...b ...b } fragment b on Q { x: __typename }"
    assert measured(text).aliases == 6


@pytest.mark.parametrize("spreads", [2, 10, 50])
def test_fragments_that_spread_each_other_are_measured_once(spreads: int) -> None:
    chain = " ".join(f"fragment f{n} on Query {{ {f'...f{n + 1} ' * spreads} }}" for n in range(50))
    text = f"{{ ...f0 }} {chain} fragment f50 on Query {{ a: __typename }}"
    begin = time.process_time()
    document = measured(text)
    assert time.process_time() - begin < SOON_SECONDS
    assert document.aliases == spreads**50
    told = excesses(document, LIMITS)
    assert [(error.extensions or {})["limit"] for error in told] == [
        "operation_root_fields_max",
        "operation_aliases_max",
    ]
    assert all("over a billion" in error.message for error in told)


@pytest.mark.parametrize(
    "text",
    [
        "{ ...a } fragment a on Query { ...a }",
        "{ ...a } fragment a on Query { b: __typename ...b } fragment b on Query { ...a }",
        "{ ...a } fragment a on User { posts { edges { node { author { ...a } } } } }",
    ],
)
def test_fragments_in_a_circle_end(text: str) -> None:
    assert codes(Documents(SCHEMA, LIMITS).read(text)) <= {
        None,
        ErrorCode.GRAPHQL_VALIDATION_FAILED,
        ErrorCode.OPERATION_TOO_COMPLEX,
    }
    assert Documents(SCHEMA, LIMITS).read(text).errors


@pytest.mark.parametrize("length", [1, 10, 49, 50, 99, 150, 199, 200, 201, 240, 300, 500])
@pytest.mark.parametrize("on", ["Query", "Node"])
def test_a_chain_of_fragments_is_run_or_refused_and_never_our_fault(length: int, on: str) -> None:
    chain = " ".join(f"fragment f{n} on {on} {{ ...f{n + 1} }}" for n in range(length))
    root = "{ ...f0 }" if on == "Query" else "{ viewer { ...f0 } }"
    text = f"{root} {chain} fragment f{length} on {on} {{ __typename }}"
    document = Documents(SCHEMA, LIMITS).read(text)
    operation = document.choose(None)
    assert document.errors or (operation and operation.cost(SCHEMA, {}) == 1)


@pytest.mark.parametrize(
    ("limit", "allowed", "refused"),
    [
        ("operation_depth_max", "{a" * 14 + "{b}" + "}" * 14, "{a" * 15 + "{b}" + "}" * 15),
        ("operation_root_fields_max", "{" + "a " * 20 + "}", "{" + "a " * 21 + "}"),
        (
            "operation_aliases_max",
            "{ b {" + " ".join(f"a{n}: a" for n in range(30)) + "} }",
            "{ b {" + " ".join(f"a{n}: a" for n in range(31)) + "} }",
        ),
        (
            "operation_directives_max",
            "{ a " + "@skip(if: true) " * 50 + "}",
            "{ a " + "@skip(if: true) " * 51 + "}",
        ),
    ],
)
def test_each_limit_is_named_where_it_is_passed(limit: str, allowed: str, refused: str) -> None:
    assert excesses(measured(allowed), LIMITS) == []
    (error,) = excesses(measured(refused), LIMITS)
    assert error.extensions == {
        "code": ErrorCode.OPERATION_TOO_COMPLEX,
        "limit": limit,
        "maximum": getattr(LIMITS, limit),
    }
    assert f"of {getattr(LIMITS, limit):,} at most" in error.message


@pytest.mark.parametrize(
    ("limit", "text"),
    [
        ("operation_tokens_max", "{ " + "a " * 4_000 + "}"),
        ("operation_tokens_max", "#\n" * 4_001 + "{ __typename }"),
        ("operation_depth_max", "{a" * 1_000 + "}" * 1_000),
        ("operation_depth_max", "{a" * 250 + "}" * 250),
    ],
)
def test_what_is_not_even_read_to_its_end_is_named_too(limit: str, text: str) -> None:
    (error,) = Documents(SCHEMA, LIMITS).read(text).errors
    assert error.extensions == {
        "code": ErrorCode.OPERATION_TOO_COMPLEX,
        "limit": limit,
        "maximum": getattr(LIMITS, limit),
    }


@pytest.mark.parametrize(
    "repeated",
    ["posts{edges{node{image{variants{url}}}}} ", "posts{edges{node{author{id}}}} ", "id "],
)
def test_fields_that_are_repeated_cannot_make_validation_slow(repeated: str) -> None:
    text = "{viewer{" + repeated * (3_900 // (2 * repeated.count("{") + 3)) + "}}"
    begin = time.process_time()
    document = Documents(SCHEMA, LIMITS).read(text)
    assert time.process_time() - begin < SOON_SECONDS
    assert codes(document) == {ErrorCode.OPERATION_TOO_COMPLEX}


@given(found=st.integers(0, 10**12), most=st.integers(1, 10**6))
def test_a_number_is_told_however_large(found: int, most: int) -> None:
    message = too_complex("operation_cost_max", found, most).message
    assert message.startswith("The operation's cost: ")
    assert len(message) < 80
