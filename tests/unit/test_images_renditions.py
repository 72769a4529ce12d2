"""What photographs and odd files look like once they are rendered."""

import io
import struct
from base64 import b64decode
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
import thumbhash  # type: ignore[import-untyped]  # it has annotations, but no py.typed
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from app.images.model import NotAPhotoError
from app.images.renditions import render
from tests import photographs
from tests.photographs import CANARY, LIMITS, encoded, flag, jpeg, photograph, picture
from tests.renderings import BLUE, FORMATS, LIME, RED, WHITE, alike, corners, rendered, shown


def reason(content: bytes, folder: Path) -> str:
    with pytest.raises(NotAPhotoError) as refused:
        rendered(content, folder)
    return refused.value.reason


@pytest.mark.parametrize(
    ("size_px", "expected"),
    [
        ((200, 100), ["200.jpg", "200.webp"]),
        ((900, 600), ["320.webp", "640.webp", "900.jpg", "900.webp"]),
        ((1080, 10), ["320.webp", "640.webp", "1080.jpg", "1080.webp"]),
        ((1081, 10), ["320.webp", "640.webp", "1080.jpg", "1080.webp", "1081.webp"]),
        ((4032, 3024), ["320.webp", "640.webp", "1080.jpg", "1080.webp", "1600.webp"]),
    ],
)
def test_renditions_of_a_size(
    size_px: tuple[int, int], expected: list[str], tmp_path: Path
) -> None:
    found = rendered(jpeg(size_px), tmp_path)
    assert [each.name for each in found.renditions] == expected
    for each in found.renditions:
        content = (tmp_path / each.name).read_bytes()
        assert (each.byte_size, each.sha256) == (len(content), sha256(content).hexdigest())
        with Image.open(io.BytesIO(content)) as opened:
            opened.load()
            assert opened.format == each.format
            assert opened.size == (each.width_px, each.height_px)
        assert each.height_px == max(1, round(size_px[1] * each.width_px / size_px[0]))


def test_avif_is_made_beside_webp_where_it_is_wanted(tmp_path: Path) -> None:
    (tmp_path / "original").write_bytes(jpeg((700, 500)))
    found = render(tmp_path / "original", tmp_path, replace(LIMITS, renditions_avif=True))
    assert [each.name for each in found.renditions] == [
        *("320.webp", "320.avif", "640.webp", "640.avif", "700.jpg", "700.webp", "700.avif")
    ]
    for each in found.renditions:
        with Image.open(tmp_path / each.name) as opened:
            opened.load()
            assert (opened.format, opened.size) == (each.format, (each.width_px, each.height_px))
            assert not opened.getexif()
            assert not opened.info.keys() & {"exif", "xmp", "icc_profile", "comment"}


def test_the_same_photo_gives_the_same_bytes(tmp_path: Path) -> None:
    assert rendered(photograph(), tmp_path) == rendered(photograph(), tmp_path)


@pytest.mark.parametrize("name", ["astronaut.png", "coffee.png", "chelsea.png", "rocket.jpg"])
def test_photographs_stay_what_they_were(name: str, tmp_path: Path) -> None:
    image = shown(photograph(name), tmp_path)
    before, after = (each.resize((16, 16)).tobytes() for each in (picture(name=name), image))
    assert max(abs(one - other) for one, other in zip(before, after, strict=True)) <= 12


@pytest.mark.parametrize("image_format", FORMATS)
def test_a_turned_photo_is_upright(image_format: str, tmp_path: Path) -> None:
    lying = flag().transpose(Image.Transpose.ROTATE_90)
    image = shown(encoded(lying, image_format, exif=photographs.exif(6)), tmp_path)
    assert image.size == (240, 160)
    assert alike(corners(image), [RED, LIME, BLUE, WHITE])


@pytest.mark.parametrize(
    ("orientation", "held"),
    [
        (1, None),
        (2, Image.Transpose.FLIP_LEFT_RIGHT),
        (3, Image.Transpose.ROTATE_180),
        (4, Image.Transpose.FLIP_TOP_BOTTOM),
        (5, Image.Transpose.TRANSPOSE),
        (6, Image.Transpose.ROTATE_90),
        (7, Image.Transpose.TRANSVERSE),
        (8, Image.Transpose.ROTATE_270),
        (0, None),
        (9, None),
    ],
)
def test_every_orientation_is_undone(
    orientation: int, held: Image.Transpose | None, tmp_path: Path
) -> None:
    lying = flag() if held is None else flag().transpose(held)
    image = shown(encoded(lying, "JPEG", exif=photographs.exif(orientation)), tmp_path)
    assert image.size == (240, 160)
    assert alike(corners(image), [RED, LIME, BLUE, WHITE])


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
@pytest.mark.parametrize(
    "metadata",
    [
        {"exif": b"Exif\0\0garbage"},
        {"exif": b"Exif\0\0II*\0\xff\xff\xff\xff"},
        {"xmp": b'<x:xmpmeta tiff:Orientation="6"/>'},
        {"icc_profile": b"garbage" * 100},
    ],
)
def test_odd_metadata_change_nothing(metadata: dict[str, bytes], tmp_path: Path) -> None:
    image = shown(encoded(flag(), "JPEG", **metadata), tmp_path)
    assert image.size == (240, 160)
    assert alike(corners(image), [RED, LIME, BLUE, WHITE])


