"""What compiled functions call as they run."""

from collections.abc import Callable
from typing import Any, Final

import orjson

MEMO_MAX: Final = 2
MEMO_MAX_BYTES: Final = 4_096


class SurpriseError(Exception):
    """A value is not what the schema says."""


def refuse() -> Any:
    """Leave it to the stock executor."""
    raise SurpriseError


def keep(memo: dict[Any, Any], key: Any, needs: Any, written: dict[str, Any]) -> orjson.Fragment:
    """Write an object, and remember how unless it is long; `needs` is what it was made of."""
    text = orjson.dumps(written)
    fragment = orjson.Fragment(text)
    if len(text) <= MEMO_MAX_BYTES:
        if len(memo) >= MEMO_MAX and key not in memo:
            memo.clear()
        memo[key] = (needs, fragment)
    return fragment


def coercing(coerce: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Coerce a scalar or an enum, and refuse what comes to nothing."""

    def coerced(value: Any) -> Any:
        found = coerce(value)
        return refuse() if found is None else found

    return coerced
