"""What an operation costs, told before it is run: the objects that its answer may hold.

A list counts as often as it may have items: a connection's edges by `first`, `nodes` by its ids,
others by what their field declares. So ten times three within each other are 3¹⁰.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_abstract_type,
)

from app.paging import FIRST_MAX
from schema.fields import LIST_MAX

LIST_MAX_UNKNOWN = 10
MUTATION_COST = 10
SIZES = ("first", "ids")
"""Arguments that say how many items there will be."""

Composite = GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType
Variables = Mapping[str, Any]


@dataclass(kw_only=True)
class _Pricing:
    """One operation with its variables, and what its fragments were found to cost."""

    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: Variables
    known: dict[tuple[str, str, int | None], int] = field(default_factory=dict)

    def selection(self, node: SelectionSetNode, type_: Composite, page: int | None) -> int:
        """Of what is selected of a type, within a field that asked for `page` items."""
        if is_abstract_type(type_):
            concrete = self.schema.get_possible_types(type_)
            return max((self.selection(node, each, page) for each in concrete), default=0)
        return sum(self._selected(each, type_, page) for each in node.selections)

    def _selected(self, node: object, type_: Composite, page: int | None) -> int:
        match node:
            case FieldNode():
                return self._field(node, type_, page)
            case InlineFragmentNode(type_condition=condition):
                applies = condition is None or self._applies(condition.name.value, type_)
                return self.selection(node.selection_set, type_, page) if applies else 0
            case FragmentSpreadNode():
                return self._fragment(node.name.value, type_, page)
        return 0

    def _field(self, node: FieldNode, type_: Composite, page: int | None) -> int:
        if node.name.value.startswith("__"):
            return 0 if node.selection_set is None else 1
        definition = self.schema.get_field(type_, node.name.value)
        if definition is None or node.selection_set is None:
            return 0
        asked = _asked_for(definition, node, self.variables)
        items = _items(definition, page, asked) if _is_list(definition) else 1
        inner_type = cast("Composite", get_named_type(definition.type))
        inner = self.selection(node.selection_set, inner_type, asked)
        return items * (1 + inner)

    def _fragment(self, name: str, type_: Composite, page: int | None) -> int:
        definition = self.fragments.get(name)
        if definition is None or not self._applies(definition.type_condition.name.value, type_):
            return 0
        key = (name, type_.name, page)
        if key not in self.known:
            self.known[key] = 0
            self.known[key] = self.selection(definition.selection_set, type_, page)
        return self.known[key]

    def _applies(self, condition: str, type_: Composite) -> bool:
        named = self.schema.get_type(condition)
        return named is type_ or (is_abstract_type(named) and self.schema.is_sub_type(named, type_))


def cost(
    schema: GraphQLSchema,
    operation: OperationDefinitionNode,
    fragments: Mapping[str, FragmentDefinitionNode],
    variables: Variables,
) -> int:
    """The cost of an operation with these variables, 1 at least.

    Raises:
        RecursionError: its fragments are nested too deeply.
    """
    root = schema.get_root_type(operation.operation)
    if root is None:
        return 1
    given = {**_defaults(operation), **variables}
    pricing = _Pricing(schema=schema, fragments=fragments, variables=given)
    found = pricing.selection(operation.selection_set, root, None)
    if operation.operation is OperationType.MUTATION:
        found += MUTATION_COST * len(operation.selection_set.selections)
    return max(found, 1)


def _is_list(definition: GraphQLField) -> bool:
    type_ = definition.type
    return isinstance(type_.of_type if isinstance(type_, GraphQLNonNull) else type_, GraphQLList)


def _items(definition: GraphQLField, page: int | None, asked: int | None) -> int:
    declared = definition.extensions.get("strawberry-definition")
    listed = declared.metadata.get(LIST_MAX) if declared else None
    return next(n for n in (listed, asked, page, LIST_MAX_UNKNOWN) if n is not None)


def _asked_for(definition: GraphQLField, node: FieldNode, variables: Variables) -> int | None:
    """How many items a field asks for; None if it doesn't say.

    Not more than there will be: what is out of bounds is refused when it is run.
    """
    name = next((each for each in SIZES if each in definition.args), None)
    if name is None:
        return None
    given = next((each.value for each in node.arguments or () if each.name.value == name), None)
    found = _written(given, variables)
    if found is None:
        found = definition.args[name].default_value
    return max(0, min(found, FIRST_MAX)) if isinstance(found, int) else FIRST_MAX


def _written(value: object, variables: Variables) -> int | None:
    match value:
        case None | NullValueNode():
            return None
        case IntValueNode():
            return int(value.value)
        case ListValueNode():
            return len(value.values)
        case VariableNode():
            return size_of(variables.get(value.name.value))
    return 1  # a list of one


def _defaults(operation: OperationDefinitionNode) -> dict[str, Any]:
    return {
        each.variable.name.value: _written(each.default_value, {})
        for each in operation.variable_definitions or ()
        if each.default_value is not None
    }


def size_of(value: object) -> int | None:
    """How many items the value of a variable asks for, should it be a size."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return len(value)
    return 1 if isinstance(value, str) else value if isinstance(value, int) else None
