"""An operation's executor, ready to run."""

from graphql import GraphQLSchema
from graphql.execution.executor import default_field_resolver, default_type_resolver
from graphql.execution.values import VariableValues
from strawberry.execution import optimized_is_awaitable

from schema.compiled.executor import CompilingExecutor
from schema.context import Context
from schema.operations.documents import Operation


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
