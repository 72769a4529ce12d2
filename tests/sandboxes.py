"""Renders in a sandbox, with children that misbehave where a test needs one."""

import sys
from functools import cache
from pathlib import Path
from textwrap import dedent, indent
from typing import Any

import pytest
from PIL import Image

from app.images.model import Limits, NotAPhotoError, Rendered
from app.images.sandbox import Sandbox
from tests.photographs import LIMITS, encoded


def script(source: str) -> tuple[str, ...]:
    """Command of children that misbehave in a way no photo could make ours."""
    return (
        sys.executable,
        "-c",
        f"""
import os, signal, sys, time
from app.images import child

def render(original, folder, limits):
{indent(dedent(source), "    ")}

child.render = render
child.main()
""",
    )


def run(content: bytes, folder: Path, limits: Limits = LIMITS, **options: Any) -> Rendered:
    original = folder / "original"
    original.write_bytes(content)
    return Sandbox(limits=limits, **options).render(original, folder)


def reason(content: bytes, folder: Path, limits: Limits = LIMITS, **options: Any) -> str:
    with pytest.raises(NotAPhotoError) as refused:
        run(content, folder, limits, **options)
    return refused.value.reason


@cache
def laborious() -> bytes:
    """A photo that takes seconds to render: tall noise."""
    return encoded(Image.effect_noise((1080, 6_000), 100).convert("RGB"), "JPEG")
