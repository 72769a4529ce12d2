"""A subscription may be open for weeks: what it keeps does not grow with what it has told."""

import gc
from collections.abc import AsyncGenerator

import strawberry
from graphql.execution.collect_fields import FieldDetails

from schema.compiled.executor import ForgetfulExecutor

UPDATES = 200


@strawberry.type
class Inner:
    name: str


@strawberry.type
class Outer:
    inners: list[Inner]


@strawberry.type
class Query:
    name: str = "nothing"


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def updates(self) -> AsyncGenerator[Outer, None]:
        while True:
            yield Outer(inners=[Inner(name="first"), Inner(name="second")])


def kept() -> int:
    """How many fields of whatever is executed are in memory."""
    gc.collect()
    return sum(type(each) is FieldDetails for each in gc.get_objects())  # some are proxies


async def test_nothing_is_kept_of_an_update_that_was_sent() -> None:
    schema = strawberry.Schema(
        query=Query, subscription=Subscription, execution_context_class=ForgetfulExecutor
    )
    stream = await schema.stream("subscription { updates { inners { name } } }")
    told = aiter(stream)
    await anext(told)
    before = kept()
    for _ in range(UPDATES):
        await anext(told)
    assert kept() <= before
    await stream.aclose()
