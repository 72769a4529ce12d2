"""What a selection comes to: which attributes are read, which values are loaded, in which shape."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    is_abstract_type,
    is_leaf_type,
    is_object_type,
)
from graphql.execution import Executor
from graphql.execution.collect_fields import FieldDetailsList

from schema.fields import BATCHED, Batched

MEMO = "memo"
"""Attribute of objects that keep what they were written as; they never change."""


class NotCompilableError(Exception):
    """The stock executor has to run this; the message is a reason that can be counted."""


@dataclass(frozen=True, kw_only=True)
class Value:
    """A value of a field or of a list, of one of four shapes."""

    is_nullable: bool
    shape: "Leaf | Items | Object | Choice"


@dataclass(frozen=True, kw_only=True)
class Leaf:
    """A scalar or an enum."""

    type: Any


@dataclass(frozen=True, kw_only=True)
class Items:
    """A list."""

    item: Value


@dataclass(frozen=True, kw_only=True, eq=False)
class Object:
    """An object of exactly one class; `slots` are those of its own fields, not of their values'."""

    type_name: str
    origin: type
    fields: Mapping[str, "Attribute | Slot | None"]
    is_kept: bool

    @property
    def slots(self) -> list["Slot"]:
        """The loaded fields."""
        return [each for each in self.fields.values() if isinstance(each, Slot)]


@dataclass(frozen=True, kw_only=True, eq=False)
class Choice:
    """One of some objects, by its class."""

    objects: tuple[Object, ...]


@dataclass(frozen=True, kw_only=True)
class Attribute:
    """A field that is an attribute of its object's."""

    name: str
    value: Value


@dataclass(frozen=True, kw_only=True, eq=False)
class Slot:
    """A field whose values are loaded for all objects at once, in the place of that `number`."""

    number: int
    batched: Batched
    value: Value


@dataclass(kw_only=True)
class _Analysis:
    """One selection, looked through; a slot's number is its place among `slots`."""

    executor: Executor[Any]
    slots: list[Slot | None] = field(default_factory=list)

    def value(self, type_: GraphQLOutputType, details: FieldDetailsList) -> Value:
        """What a field of that type comes to."""
        if isinstance(type_, GraphQLNonNull):
            return Value(is_nullable=False, shape=self._shape(type_.of_type, details))
        return Value(is_nullable=True, shape=self._shape(type_, details))

    def _shape(self, type_: Any, details: FieldDetailsList) -> Leaf | Items | Object | Choice:
        if is_leaf_type(type_):
            return Leaf(type=type_)
        if isinstance(type_, GraphQLList):
            return Items(item=self.value(type_.of_type, details))
        if is_object_type(type_):
            return self._object(type_, details)
        if is_abstract_type(type_):
            possible = self.executor.schema.get_possible_types(type_)
            return Choice(objects=tuple(self._object(each, details) for each in possible))
        raise NotCompilableError("type")

    def _object(self, type_: GraphQLObjectType, details: FieldDetailsList) -> Object:
        definition = type_.extensions.get("strawberry-definition")
        if definition is None:
            raise NotCompilableError("introspection")
        selected, deferred, _ = self.executor.collect_subfields(type_, details)
        if deferred:
            raise NotCompilableError("deferred")
        origin = definition.origin
        return Object(
            type_name=type_.name,
            origin=origin,
            fields={name: self._field(type_, details) for name, details in selected.items()},
            is_kept=MEMO in getattr(origin, "__dataclass_fields__", ()),
        )

    def _field(
        self, type_: GraphQLObjectType, details: FieldDetailsList
    ) -> "Attribute | Slot | None":
        name = details[0].node.name.value
        if name == "__typename":
            return None
        found = self.executor.schema.get_field(type_, name)
        definition = found.extensions.get("strawberry-definition") if found else None
        if found is None or definition is None:
            raise NotCompilableError("introspection")
        if _is_attribute(found, definition):
            return Attribute(name=definition.python_name, value=self.value(found.type, details))
        if BATCHED in definition.metadata:
            return self._slot(definition.metadata[BATCHED], found, details)
        raise NotCompilableError("resolver")

    def _slot(self, batched: Batched, found: GraphQLField, details: FieldDetailsList) -> Slot:
        number = len(self.slots)
        self.slots.append(None)
        slot = Slot(number=number, batched=batched, value=self.value(found.type, details))
        self.slots[number] = slot
        return slot


def analyse(
    executor: Executor[Any], type_: GraphQLOutputType, details: FieldDetailsList
) -> tuple[Value, tuple[Slot, ...]]:
    """What a field of that type comes to, and every slot in it, outer before inner.

    Raises:
        NotCompilableError: there is something in it that only the stock executor can do.
    """
    analysis = _Analysis(executor=executor)
    value = analysis.value(type_, details)
    return value, tuple(slot for slot in analysis.slots if slot)


def _is_attribute(found: GraphQLField, definition: Any) -> bool:
    is_default = getattr(found.resolve, "_is_default", False)
    return bool(definition.is_basic_field and is_default and not found.args)
