"""How operations are run, where GraphQL's own way will not do."""

from typing import Any

from graphql.execution import Executor
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext


class ForgetfulExecutor(StrawberryGraphQLCoreExecutionContext):
    """Keeps nothing of an update once it is sent.

    The executor of a subscription makes a copy of itself for each update, and all copies share the
    table of subfields they have collected (graphql-core 3.3.2). Its keys are objects that each
    update makes anew, so it is never of use to the next, and grows as long as somebody listens.
    """

    def build_per_event_executor(self, payload: Any) -> Executor[Any]:  # noqa: ANN401 - as it is inherited
        """Make the executor of one update, with a table of its own."""
        executor = super().build_per_event_executor(payload)
        executor._relevant_sub_fields = {}  # noqa: SLF001 - there is no other way to it
        return executor
