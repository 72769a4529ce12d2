"""That colours survive rendering, however a file writes them down."""

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from tests import photographs
from tests.photographs import RGBA_SIXTEEN_BITS, bomb_png, encoded, flag, photograph
from tests.profiles import cmyk_profile, grey_profile
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


def test_a_profile_of_inks_is_applied(tmp_path: Path) -> None:
    """Adobe writes inks inverted, and Pillow as Adobe does: cyan is not mistaken for paper."""
    inks = Image.new("CMYK", (64, 64))
    inks.paste((255, 0, 0, 0), (0, 0, 32, 32))
    inks.paste((0, 0, 0, 255), (32, 32, 64, 64))
    content = encoded(inks, "JPEG", quality=95, icc_profile=cmyk_profile())
    red, paper, other_paper, black = corners(shown(content, tmp_path))
    assert red[0] > 200
    assert max(red[1:]) < 60
    assert alike([paper, other_paper, black], [WHITE, WHITE, (0, 0, 0)])


@pytest.mark.parametrize("image_format", ["JPEG", "PNG"])
def test_a_profile_of_grey_is_applied(image_format: str, tmp_path: Path) -> None:
    grey = Image.new("L", (64, 64), 128)
    content = encoded(grey, image_format, icc_profile=grey_profile(1.0))
    assert alike(corners(shown(content, tmp_path)), [(188,) * 3] * 4)


def test_a_wide_profile_makes_colours_stronger(tmp_path: Path) -> None:
    """The same numbers mean more in Adobe RGB, which rocket.jpg is in."""
    found = shown(photograph("rocket.jpg"), tmp_path).resize((1, 1)).getpixel((0, 0))
    with Image.open(BytesIO(photograph("rocket.jpg"))) as opened:
        untrue = opened.resize((1, 1)).getpixel((0, 0))
    assert found != untrue


@pytest.mark.parametrize("size_px", [(64, 64), (6000, 60)])
@pytest.mark.parametrize("kind", [RGBA_SIXTEEN_BITS, (16, 2), (16, 0), (8, 4), (16, 4)])
def test_every_depth_of_png_is_shown(
    kind: tuple[int, int], size_px: tuple[int, int], tmp_path: Path
) -> None:
    found = corners(shown(bomb_png(size_px, kind), tmp_path))
    transparent = kind[1] in (4, 6)
    assert alike(found, [WHITE if transparent else (0, 0, 0)] * 4)


def test_half_transparency_is_half_white(tmp_path: Path) -> None:
    image = Image.new("RGBA", (64, 64), (255, 0, 0, 128))
    for content in (encoded(image, "PNG"), encoded(image, "WEBP", lossless=True)):
        assert alike(corners(shown(content, tmp_path)), [(255, 127, 127)] * 4)


def test_a_palette_may_be_transparent(tmp_path: Path) -> None:
    image = flag().convert("P", palette=Image.Palette.ADAPTIVE, colors=4)
    clear = bytes(0 if each == 0 else 255 for each in range(4))
    content = encoded(image, "PNG", transparency=clear)
    colours = corners(shown(content, tmp_path))
    plain = corners(shown(encoded(image, "PNG"), tmp_path))
    assert sum(each != other for each, other in zip(colours, plain, strict=True)) <= 1
    assert all(
        each in (WHITE, other) or alike([each], [other])
        for each, other in zip(colours, plain, strict=True)
    )
