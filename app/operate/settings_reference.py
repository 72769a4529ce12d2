"""The table of all settings, as it stands in the README."""

import orjson

from app.settings import ENV_PREFIX, Settings


def settings_reference() -> str:
    """Every setting in Markdown, a row each: its variable, its default, what it means."""
    rows = (
        f"| `{ENV_PREFIX}{name.upper()}` "
        f"| {'required' if field.is_required() else _written(field.default)} "
        f"| {field.description} |"
        for name, field in Settings.model_fields.items()
    )
    return "\n".join(("| variable | default | meaning |", "|---|---|---|", *rows))


def _written(default: object) -> str:
    """A default as it would stand in the variable."""
    if default is None:
        return "none"
    return f"`{default if isinstance(default, str) else orjson.dumps(default).decode()}`"
