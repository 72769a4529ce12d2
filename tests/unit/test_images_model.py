"""Names, sizes and kinds of images, without any file."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.images.model import (
    Image,
    ImageFormat,
    PhotoType,
    Rendition,
    Variant,
    original_key,
    original_prefix,
    photo_type,
    rendition_key,
    rendition_prefix,
    rendition_widths_px,
)
from app.settings import Settings
from tests.photographs import LIMITS, animation, encoded, flag

post_ids = st.integers(0, 2**64 - 1)
digests = st.binary(min_size=32, max_size=32).map(bytes.hex)


def variant(width_px: int, image_format: ImageFormat) -> Variant:
    return Variant(
        key=f"{width_px}.{image_format.extension}",
        width_px=width_px,
        height_px=width_px // 2,
        format=image_format,
        byte_size=1,
        sha256="00",
    )


@pytest.mark.parametrize(
    ("source_px", "widths_px"),
    [
        (1, (1,)),
        (200, (200,)),
        (320, (320,)),
        (321, (320, 321)),
        (900, (320, 640, 900)),
        (1080, (320, 640, 1080)),
        (1599, (320, 640, 1080, 1599)),
        (1600, (320, 640, 1080, 1600)),
        (4032, (320, 640, 1080, 1600)),
    ],
)
def test_widths_for_a_source(source_px: int, widths_px: tuple[int, ...]) -> None:
    assert rendition_widths_px(source_px) == widths_px


@given(source_px=st.integers(1, 100_000))
def test_widths_rise_and_never_exceed_the_source(source_px: int) -> None:
    widths_px = rendition_widths_px(source_px)
    assert list(widths_px) == sorted(set(widths_px))
    assert widths_px[-1] == min(source_px, 1600)


@given(post_id=post_ids, sha256=digests, width_px=st.integers(1, 1600))
def test_keys_have_one_shape_and_lie_under_their_post(
    post_id: int, sha256: str, width_px: int
) -> None:
    rendition = Rendition(
        width_px=width_px, height_px=1, format=ImageFormat.WEBP, byte_size=1, sha256=sha256
    )
    key = rendition_key(post_id, rendition)
    assert re.fullmatch(r"renditions/[0-9a-f]{16}/[0-9a-f]{16}/[0-9]{1,4}\.webp", key)
    assert key.startswith(rendition_prefix(post_id))
    original = original_key(post_id, sha256)
    assert re.fullmatch(r"originals/[0-9a-f]{16}/[0-9a-f]{16}", original)
    assert original.startswith(original_prefix(post_id))


@given(first=post_ids, second=post_ids)
def test_keys_of_one_post_never_lie_under_another(first: int, second: int) -> None:
    assert (rendition_prefix(first) == rendition_prefix(second)) == (first == second)
    assert (original_prefix(first) == original_prefix(second)) == (first == second)


def test_extensions_and_media_types() -> None:
    assert [each.extension for each in ImageFormat] == ["jpg", "webp", "avif"]
    assert [each.content_type for each in ImageFormat] == ["image/jpeg", "image/webp", "image/avif"]


def test_an_image_shows_its_jpeg_by_default() -> None:
    jpeg = variant(640, ImageFormat.JPEG)
    image = Image(region="eu", thumbhash="", variants=(variant(320, ImageFormat.WEBP), jpeg))
    assert image.default == jpeg
    assert (image.width_px, image.height_px) == (640, 320)


@pytest.mark.parametrize("jpegs", [0, 2])
def test_an_image_without_exactly_one_jpeg_cannot_be(jpegs: int) -> None:
    with pytest.raises(ValueError, match="exactly one JPEG"):
        Image(region="eu", thumbhash="", variants=(variant(320, ImageFormat.JPEG),) * jpegs)


@pytest.mark.parametrize(
    ("image_format", "kind"),
    [
        ("JPEG", PhotoType.JPEG),
        ("PNG", PhotoType.PNG),
        ("WEBP", PhotoType.WEBP),
        ("AVIF", PhotoType.AVIF),
        ("HEIF", PhotoType.HEIC),
        ("GIF", None),
        ("BMP", None),
        ("TIFF", None),
        ("JPEG2000", None),
    ],
)
def test_bytes_tell_the_kind(image_format: str, kind: PhotoType | None) -> None:
    assert photo_type(encoded(flag(), image_format)[:256]) is kind


def test_an_avif_sequence_is_avif() -> None:
    assert photo_type(animation("AVIF")[:256]) is PhotoType.AVIF


@pytest.mark.parametrize(
    ("brands", "kind"),
    [
        (b"heic\0\0\0\0mif1heic", PhotoType.HEIC),
        (b"mif1\0\0\0\0mif1heic", PhotoType.HEIC),
        (b"mif1\0\0\0\0mif1avif", PhotoType.AVIF),
        (b"mif1\0\0\0\0mif1", PhotoType.HEIF),
        (b"heix\0\0\0\0mif1heix", PhotoType.HEIC),
        (b"msf1\0\0\0\0msf1hevcmif1heic", PhotoType.HEIC),
        (b"hevc\0\0\0\0msf1hevc", None),
        (b"avis\0\0\0\0avismsf1", PhotoType.AVIF),
        (b"isom\0\0\0\0mp41", None),
        (b"mp42\0\0\0\0isommp42", None),
        (b"M4V \0\0\0\0M4V mp42isom", None),
        (b"qt  \0\0\0\0qt  ", None),
    ],
)
def test_brands_tell_the_kind(brands: bytes, kind: PhotoType | None) -> None:
    box = (8 + len(brands)).to_bytes(4, "big") + b"ftyp" + brands
    assert photo_type(box + b"avif") is kind


@given(head=st.binary(max_size=256), start=st.sampled_from([b"", b"RIFF", b"\0\0\0\x20ftyp"]))
def test_any_bytes_have_a_kind_or_none(head: bytes, start: bytes) -> None:
    assert photo_type(start + head) in {None, *PhotoType}


def test_limits_are_the_settings_of_the_same_name() -> None:
    settings = Settings.model_construct(
        **{name: Settings.model_fields[name].default for name in Settings.model_fields}
    )
    assert type(LIMITS).from_settings(settings) == LIMITS


def test_excess_is_said_in_words() -> None:
    assert LIMITS.excess(8000, 6250) is None
    assert LIMITS.excess(8000, 6251) == "The picture has more than 50 megapixels."
    assert LIMITS.excess(12_001, 1) == "The picture has a side longer than 12000 pixels."
