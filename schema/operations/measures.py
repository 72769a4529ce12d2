"""How large a document is, before anything is done with it: depth, aliases, fields, directives.

Fragments count wherever they are spread. Each is measured once, so that a document of a few
hundred characters whose fragments spread each other a million times costs no more than to read it.
"""

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

from app.settings.door import DoorSettings
from schema.codes import ErrorCode

SHOWN_MAX = 10**9
"""Fragments that spread each other come to numbers of a million digits."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Measures:
    """Of a selection: its nesting, the fields at its top, and all aliases and directives in it."""

    depth: int = 0
    fields: int = 0
    aliases: int = 0
    directives: int = 0

    def below(self, node: FieldNode) -> "Measures":
        """Of a field with this selection."""
        return Measures(
            depth=self.depth + 1,
            fields=1,
            aliases=self.aliases + (node.alias is not None),
            directives=self.directives + len(node.directives or ()),
        )

    def with_directives(self, count: int) -> "Measures":
        """Of the same, with some directives more."""
        return Measures(
            depth=self.depth,
            fields=self.fields,
            aliases=self.aliases,
            directives=self.directives + count,
        )


@dataclass(kw_only=True)
class _Measuring:
    """A document's fragments, and what is known of them; one that contains itself is nothing."""

    fragments: Mapping[str, FragmentDefinitionNode]
    known: dict[str, Measures] = field(default_factory=dict)

    def selection(self, node: SelectionSetNode | None) -> Measures:
        """Of what is selected."""
        if node is None:
            return Measures()
        return _together(self._selected(each) for each in node.selections)

    def fragment(self, name: str) -> Measures:
        """Of a fragment, by its name."""
        if name not in self.known:
            self.known[name] = Measures()
            definition = self.fragments.get(name)
            self.known[name] = self.selection(definition.selection_set if definition else None)
        return self.known[name]

    def _selected(self, node: object) -> Measures:
        match node:
            case FieldNode():
                return self.selection(node.selection_set).below(node)
            case InlineFragmentNode():
                inner = self.selection(node.selection_set)
                return inner.with_directives(len(node.directives or ()))
            case FragmentSpreadNode():
                return self.fragment(node.name.value).with_directives(len(node.directives or ()))
        return Measures()


def measure(document: DocumentNode) -> Measures:
    """The most of everything that an operation of a document has, or a fragment nobody spreads."""
    measuring = _Measuring(
        fragments={
            each.name.value: each
            for each in document.definitions
            if isinstance(each, FragmentDefinitionNode)
        }
    )
    try:
        roots = [
            measuring.selection(each.selection_set).with_directives(len(each.directives or ()))
            for each in document.definitions
            if isinstance(each, OperationDefinitionNode)
        ]
        unspread = [measuring.fragment(name) for name in measuring.fragments]
    except RecursionError:
        return Measures(depth=sys.getrecursionlimit())
    found = roots + unspread
    return Measures(
        depth=max((each.depth for each in found), default=0),
        fields=max((each.fields for each in roots), default=0),
        aliases=max((each.aliases for each in found), default=0),
        directives=max((each.directives for each in found), default=0),
    )


def excesses(measures: Measures, limits: DoorSettings) -> list[GraphQLError]:
    """What is too much about a document, an error each."""
    measured = (
        ("operation_depth_max", measures.depth, limits.operation_depth_max),
        ("operation_root_fields_max", measures.fields, limits.operation_root_fields_max),
        ("operation_aliases_max", measures.aliases, limits.operation_aliases_max),
        ("operation_directives_max", measures.directives, limits.operation_directives_max),
    )
    return [too_complex(name, found, most) for name, found, most in measured if found > most]


def too_complex(limit: str, found: int | None, most: int) -> GraphQLError:
    """What is said of an operation that is over a limit; `limit` is the setting's name.

    `found` is None where counting ended at the limit.
    """
    what = limit.removeprefix("operation_").removesuffix("_max").replace("_", " ")
    shown = "more" if found is None else f"{found:,}" if found < SHOWN_MAX else "over a billion"
    return GraphQLError(
        f"The operation's {what}: {shown}, of {most:,} at most.",
        extensions={"code": ErrorCode.OPERATION_TOO_COMPLEX, "limit": limit, "maximum": most},
    )


def _together(measures: Iterable[Measures]) -> Measures:
    found = tuple(measures)
    return Measures(
        depth=max((each.depth for each in found), default=0),
        fields=sum(each.fields for each in found),
        aliases=sum(each.aliases for each in found),
        directives=sum(each.directives for each in found),
    )
