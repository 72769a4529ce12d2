"""Documents: parsed, measured and validated once, and kept for whoever sends the same text."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    ASTValidationRule,
    DirectiveNode,
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    OperationType,
    OverlappingFieldsCanBeMergedRule,
    ValidationContext,
    VariableNode,
    Visitor,
    parse,
    specified_rules,
    validate,
    visit,
)
from graphql.execution.collect_fields import FragmentDetails
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from app.kept import Kept
from app.settings.door import DoorSettings
from schema.codes import ErrorCode
from schema.compiled.plan import Plans
from schema.operations.cost import cost, size_of
from schema.operations.measures import excesses, measure, too_complex
from schema.operations.root_field import RootField

KEPT_MAX_CHARACTERS = 8_000_000
DOCUMENT_MIN_CHARACTERS = 4_000  # what is kept of a short one is longer than its text
COSTS_KEPT_MAX = 64

_ABORTED = "Validation aborted."  # so graphql-core calls a limit of its own, errors aside


@dataclass(kw_only=True, eq=False)
class Operation:
    """One operation of a document, with what has been found out about it.

    `conditions` are the variables that `@skip` and `@include` go by; their values decide which
    `root_fields` there are.
    """

    node: OperationDefinitionNode
    document: DocumentNode
    fragments: dict[str, FragmentDefinitionNode]
    fragment_details: dict[str, FragmentDetails]
    conditions: tuple[str, ...]
    plans: Plans = field(default_factory=Plans)
    root_fields: dict[tuple[object, ...], RootField | None] = field(default_factory=dict)
    _costs: dict[tuple[int | None, ...], int] = field(default_factory=dict)

    @property
    def kind(self) -> OperationType:
        """Query, mutation or subscription."""
        return self.node.operation

    def cost(self, schema: GraphQLSchema, variables: Mapping[str, Any]) -> int:
        """What it costs with these variables, as they were sent."""
        declared = self.node.variable_definitions or ()
        key = tuple(size_of(variables.get(each.variable.name.value)) for each in declared)
        found = self._costs.get(key)
        if found is None:
            found = cost(schema, self.node, self.fragments, variables)
            if len(self._costs) >= COSTS_KEPT_MAX:
                self._costs.clear()
            self._costs[key] = found
        return found


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """A document's operations by name, or why none of them can be run."""

    characters: int
    operations: Mapping[str | None, Operation] = field(default_factory=dict)
    errors: Sequence[GraphQLError] = ()

    def choose(self, name: str | None) -> Operation | None:
        """The operation of that name, or the only one; None if there is none."""
        if name is None:
            only = tuple(self.operations.values())
            return only[0] if len(only) == 1 else None
        return self.operations.get(name)


class Documents:
    """Reads documents, and keeps those that were used last; what is none is not kept."""

    def __init__(self, schema: GraphQLSchema, limits: DoorSettings) -> None:
        self._schema = schema
        self._limits = limits
        self._hides_suggestions = not limits.opens(limits.suggestions_shown)
        self._rules = [
            *(each for each in specified_rules if each is not OverlappingFieldsCanBeMergedRule),
            *(MaybeNullValidationRule, OneOfInputValidationRule),
            _overlapping_fields(limits.operation_comparisons_max),
        ]
        if not limits.opens(limits.introspection_open):
            self._rules.append(NoSchemaIntrospectionCustomRule)
        self._kept = Kept[str, Document](
            max_weight=KEPT_MAX_CHARACTERS,
            max_seconds=math.inf,
            weigh=lambda document: max(document.characters, DOCUMENT_MIN_CHARACTERS),
        )

    def read(self, text: str) -> Document:
        """The document that a text is.

        Raises:
            GraphQLSyntaxError: it is none.
        """
        found = self._kept.find((text,)).get(text)
        if found is None:
            found = self._read(text)
            self._kept.put(text, found, self._kept.lease())
        return found

    def _read(self, text: str) -> Document:
        try:
            parsed = parse(text, max_tokens=self._limits.operation_tokens_max)
        except GraphQLSyntaxError as error:
            if (excess := _excess(error, self._limits)) is None:
                raise
            return Document(characters=len(text), errors=[excess])
        if errors := excesses(measure(parsed), self._limits):
            return Document(characters=len(text), errors=errors)
        errors = validate(
            self._schema,
            parsed,
            self._rules,
            max_errors=self._limits.operation_errors_max,
            hide_suggestions=self._hides_suggestions,
        )
        if errors and errors[-1].message == _ABORTED:
            most = self._limits.operation_comparisons_max
            errors = [too_complex("operation_comparisons_max", None, most)]
        for found in errors:  # a rule may stumble, as int() does over 5,000 digits: not our fault
            code = {"code": ErrorCode.GRAPHQL_VALIDATION_FAILED}
            found.extensions = {**code, **(found.extensions or {})}
        return Document(
            characters=len(text), errors=errors, operations={} if errors else _operations(parsed)
        )


def _overlapping_fields(comparisons_max: int) -> type[ASTValidationRule]:
    """The rule that compares fields by pairs, so that its work is the square of a document's."""

    class OverlappingFields(OverlappingFieldsCanBeMergedRule):
        def __init__(self, context: ValidationContext) -> None:
            super().__init__(context)
            self.rule_context.remaining_complexity_budget = 2 * comparisons_max

    return OverlappingFields


def _excess(error: GraphQLSyntaxError, limits: DoorSettings) -> GraphQLError | None:
    """What is too much about a text that was not read to its end; None if its syntax is wrong."""
    if error.message.endswith("tokens. Parsing aborted."):
        return too_complex("operation_tokens_max", None, limits.operation_tokens_max)
    if error.message.endswith("nested too deeply. Parsing aborted."):
        return too_complex("operation_depth_max", None, limits.operation_depth_max)
    return None


def _operations(document: DocumentNode) -> dict[str | None, Operation]:
    fragments = {
        each.name.value: each
        for each in document.definitions
        if isinstance(each, FragmentDefinitionNode)
    }
    details = {name: FragmentDetails(each, None) for name, each in fragments.items()}
    conditions = _Conditions()
    visit(document, conditions)
    return {
        each.name.value if each.name else None: Operation(
            node=each,
            document=document,
            fragments=fragments,
            fragment_details=details,
            conditions=tuple(sorted(conditions.names)),
        )
        for each in document.definitions
        if isinstance(each, OperationDefinitionNode)
    }


class _Conditions(Visitor):
    """Collects the variables that directives of a selection go by."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_directive(self, node: DirectiveNode, *_: object) -> None:
        values = (argument.value for argument in node.arguments or ())
        self.names.update(v.name.value for v in values if isinstance(v, VariableNode))
