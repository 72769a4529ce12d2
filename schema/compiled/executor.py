"""The executor of operations: by the book, with compiled plans wherever there can be one."""

from copy import copy
from typing import Any

from graphql import GraphQLNonNull, GraphQLOutputType, GraphQLResolveInfo
from graphql.execution import Executor
from graphql.execution.collect_fields import FieldDetailsList
from graphql.pyutils import AwaitableOrValue, Path, is_awaitable
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from app.metrics import count_fallback
from schema.compiled.plan import Plan, Plans


class ForgetfulExecutor(StrawberryGraphQLCoreExecutionContext):
    """Keeps nothing of an update once it is sent.

    The executor of a subscription makes a copy of itself for each update, and all copies share the
    table of subfields they have collected (graphql-core 3.3.2). Its keys are objects that each
    update makes anew, so it is never of use to the next, and grows as long as somebody listens.
    """

    def build_per_event_executor(self, payload: Any) -> Executor[Any]:
        """Make the executor of one update, with a table of its own."""
        executor = super().build_per_event_executor(payload)
        executor._relevant_sub_fields = {}  # noqa: SLF001 - there is no other way to it
        return executor


class CompilingExecutor(ForgetfulExecutor):
    """Runs compiled what can be.

    What it answers is to be written with `orjson`: parts of it may be written already. Where a
    value surprises a plan, the stock executor completes it, so errors and nulls are as ever.
    """

    plans: Plans | None = None
    conditions: tuple[object, ...] = ()

    def complete_value(
        self,
        return_type: GraphQLOutputType,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> AwaitableOrValue[Any]:
        """Complete a value; what is not null comes back here from within."""
        arguments = (return_type, field_details_list, info, path, result, position_context)
        if (
            result is None
            or self.plans is None
            or position_context is not None
            or isinstance(return_type, GraphQLNonNull)
            or field_details_list[0].node.selection_set is None
        ):
            return super().complete_value(*arguments)
        plan = self.plans.find(self, self.conditions, return_type, field_details_list)
        if isinstance(plan, str):
            count_fallback(plan)
            return super().complete_value(*arguments)
        if plan.needs_loading:
            return self._load_and_complete(plan, arguments)
        try:
            return plan.complete(result)
        except Exception:  # noqa: BLE001 - whatever it is, the stock executor has the words for it
            return self._by_the_book().complete_value(*arguments)

    async def _load_and_complete(self, plan: Plan, arguments: tuple[Any, ...]) -> Any:
        try:
            return await plan.load_and_complete(arguments[4], self.context_value)
        except Exception:  # noqa: BLE001 - loading may raise anything; so may the resolvers that come then
            completed = self._by_the_book().complete_value(*arguments)
            return await completed if is_awaitable(completed) else completed

    def _by_the_book(self) -> "CompilingExecutor":
        """The same without plans, and the same errors.

        Of several errors that null the same object only some are told, by which comes first. So
        that it is the same ones, all that is in the object runs by the book.
        """
        count_fallback("surprise")
        executor = copy(self)
        executor.plans = None
        return executor
