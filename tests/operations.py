"""Operations asked of the door without a transport, in a house of any services."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, cast

import orjson

from app.settings import Settings
from app.wiring import House
from schema.context import Context
from schema.operations.request import OperationRequest
from schema.operations.run import Operations, RefusedError
from schema.root import build_schema


async def _nothing(*_: object, **__: object) -> None:
    return None


def house_of(**services: object) -> House:
    """A house of these services, with no Redis behind its rates and persisted queries."""
    return cast(
        "House",
        SimpleNamespace(
            settings=Settings.model_construct(environment="development"),
            rates=SimpleNamespace(spend=_nothing, try_to_sign_in=_nothing),
            persisted_queries=SimpleNamespace(find=_nothing, keep=_nothing),
            **services,
        ),
    )


async def ask(
    house: House,
    query: str,
    variables: Mapping[str, Any] | None = None,
    *,
    authorization: str | None = None,
) -> Any:
    """What an operation is answered, as a client reads it."""
    operations = Operations(build_schema(), house)
    context = Context(house, authorization=authorization)
    try:
        ready = await operations.prepare(
            OperationRequest(query=query, variables=variables), context
        )
    except RefusedError as refused:
        return orjson.loads(refused.answer.body)
    return orjson.loads((await operations.run(ready)).body)
