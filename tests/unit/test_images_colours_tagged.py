"""That colours which a file names without an ICC profile come out as they were meant."""

import io
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms

from app.images.profiles import Chromaticities, Coding, ColourTags, profile_of
from tests.photographs import chunk, encoded, with_chunks
from tests.renderings import Colour, alike, corners, shown

ORANGE: Colour = (200, 120, 40)
SRGB, LINEAR, PQ, HLG = 13, 8, 16, 18
BT_709, BT_2020, DISPLAY_P3 = 1, 9, 12
# color(display-p3 0.7843 0.4706 0.1569), by the matrices of CSS Color 4; its blue is out of reach.
ORANGE_OF_P3: Colour = (213, 115, 0)
P3_PLACES = (0.3127, 0.3290, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060)
SRGB_PLACES = (0.3127, 0.3290, 0.640, 0.330, 0.300, 0.600, 0.150, 0.060)


def png(*chunks: bytes, colour: Colour = ORANGE) -> bytes:
    return with_chunks(encoded(Image.new("RGB", (64, 64), colour), "PNG"), *chunks)


def cicp(primaries: int, transfer: int) -> bytes:
    return chunk(b"cICP", bytes((primaries, transfer, 0, 1)))


def gama(gamma: float) -> bytes:
    return chunk(b"gAMA", struct.pack(">L", round(gamma * 100_000)))


def chrm(places: tuple[float, ...]) -> bytes:
    return chunk(b"cHRM", struct.pack(">8L", *(round(place * 100_000) for place in places)))


def came_out(content: bytes, folder: Path) -> Colour:
    return corners(shown(content, folder))[0]


@pytest.mark.parametrize(
    ("chunks", "expected"),
    [
        ((), ORANGE),
        ((cicp(DISPLAY_P3, SRGB),), ORANGE_OF_P3),
        ((cicp(BT_709, SRGB),), ORANGE),
        ((cicp(BT_709, LINEAR),), (228, 182, 110)),
        ((cicp(200, 200),), ORANGE),
        ((gama(0.45455),), ORANGE),
        ((gama(0.45455), chrm(SRGB_PLACES)), ORANGE),
        ((gama(0.45455), chrm(P3_PLACES)), ORANGE_OF_P3),
        ((gama(1.0),), (228, 182, 110)),
        ((chrm(P3_PLACES),), ORANGE),
        ((gama(0.45455), chrm((0,) * 8)), ORANGE),
        ((gama(0.0),), ORANGE),
        ((chunk(b"gAMA", b"\0"), chunk(b"cHRM", b"\0"), chunk(b"cICP", b"")), ORANGE),
        ((gama(1.0), chunk(b"sRGB", b"\0")), ORANGE),
        ((cicp(DISPLAY_P3, SRGB), chunk(b"sRGB", b"\0")), ORANGE_OF_P3),
    ],
)
def test_what_a_png_says_about_its_colours_counts(
    chunks: tuple[bytes, ...], expected: Colour, tmp_path: Path
) -> None:
    assert alike([came_out(png(*chunks), tmp_path)], [expected])


@pytest.mark.parametrize("image_format", ["HEIF", "AVIF"])
def test_an_iso_file_may_say_it_in_numbers(image_format: str, tmp_path: Path) -> None:
    image = Image.new("RGB", (64, 64), ORANGE)
    content = encoded(image, image_format, quality=95)
    told = _with_coding(content, DISPLAY_P3, SRGB)
    assert alike([came_out(told, tmp_path)], [ORANGE_OF_P3])


def test_a_profile_of_an_iso_file_goes_before_its_numbers(tmp_path: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image = Image.new("RGB", (64, 64), ORANGE)
    content = encoded(image, "AVIF", quality=95, icc_profile=profile)
    assert alike([came_out(content, tmp_path)], [ORANGE])


def _with_coding(content: bytes, primaries: int, transfer: int) -> bytes:
    """The same ISO file with other numbers in its colour box."""
    at = content.index(b"colrnclx") + 8
    return content[:at] + struct.pack(">HH", primaries, transfer) + content[at + 4 :]


@pytest.mark.parametrize("transfer", [PQ, HLG])
def test_an_hdr_picture_is_neither_pale_nor_dark(transfer: int, tmp_path: Path) -> None:
    """Paper of 203 nits is nearly white, a grey card is grey, and what shines is white."""
    signals = {PQ: (0.37, 0.58, 0.76, 1.0), HLG: (0.38, 0.75, 1.0, 1.0)}[transfer]
    seen = []
    for signal in signals:
        grey = (round(signal * 255),) * 3
        red, green, blue = came_out(png(cicp(BT_2020, transfer), colour=grey), tmp_path)
        assert max(red, green, blue) - min(red, green, blue) <= 2
        seen.append(green)
    card, paper, bright, brightest = seen
    assert 80 <= card <= 130
    assert 180 <= paper <= 220
    assert paper < bright <= brightest == 255


def test_colours_of_hdr_stay_what_they_are(tmp_path: Path) -> None:
    red, green, blue = came_out(png(cicp(BT_2020, PQ), colour=(150, 135, 125)), tmp_path)
    assert red > green > blue > 100


def test_profiles_have_the_colorants_that_books_give() -> None:
    profile = profile_of(ColourTags(coding=Coding(primaries=DISPLAY_P3, transfer=SRGB)))
    assert profile
    opened = ImageCms.ImageCmsProfile(io.BytesIO(profile)).profile
    colorants = (opened.red_colorant, opened.green_colorant, opened.blue_colorant)
    expected = (
        (0.51512, 0.24120, -0.00105),
        (0.29198, 0.69225, 0.04189),
        (0.15710, 0.06657, 0.78407),
    )
    for colorant, xyz in zip(colorants, expected, strict=True):
        assert colorant
        assert colorant[0] == pytest.approx(xyz, abs=2e-4)


places = st.tuples(st.floats(0, 50_000), st.floats(0, 50_000))


@given(white=places, red=places, green=places, blue=places, gamma=st.floats(0, 50_000))
def test_any_numbers_make_a_profile_or_none(
    white: tuple[float, float],
    red: tuple[float, float],
    green: tuple[float, float],
    blue: tuple[float, float],
    gamma: float,
) -> None:
    chromaticities = Chromaticities(white=white, red=red, green=green, blue=blue)
    profile = profile_of(ColourTags(gamma=gamma, chromaticities=chromaticities))
    assert profile is None or len(profile) > 1000


@given(primaries=st.integers(0, 255), transfer=st.integers(0, 255))
def test_any_coding_makes_a_profile_or_none(primaries: int, transfer: int) -> None:
    profile = profile_of(ColourTags(coding=Coding(primaries=primaries, transfer=transfer)))
    assert profile is None or ImageCms.ImageCmsProfile(io.BytesIO(profile)).profile.xcolor_space
