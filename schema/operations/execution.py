"""Runs queries and mutations on executors."""

from typing import Any

from graphql import ExecutionResult, GraphQLSchema, OperationType
from graphql.execution.executor import default_field_resolver, default_type_resolver
from graphql.execution.values import VariableValues
from graphql.pyutils import is_awaitable
from strawberry.execution import optimized_is_awaitable

from schema.compiled.executor import CompilingExecutor
from schema.context import Context
from schema.operations.documents import Operation
from schema.operations.root_field import root_field

ROOT_FIELDS_MAX = 64


def make_executor(
    schema: GraphQLSchema,
    operation: Operation,
    variables: VariableValues,
    context: Context,
    *,
    hides_suggestions: bool = False,
) -> CompilingExecutor:
    """Make the executor of an operation; the document is valid, its variables are read."""
    executor = CompilingExecutor(
        schema,
        operation.fragments,
        operation.fragment_details,
        None,
        context,
        operation.node,
        variables,
        default_field_resolver,
        default_type_resolver,
        default_field_resolver,
        is_awaitable=optimized_is_awaitable,
        hide_suggestions=hides_suggestions,
    )
    executor.plans = operation.plans
    executor.conditions = tuple([variables.coerced.get(name) for name in operation.conditions])
    return executor


async def execute(operation: Operation, executor: CompilingExecutor) -> ExecutionResult:
    """Run a query or a mutation; a query of one field by its plan, if it has one."""
    if operation.kind is OperationType.QUERY and executor.plans is not None:
        known = operation.root_fields
        if executor.conditions not in known:
            if len(known) >= ROOT_FIELDS_MAX:
                known.clear()
            known[executor.conditions] = root_field(executor)
        only = known[executor.conditions]
        if only is not None and only.plan is not None:
            return await only.run(executor)
    result: Any = executor.execute_operation()
    executed: ExecutionResult = await result if is_awaitable(result) else result
    return executed
