"""Events that are the same for many: executed once, and told to each with a cursor of their own."""

import secrets
from copy import copy
from functools import partial

import orjson

from schema.compiled.plan import Plan
from schema.context import Context
from schema.moments import Shared

PLACE = secrets.token_hex(16)
"""Stands where a cursor will be; nobody who writes a post can know it."""


async def write_shared(payload: Shared, plan: Plan, context: Context) -> orjson.Fragment:
    """What a payload comes to for one of those who get it; `plan` is for all."""
    parts: list[bytes] = await payload.shown.ask(plan, partial(_parts, payload, plan, context))
    return orjson.Fragment(payload.cursor.encode().join(parts))  # a cursor needs no escapes


async def _parts(payload: Shared, plan: Plan, context: Context) -> list[bytes]:
    """What is written before, between and behind the cursors."""
    told = copy(payload)
    told.cursor = PLACE
    return orjson.dumps(await plan.complete_or_load(told, context)).split(PLACE.encode())
