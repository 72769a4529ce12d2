"""Schemas as tests change them."""

import re
from typing import Final

from graphql import parse, print_ast

_DESCRIPTION: Final = re.compile(r'"""[\s\S]*?"""')


def without_descriptions(sdl: str) -> str:
    """The same schema with nothing but its definitions, a line a field."""
    return print_ast(parse(_DESCRIPTION.sub("", sdl)))
