"""The events of a subscription, each executed to an answer."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from graphql import ExecutionResult, GraphQLNonNull, GraphQLObjectType, located_error
from graphql.execution import create_source_event_stream
from graphql.execution.collect_fields import collect_fields
from graphql.pyutils import is_awaitable

from app.live.hub import LostError
from schema.compiled.executor import CompilingExecutor
from schema.compiled.plan import Plan
from schema.moments import Shared
from schema.operations.shared import write_shared


class Events:
    """One subscription: its source, and what each of its events comes to."""

    def __init__(self, executor: CompilingExecutor) -> None:
        self._executor = executor
        root: Any = executor.schema.subscription_type
        self._key, self._details = _root_field(executor, root)
        self._type = executor.schema.get_field(root, self._details[0].node.name.value)
        self._plan = self._planned()

    async def open(self) -> AsyncGenerator[Any, None] | ExecutionResult:
        """The payloads as they come, or why there are none."""
        stream: Any = create_source_event_stream(self._executor)
        opened: AsyncGenerator[Any, None] | ExecutionResult = (
            await stream if is_awaitable(stream) else stream
        )
        return opened

    async def results(
        self, payloads: AsyncGenerator[Any, None]
    ) -> AsyncGenerator[ExecutionResult, None]:
        """What each event comes to.

        Raises:
            GraphQLError: there will be no more of them, and why.
            LostError: likewise, but there will be if the client comes back.
        """
        async with aclosing(payloads):
            while True:
                try:
                    payload = await anext(payloads)
                except StopAsyncIteration:
                    return
                except LostError:
                    raise
                except Exception as error:
                    nodes = [each.node for each in self._details]
                    raise located_error(error, nodes, [self._key]) from error
                yield await self._execute(payload)

    async def _execute(self, payload: object) -> ExecutionResult:
        if self._plan is not None and payload is not None:
            try:
                return ExecutionResult({self._key: await self._write(self._plan, payload)}, None)
            except Exception:  # noqa: BLE001, S110 - whatever it is, the executor has the words for it
                pass
        executor = self._executor.build_per_event_executor(payload)
        result: Any = executor.execute_operation(serially=False)
        executed: ExecutionResult = await result if is_awaitable(result) else result
        return executed

    async def _write(self, plan: Plan, payload: object) -> object:
        context = self._executor.context_value
        if plan.is_for_all and isinstance(payload, Shared):
            return await write_shared(payload, plan, context)
        return await plan.complete_or_load(payload, context)

    def _planned(self) -> Plan | None:
        executor, field = self._executor, self._type
        if executor.plans is None or field is None:
            return None
        type_ = field.type.of_type if isinstance(field.type, GraphQLNonNull) else field.type
        plan = executor.plans.find(executor, executor.conditions, type_, self._details)
        return plan if isinstance(plan, Plan) else None


def _root_field(executor: CompilingExecutor, root: GraphQLObjectType) -> tuple[str, Any]:
    """The one field that a subscription asks for: its key in the answer, and its details."""
    fields = collect_fields(
        executor.schema, executor.fragments, executor.variable_values, root, executor.operation
    )
    return next(iter(fields.grouped_field_set.items()))
