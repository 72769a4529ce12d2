"""Plans: how the value of a field becomes its part of an answer."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from graphql import GraphQLOutputType
from graphql.execution import Executor
from graphql.execution.collect_fields import FieldDetailsList

from schema.compiled.source import Gather, Source
from schema.compiled.tree import NotCompilableError, Slot, Value, analyse

PLANS_MAX = 256

Loaded = Sequence[Mapping[int, Any]]


class Plan:
    """A compiled selection; raises whatever is raised by values that are not as they should be."""

    def __init__(self, value: Value, slots: tuple[Slot, ...]) -> None:
        source = Source()
        self._write = source.write(value)
        self._gather: Gather = source.gather(value)
        self._gather_inner = [source.gather(_one(slot.value)) for slot in slots]
        self._slots = slots
        self.needs_loading = bool(slots)
        self.is_for_all = all(slot.batched.is_for_all for slot in slots)

    def complete(self, value: Any) -> Any:
        """What `orjson` writes of a value for which nothing has to be loaded."""
        return self._write(value, ())

    async def complete_or_load(self, value: Any, context: Any) -> Any:
        """What `orjson` writes of a value, whatever it takes."""
        if self.needs_loading:
            return await self.load_and_complete(value, context)
        return self.complete(value)

    async def load_and_complete(self, value: Any, context: Any) -> Any:
        """What `orjson` writes of a value, with what `context` loads for it."""
        wanted: list[set[int]] = [set() for _ in self._slots]
        self._gather(value, wanted)
        loaded: list[Mapping[int, Any]] = [{} for _ in self._slots]
        waiting = dict(enumerate(self._slots))
        # A slot's own slots have higher numbers, and are wanted once it is loaded.
        while ready := [number for number in waiting if wanted[number]]:
            loads = [waiting.pop(number).batched.load(context, wanted[number]) for number in ready]
            found = [await loads[0]] if len(loads) == 1 else await asyncio.gather(*loads)
            for number, objects in zip(ready, found, strict=True):
                loaded[number] = objects
                for each in objects.values():
                    self._gather_inner[number](each, wanted)
        return self._write(value, loaded)


class Plans:
    """The plans of one operation, made when they are first needed."""

    def __init__(self) -> None:
        self._plans: dict[tuple[object, ...], Plan | str] = {}

    def find(
        self,
        executor: Executor[Any],
        conditions: tuple[object, ...],
        type_: GraphQLOutputType,
        details: FieldDetailsList,
    ) -> Plan | str:
        """The plan for a field, or the reason why there can be none.

        `conditions` are the values of the variables that `@skip` and `@include` go by.
        """
        # The operation holds its nodes and the schema its types, so their ids stay theirs.
        key = (conditions, id(type_), *(id(each.node) for each in details))
        found = self._plans.get(key)
        if found is None:
            found = _plan(executor, type_, details)
            if len(self._plans) >= PLANS_MAX:
                self._plans.clear()
            self._plans[key] = found
        return found


def _plan(
    executor: Executor[Any], type_: GraphQLOutputType, details: FieldDetailsList
) -> Plan | str:
    try:
        return Plan(*analyse(executor, type_, details))
    except NotCompilableError as error:
        return str(error)


def _one(value: Value) -> Value:
    return Value(is_nullable=True, shape=value.shape)
