"""Runs operations, whichever transport they came by."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import orjson
from graphql import ExecutionResult, GraphQLError, OperationType, get_variable_values
from graphql.execution.values import VariableValues

from app.errors import RateLimitedError
from app.metrics import count_operation
from app.rates.model import Allowance
from app.wiring import House
from schema.codes import ErrorCode
from schema.compiled.executor import CompilingExecutor
from schema.context import LONG_AGO, Context
from schema.errors import RequestError, mask, show_errors
from schema.operations.answer import Answer, refusal
from schema.operations.documents import Documents, Operation
from schema.operations.events import Events
from schema.operations.execution import execute, make_executor
from schema.operations.measures import too_complex
from schema.operations.persisted import PersistedQueries
from schema.operations.refusals import rate_limited
from schema.operations.request import OperationRequest, bad_request
from schema.root import Schema

Check = Callable[[OperationType, bool], None]
"""Raises RequestError unless an operation of that kind may come the way it has come; the second
argument is whether its document is a trusted or persisted one."""

log = logging.getLogger(__name__)


class RefusedError(Exception):
    """An operation that is not run, for reasons that its answer gives."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.body.decode())
        self.answer = answer


@dataclass(frozen=True, kw_only=True, slots=True)
class Ready:
    """An operation that may be run: it is valid, within all limits, and paid for.

    `deadline` is the event loop's time by which it has to be done.
    """

    operation: Operation
    variables: VariableValues
    context: Context
    cost: int
    is_known: bool
    allowance: Allowance | None
    deadline: float


class Operations:
    """Every operation goes through here: its document, its limits, its execution, its errors."""

    def __init__(self, schema: Schema, house: House) -> None:
        self._house = house
        self._settings = house.settings
        self._schema = schema.core
        self._documents = Documents(self._schema, house.settings)
        self._persisted = PersistedQueries(house.persisted_queries, house.settings)

    async def prepare(
        self,
        asked: OperationRequest,
        context: Context,
        check: Check = lambda _kind, _is_known: None,
    ) -> Ready:
        """See to it that an operation may be run; one that `check` refuses changes nothing.

        Raises:
            RefusedError: it may not.
        """
        deadline = asyncio.get_running_loop().time() + self._settings.operation_max_seconds
        try:
            async with asyncio.timeout_at(deadline):
                return await self._prepare(asked, context, check, deadline)
        except RequestError as error:
            raise RefusedError(
                refusal([error.formatted()], status=error.status, headers=error.headers)
            ) from error
        except GraphQLError as error:  # its syntax is wrong, or it is over a limit
            raise self._refused([error]) from error
        except RefusedError:
            raise
        except TimeoutError as error:
            raise self._refused([self._too_late()]) from error
        except Exception as error:  # whatever it is, it is our fault
            raise self._refused([mask(error)]) from error

    async def run(self, ready: Ready) -> Answer:
        """Run a query or a mutation."""
        try:
            async with asyncio.timeout_at(ready.deadline):
                result = await execute(ready.operation, self._executor(ready))
        except TimeoutError:
            result = ExecutionResult(None, [self._too_late()])
        count_operation(ready.operation.kind.value, has_errors=bool(result.errors))
        return self._answer(ready, result)

    async def answers(self, ready: Ready) -> AsyncGenerator[bytes, None]:
        """Everything that an operation answers, as JSON: once, or for each event.

        Raises:
            RefusedError: it does not begin.
        """
        if ready.operation.kind is not OperationType.SUBSCRIPTION:
            yield (await self.run(ready)).body
            return
        events = Events(self._executor(ready))
        payloads = await events.open()
        if isinstance(payloads, ExecutionResult):
            raise self._refused(payloads.errors or [])
        count_operation(ready.operation.kind.value, has_errors=False)
        async with aclosing(events.results(payloads)) as results:
            try:
                async for result in results:
                    yield self._told(result)
            except GraphQLError as error:
                raise self._refused([error]) from error

    async def _prepare(
        self,
        asked: OperationRequest,
        context: Context,
        check: Check,
        deadline: float,
    ) -> Ready:
        found = await self._persisted.find(asked)
        if not found.text:
            raise bad_request("`query` is missing")
        document = self._documents.read(found.text)
        if document.errors:
            raise self._refused(list(document.errors))
        operation = document.choose(asked.operation_name)
        if operation is None:
            raise bad_request("The request names no operation to run")
        check(operation.kind, found.is_known)
        if found.to_keep:
            await self._persisted.keep(found.to_keep, found.text)
        given = asked.variables or {}
        cost = operation.cost(self._schema, given)
        if cost > self._settings.operation_cost_max:
            raise too_complex("operation_cost_max", cost, self._settings.operation_cost_max)
        viewer = await context.identify()
        allowance = await self._spend(cost, context, viewer.account_id if viewer else None)
        return Ready(
            operation=operation,
            variables=self._variables(operation, given),
            context=context,
            cost=cost,
            is_known=found.is_known,
            allowance=allowance,
            deadline=deadline,
        )

    async def _spend(self, cost: int, context: Context, viewer_id: int | None) -> Allowance | None:
        try:
            return await self._house.rates.spend(
                cost=cost, address=context.address, viewer_id=viewer_id
            )
        except RateLimitedError as error:
            raise rate_limited(error) from error

    def _variables(self, operation: Operation, given: Mapping[str, Any]) -> VariableValues:
        coerced = get_variable_values(
            self._schema,
            operation.node.variable_definitions or (),
            dict(given),
            max_errors=self._settings.operation_errors_max,
            hide_suggestions=not self._settings.opens(self._settings.suggestions_shown),
        )
        if isinstance(coerced, VariableValues):
            return coerced
        for error in coerced:
            error.extensions = {"code": ErrorCode.BAD_USER_INPUT}
        raise self._refused(coerced)

    def _executor(self, ready: Ready) -> CompilingExecutor:
        operation, context = ready.operation, ready.context
        if operation.kind is OperationType.MUTATION:
            context.not_before = None
        elif operation.kind is OperationType.SUBSCRIPTION:
            context.not_before = LONG_AGO
        executor = make_executor(
            self._schema,
            operation,
            ready.variables,
            context,
            hides_suggestions=not self._settings.opens(self._settings.suggestions_shown),
        )
        if not self._settings.compiled_execution:
            executor.plans = None
        return executor

    def _answer(self, ready: Ready, result: ExecutionResult) -> Answer:
        cost = {"requested": ready.cost, "maximum": self._settings.operation_cost_max}
        told: dict[str, Any] = {"data": result.data, "extensions": {"cost": cost}}
        is_refused = False
        if result.errors:
            is_refused = result.data is None and all(each.path is None for each in result.errors)
            if is_refused:
                del told["data"]
            told["errors"] = show_errors(result.errors, self._settings.operation_errors_max)
        return Answer(
            body=orjson.dumps(told),
            is_refused=is_refused,
            is_public=ready.is_known and not result.errors and ready.context.is_nobody,
            allowance=ready.allowance,
        )

    def _told(self, result: ExecutionResult) -> bytes:
        told: dict[str, Any] = {"data": result.data}
        if result.errors:
            told["errors"] = show_errors(result.errors, self._settings.operation_errors_max)
        return orjson.dumps(told)

    def _too_late(self) -> GraphQLError:
        return GraphQLError(
            f"The operation took longer than {self._settings.operation_max_seconds:g} s",
            extensions={"code": ErrorCode.DEADLINE_EXCEEDED},
        )

    def _refused(self, errors: list[GraphQLError]) -> RefusedError:
        return RefusedError(refusal(show_errors(errors, self._settings.operation_errors_max)))
