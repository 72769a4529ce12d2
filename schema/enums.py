"""Enums of the house, as the schema shows them."""

from collections.abc import Mapping
from enum import Enum

import strawberry


def show_enum(enum: type[Enum], *, name: str, description: str, values: Mapping[str, str]) -> None:
    """Have an enum in the schema, with a description of each of its values by their names.

    Raises:
        ValueError: not every value is described, or one that there is not.
    """
    if set(values) != set(enum.__members__):
        raise ValueError(f"The values of {name} are {', '.join(enum.__members__)}")
    shown = strawberry.enum(enum, name=name, description=description)
    for value in shown.__strawberry_definition__.values:  # type: ignore[attr-defined] # added by it
        value.description = values[value.name]
