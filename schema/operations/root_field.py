"""The one field of an operation: found once, and run without an executor's whole round."""

from dataclasses import dataclass
from typing import Any

from graphql import (
    ExecutionResult,
    FieldNode,
    GraphQLError,
    GraphQLField,
    GraphQLNonNull,
    GraphQLObjectType,
)
from graphql.execution.collect_fields import FieldDetailsList, collect_fields
from graphql.execution.values import get_argument_values
from graphql.pyutils import Path, is_awaitable

from schema.compiled.executor import CompilingExecutor
from schema.compiled.plan import Plan


@dataclass(frozen=True, kw_only=True, slots=True)
class RootField:
    """The only field of an operation, and the plan for its value if there can be one."""

    key: str
    details: FieldDetailsList
    nodes: list[FieldNode]
    parent: GraphQLObjectType
    field: GraphQLField
    plan: Plan | None

    async def run(self, executor: CompilingExecutor) -> ExecutionResult:
        """Resolve the field of a query and complete its value.

        Should the value be a surprise, the executor runs all of it again.
        """
        path = Path(None, self.key, self.parent.name)
        info = executor.build_resolve_info(self.field, self.nodes, self.parent, path)
        try:
            value = await self._resolved(executor, info)
        except Exception as error:  # noqa: BLE001 - a resolver may raise anything; it is told as the executor tells it
            return self._failed(executor, error, path)
        if value is None and not isinstance(self.field.type, GraphQLNonNull):
            return ExecutionResult({self.key: None}, None)
        if self.plan is not None and value is not None:
            try:
                written = await self.plan.complete_or_load(value, executor.context_value)
                return ExecutionResult({self.key: written}, None)
            except Exception:  # noqa: BLE001, S110 - the executor counts it, and has the words for it
                pass
        result: Any = executor.execute_operation()
        executed: ExecutionResult = await result if is_awaitable(result) else result
        return executed

    async def _resolved(self, executor: CompilingExecutor, info: Any) -> Any:  # noqa: ANN401 - any field's
        variables, hides = executor.variable_values, executor.hide_suggestions
        arguments = get_argument_values(self.field, self.nodes[0], variables, None, hides)
        resolve = self.field.resolve or executor.field_resolver
        value = resolve(executor.root_value, info, **arguments)
        return await value if is_awaitable(value) else value

    def _failed(self, executor: CompilingExecutor, error: Exception, path: Path) -> ExecutionResult:
        """What the executor makes of a field that failed."""
        try:
            executor.handle_field_error(error, self.field.type, self.details, path)
        except GraphQLError as located:
            return ExecutionResult(None, [located])
        return ExecutionResult({self.key: None}, executor.collected_errors.errors)


def root_field(executor: CompilingExecutor) -> RootField | None:
    """The only field of an executor's operation; None if it has several, or asks for the schema."""
    parent = executor.schema.get_root_type(executor.operation.operation)
    if parent is None:
        return None
    collected = collect_fields(
        executor.schema, executor.fragments, executor.variable_values, parent, executor.operation
    )
    fields = collected.grouped_field_set
    if len(fields) != 1:
        return None
    key, details = next(iter(fields.items()))
    name = details[0].node.name.value
    field = executor.schema.get_field(parent, name)
    if field is None or name.startswith("__"):
        return None
    return RootField(
        key=key,
        details=details,
        nodes=[each.node for each in details],
        parent=parent,
        field=field,
        plan=_plan(executor, field, details),
    )


def _plan(
    executor: CompilingExecutor, field: GraphQLField, details: FieldDetailsList
) -> Plan | None:
    if executor.plans is None or details[0].node.selection_set is None:
        return None
    type_ = field.type.of_type if isinstance(field.type, GraphQLNonNull) else field.type
    plan = executor.plans.find(executor, executor.conditions, type_, details)
    return plan if isinstance(plan, Plan) else None
