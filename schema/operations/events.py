"""The events of a subscription, each executed to an answer."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from graphql import ExecutionResult, located_error
from graphql.execution import create_source_event_stream
from graphql.pyutils import is_awaitable

from app.live.hub import LostError
from schema.compiled.executor import CompilingExecutor
from schema.compiled.plan import Plan
from schema.moments import Shared
from schema.operations.root_field import root_field
from schema.operations.shared import write_shared


class Events:
    """One subscription: its source, and what each of its events comes to."""

    def __init__(self, executor: CompilingExecutor) -> None:
        self._executor = executor
        field = root_field(executor)
        if field is None:
            raise ValueError("A subscription has one field")  # as its validation has seen to
        self._field = field

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
                    raise located_error(error, self._field.nodes, [self._field.key]) from error
                yield await self._execute(payload)

    async def _execute(self, payload: object) -> ExecutionResult:
        plan = self._field.plan
        if plan is not None and payload is not None:
            try:
                return ExecutionResult({self._field.key: await self._write(plan, payload)}, None)
            except Exception:  # noqa: BLE001, S110 - the executor counts it, and has the words for it
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
