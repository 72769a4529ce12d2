"""The answer to an operation, before a transport gives it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from app.rates.model import Allowance


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What an operation came to, as JSON.

    `is_refused`: it was not run, and there is no data. `is_public`: it is the same for everybody,
    and has no errors. `status` is for refusals that HTTP has a status of its own for, else 0.
    """

    body: bytes
    is_refused: bool = False
    is_public: bool = False
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    allowance: Allowance | None = None


def refusal(
    errors: Sequence[Mapping[str, Any]],
    *,
    status: int = 0,
    headers: Mapping[str, str] | None = None,
    allowance: Allowance | None = None,
) -> Answer:
    """The answer to what is not run."""
    return Answer(
        body=orjson.dumps({"errors": list(errors)}),
        is_refused=True,
        status=status,
        headers=headers or {},
        allowance=allowance,
    )