def test_a_phone_photo_comes_out_bare(tmp_path: Path) -> None:
    content = photographs.phone_photo()
    assert content.count(CANARY) > 100
    found = rendered(content, tmp_path)
    for each in found.renditions:
        made = (tmp_path / each.name).read_bytes()
        assert CANARY not in made
        _assert_bare(made)


def test_text_in_a_png_is_dropped(tmp_path: Path) -> None:
    content = photographs.transparent_png()
    assert CANARY in content
    for each in rendered(content, tmp_path).renditions:
        _assert_bare((tmp_path / each.name).read_bytes())


def _assert_bare(made: bytes) -> None:
    """Nothing but what is needed to show the pixels: no other segment or chunk."""
    if made.startswith(b"RIFF"):
        assert made[8:16] == b"WEBPVP8 "
        assert struct.unpack("<L", made[16:20])[0] + 20 in {len(made), len(made) - 1}
        return
    position, segments = 2, set[int]()
    while (marker := made[position + 1]) != 0xDA:
        segments.add(marker)
        position += 2 + int.from_bytes(made[position + 2 : position + 4], "big")
    # APP0 (JFIF), quantization, progressive frame, Huffman tables: no APP1…15, no comment.
    assert segments == {0xE0, 0xDB, 0xC2, 0xC4}
    assert made.endswith(b"\xff\xd9")
    assert made.count(b"\xff\xd8") == 1


@pytest.mark.parametrize("image_format", ["PNG", "WEBP", "AVIF"])
def test_of_an_animation_the_first_frame_is_shown(image_format: str, tmp_path: Path) -> None:
    assert alike(corners(shown(photographs.animation(image_format), tmp_path)), [RED] * 4)


def test_of_several_pictures_in_a_jpeg_the_first_is_shown(tmp_path: Path) -> None:
    content = encoded(flag(), "MPO", save_all=True, append_images=[picture((90, 90))])
    assert alike(corners(shown(content, tmp_path)), [RED, LIME, BLUE, WHITE])


@pytest.mark.parametrize("image_format", FORMATS)
def test_bytes_after_the_end_are_no_reason_to_refuse(image_format: str, tmp_path: Path) -> None:
    assert rendered(encoded(flag(), image_format) + b"film" * 1000, tmp_path).renditions


@pytest.mark.parametrize("image_format", FORMATS)
def test_a_truncated_file_is_refused(image_format: str, tmp_path: Path) -> None:
    content = encoded(picture((300, 200)), image_format)
    for percent in range(100):
        cut = content[: len(content) * percent // 100]
        assert reason(cut, tmp_path) == "The file is damaged or incomplete."


@pytest.mark.parametrize("content", [b"", b"text", encoded(flag(), "GIF"), encoded(flag(), "TIFF")])
def test_what_is_no_photo_is_refused(content: bytes, tmp_path: Path) -> None:
    assert reason(content, tmp_path) == "The file is damaged or incomplete."


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    image_format=st.sampled_from(["JPEG", "PNG", "WEBP"]),
    place=st.integers(0, 2000),
    junk=st.binary(min_size=1, max_size=8),
)
def test_a_damaged_file_is_shown_or_refused(
    image_format: str, place: int, junk: bytes, tmp_path: Path
) -> None:
    content = bytearray(encoded(flag(), image_format, exif=photographs.exif(6)))
    place %= len(content)
    content[place : place + len(junk)] = junk
    with suppress(NotAPhotoError):
        assert rendered(bytes(content), tmp_path).renditions


def test_a_picture_of_too_many_pixels_is_refused(tmp_path: Path) -> None:
    assert reason(photographs.bomb_png((12_001, 2)), tmp_path) == (
        "The picture has a side longer than 12000 pixels."
    )
    assert reason(photographs.bomb_png((8000, 6251)), tmp_path) == (
        "The picture has more than 50 megapixels."
    )


@pytest.mark.parametrize("size_px", [(1, 1), (12_000, 1), (1, 12_000), (7, 3)])
def test_extreme_shapes_are_rendered(size_px: tuple[int, int], tmp_path: Path) -> None:
    image = shown(encoded(Image.new("RGB", size_px, "red"), "PNG"), tmp_path)
    assert image.size == (min(size_px[0], 1080), size_px[1])


def test_noise_is_encoded_too(tmp_path: Path) -> None:
    noise = Image.effect_noise((1080, 1080), 100).convert("RGB")
    assert rendered(encoded(noise, "PNG"), tmp_path).renditions


@pytest.mark.parametrize("size_px", [(1, 1), (1, 900), (900, 1), (640, 480)])
def test_the_placeholder_is_a_thumbhash(size_px: tuple[int, int], tmp_path: Path) -> None:
    found = rendered(encoded(Image.new("RGB", size_px, "red"), "PNG"), tmp_path)
    code = b64decode(found.thumbhash, validate=True)
    assert 5 <= len(code) <= 25
    red, green, blue, alpha = thumbhash.thumb_hash_to_average_rgba(list(code))
    assert red > 0.9
    assert max(green, blue) < 0.1
    assert alpha == 1
