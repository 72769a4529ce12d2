"""What the decoding process may not do: outgrow its limits."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from app.images.renditions import render
from app.images.sandbox import SandboxError
from tests import photographs
from tests.photographs import LIMITS, RGB_EIGHT_BITS, RGBA_SIXTEEN_BITS, encoded, jpeg, photograph
from tests.sandboxes import laborious, reason, run, script

MEBIBYTE = 1024**2


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF"])
def test_the_child_renders_what_the_function_would(image_format: str, tmp_path: Path) -> None:
    content = encoded(photographs.picture(), image_format)
    found = run(content, tmp_path)
    made = {each.name: (tmp_path / each.name).read_bytes() for each in found.renditions}
    assert found == render(tmp_path / "original", tmp_path, LIMITS)
    assert all((tmp_path / name).read_bytes() == before for name, before in made.items())


def test_a_bomb_is_refused_by_its_size(tmp_path: Path) -> None:
    assert reason(photographs.bomb_png(), tmp_path) == "The picture has more than 50 megapixels."


def test_what_is_no_photo_is_refused(tmp_path: Path) -> None:
    assert reason(b"text", tmp_path) == "The file is damaged or incomplete."


def test_memory_is_limited(tmp_path: Path) -> None:
    narrow = replace(LIMITS, decode_memory_max_bytes=256 * MEBIBYTE)
    assert run(photograph(), tmp_path, narrow).renditions
    words = reason(photographs.bomb_png((7000, 7000), RGB_EIGHT_BITS), tmp_path, narrow)
    assert words == "The picture needs too much memory to decode."


def test_cpu_time_is_limited(tmp_path: Path) -> None:
    hasty = replace(LIMITS, decode_cpu_max_seconds=1)
    assert reason(laborious(), tmp_path, hasty) == "The picture took too long to decode."


def test_wall_clock_time_is_limited_by_the_child(tmp_path: Path) -> None:
    hasty = replace(LIMITS, decode_wall_max_seconds=0.2)
    assert reason(laborious(), tmp_path, hasty) == "The picture took too long to decode."


def test_wall_clock_time_is_limited_by_the_parent(tmp_path: Path) -> None:
    hasty = replace(LIMITS, decode_wall_max_seconds=0.1)
    sleeper = script("signal.setitimer(signal.ITIMER_REAL, 0); time.sleep(600)")
    began = time.monotonic()
    words = reason(jpeg(), tmp_path, hasty, command=sleeper)
    assert words == "The picture took too long to decode."
    assert time.monotonic() - began < 10


def test_files_are_limited(tmp_path: Path) -> None:
    writing = script("(folder / 'large').write_bytes(bytes(65 * 1024**2))")
    with pytest.raises(SandboxError, match="File too large"):
        run(jpeg(), tmp_path, command=writing)


def test_the_largest_photo_fits_the_default_limits(tmp_path: Path) -> None:
    content = photographs.bomb_png((8000, 6250), RGBA_SIXTEEN_BITS)
    assert run(content, tmp_path).renditions[-1].width_px == 1600
