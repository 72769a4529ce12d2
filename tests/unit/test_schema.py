"""The schema is printed, sorted, and keeps what clients rely on."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from graphql import (
    GraphQLNamedType,
    GraphQLScalarType,
    GraphQLSchema,
    build_schema,
    is_specified_scalar_type,
    lexicographic_sort_schema,
    print_schema,
)
from graphql.utilities import find_schema_changes

from schema.sdl import sdl
from tests.schemas import without_descriptions

PRINTED: Final = Path(__file__).parents[2] / "schema" / "schema.graphql"
CONTRACT: Final = Path(__file__).parents[1] / "contract.graphql"

MORE_THAN_PROMISED: Final = {
    "TYPE_ADDED",
    "FIELD_ADDED",
    "OPTIONAL_ARG_ADDED",
    "OPTIONAL_INPUT_FIELD_ADDED",
    "DIRECTIVE_ADDED",
    "DESCRIPTION_CHANGED",  # other words for the same meaning
}


@pytest.fixture(scope="module")
def ours() -> str:
    """The schema of the code."""
    return sdl()


def test_what_is_printed_is_what_runs(ours: str) -> None:
    assert PRINTED.read_text() == ours, "run `python -m schema.sdl > schema/schema.graphql`"


def test_it_is_sorted() -> None:
    printed = build_schema(PRINTED.read_text())
    assert print_schema(lexicographic_sort_schema(printed)) == print_schema(printed)


def test_it_keeps_the_contract(ours: str) -> None:
    assert _broken_promises(_contract(), ours) == []


@pytest.mark.parametrize(
    ("promised", "broken"),
    [
        ("logOut: LogOutPayload!", "signOut: LogOutPayload!"),
        ("followerCount: Int!", "followerCount: Int"),
        ("altText: String\n", "altText: String!\n"),
        ("nodes(ids: [ID!]!): [Node]!", "nodes(ids: [ID!]!): [Node!]!"),
        ("nodes(ids: [ID!]!): [Node]!", "nodes(ids: [ID!]): [Node]!"),
        ("feed(after: String, cursor: String, first", "feed(after: String, first"),
        ("first: Int = 24", "first: Int = 25"),
        ("first: Int = 24", "first: Int"),
        ("after: String, first: Int = 24", "after: String = null, first: Int = 24"),
        ('description: String = ""', "description: String"),
        ("image: Upload", "image: Upload!"),
        ("type Post implements Node", "type Post"),
        ("| FeedGap", ""),
        ("\n  UPLOAD_NOT_FOUND", ""),
        ("\n  UPLOAD_NOT_FOUND", "\n  UPLOAD_NOT_FOUND\n  UPLOAD_TOO_LATE"),
        ("/date-time.html", "/moment.html"),
        ("enum PostStatus", "enum PostState"),
    ],
)
def test_a_broken_promise_is_found(ours: str, promised: str, broken: str) -> None:
    bare = without_descriptions(ours)
    assert promised in bare
    faulty = bare.replace(promised, broken)
    faulty = faulty.replace("PostStatus", "PostState") if broken == "enum PostState" else faulty
    assert len(_broken_promises(_contract(), faulty)) > 0


def _contract() -> GraphQLSchema:
    return build_schema(CONTRACT.read_text())


def _broken_promises(contract: GraphQLSchema, printed: str) -> list[str]:
    ours = build_schema(printed)
    return [
        *(
            f"{change.type.name}: {change.description}"
            for change in find_schema_changes(contract, ours)
            if change.type.name not in MORE_THAN_PROMISED
        ),
        *(
            f"Scalar {name} is specified elsewhere."
            for name, scalar in contract.type_map.items()
            if isinstance(scalar, GraphQLScalarType)
            and getattr(ours.type_map.get(name), "specified_by_url", None)
            != scalar.specified_by_url
        ),
    ]


def test_everything_is_described(ours: str) -> None:
    described = build_schema(ours)
    nameless = [
        where
        for name, type_ in described.type_map.items()
        if not name.startswith("__") and not is_specified_scalar_type(type_)
        for where, description in _descriptions(name, type_)
        if not description
    ]
    assert nameless == []


def _descriptions(name: str, type_: GraphQLNamedType) -> Iterator[tuple[str, str | None]]:
    """A type with its fields, their arguments and its values, each with its description."""
    yield name, type_.description
    for field_name, field in getattr(type_, "fields", {}).items():
        yield f"{name}.{field_name}", field.description
        for argument_name, argument in getattr(field, "args", {}).items():
            yield f"{name}.{field_name}({argument_name}:)", argument.description
    for value_name, value in getattr(type_, "values", {}).items():
        yield f"{name}.{value_name}", value.description
