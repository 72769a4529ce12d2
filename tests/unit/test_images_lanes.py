"""What the quick lane does not even begin, and what it ends."""

from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from app.images.model import OutOfTimeError
from app.images.sandbox import Sandbox
from tests.photographs import LIMITS, encoded, jpeg, picture

SCAN = b"\xff\xda"


def render(content: bytes, folder: Path, *, is_quick: bool = True) -> int:
    original = folder / "original"
    original.write_bytes(content)
    return len(Sandbox(limits=LIMITS).render(original, folder, is_quick=is_quick).renditions)


def test_a_jpeg_of_very_many_scans_is_not_begun(tmp_path: Path) -> None:
    content = jpeg()
    with pytest.raises(OutOfTimeError):
        render(content + SCAN * 1_001, tmp_path)
    assert render(content + SCAN * 1_001, tmp_path, is_quick=False)


def test_what_only_looks_like_scans_is_rendered_at_once(tmp_path: Path) -> None:
    assert render(jpeg() + SCAN * 900, tmp_path)
    assert render(encoded(picture(), "PNG") + SCAN * 2_000, tmp_path)


def test_the_quick_lane_ends_what_the_slow_one_would_go_on_with(tmp_path: Path) -> None:
    original = tmp_path / "original"
    original.write_bytes(encoded(Image.effect_noise((1080, 8_000), 100).convert("RGB"), "JPEG"))
    limits = replace(LIMITS, decode_quick_cpu_max_seconds=1)
    with pytest.raises(OutOfTimeError):
        Sandbox(limits=limits).render(original, tmp_path, is_quick=True)
