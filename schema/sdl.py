"""Prints the schema, sorted: `python -m schema.sdl > schema/schema.graphql`."""

import sys

from schema.root import build_schema


def sdl() -> str:
    """The schema in the schema definition language."""
    return build_schema(sort=True).as_str() + "\n"


if __name__ == "__main__":
    sys.stdout.write(sdl())
