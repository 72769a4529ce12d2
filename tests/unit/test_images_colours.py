"""That colours survive rendering, however a file writes them down."""

from pathlib import Path

import pytest
from PIL import Image

from tests import photographs
from tests.photographs import encoded, flag
from tests.renderings import BLUE, FORMATS, LIME, RED, WHITE, Colour, alike, corners, shown

GREY_FLAG: list[Colour] = [(76,) * 3, (150,) * 3, (29,) * 3, WHITE]


def test_transparency_goes_on_white(tmp_path: Path) -> None:
    assert alike(corners(shown(photographs.transparent_png(), tmp_path)), [RED, WHITE, RED, WHITE])


def test_a_transparent_colour_goes_on_white(tmp_path: Path) -> None:
    content = encoded(flag(), "PNG", transparency=RED)
    assert alike(corners(shown(content, tmp_path)), [WHITE, LIME, BLUE, WHITE])


@pytest.mark.parametrize("mode", ["P", "RGBA"])
def test_other_modes_of_png_keep_their_colours(mode: str, tmp_path: Path) -> None:
    image = shown(encoded(flag().convert(mode), "PNG"), tmp_path)
    assert alike(corners(image), [RED, LIME, BLUE, WHITE])


def test_cmyk_keeps_its_colours(tmp_path: Path) -> None:
    image = shown(encoded(flag().convert("CMYK"), "JPEG", quality=95), tmp_path)
    assert alike(corners(image), [RED, LIME, BLUE, WHITE])


@pytest.mark.parametrize(("mode", "image_format"), [("L", "JPEG"), ("L", "PNG"), ("LA", "PNG")])
def test_grey_stays_grey(mode: str, image_format: str, tmp_path: Path) -> None:
    image = shown(encoded(flag().convert(mode), image_format), tmp_path)
    assert image.mode == "RGB"
    assert alike(corners(image), GREY_FLAG)


def test_black_and_white_stays_so(tmp_path: Path) -> None:
    black = Image.new("1", (64, 64))
    assert alike(corners(shown(encoded(black, "PNG"), tmp_path)), [(0, 0, 0)] * 4)


def test_sixteen_bits_are_scaled_not_cut(tmp_path: Path) -> None:
    found = corners(shown(photographs.sixteen_bit_png(), tmp_path))
    assert alike(found, [(64,) * 3, (191,) * 3] * 2)


@pytest.mark.parametrize("image_format", FORMATS)
def test_a_colour_profile_is_applied_then_dropped(image_format: str, tmp_path: Path) -> None:
    profile = photographs.swapped_profile()
    image = shown(encoded(flag(), image_format, icc_profile=profile), tmp_path)
    assert alike(corners(image), [LIME, RED, BLUE, WHITE])
    assert "icc_profile" not in image.info


@pytest.mark.parametrize("mode", ["P", "RGBA", "L"])
def test_a_profile_of_rgb_fits_every_mode_but_cmyk(mode: str, tmp_path: Path) -> None:
    profile = photographs.swapped_profile()
    image = shown(encoded(flag().convert(mode), "PNG", icc_profile=profile), tmp_path)
    assert alike(corners(image), GREY_FLAG if mode == "L" else [LIME, RED, BLUE, WHITE])


def test_a_profile_that_does_not_fit_is_ignored(tmp_path: Path) -> None:
    content = encoded(
        flag().convert("CMYK"), "JPEG", quality=95, icc_profile=photographs.swapped_profile()
    )
    assert alike(corners(shown(content, tmp_path)), [RED, LIME, BLUE, WHITE])
