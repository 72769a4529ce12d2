"""What the door is told about an uploaded file, without decoding it."""

import io
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Refusal, RefusalCode
from app.images.model import PhotoType
from app.images.sandbox import Sandbox
from app.images.service import Images
from tests import photographs
from tests.memory_objects import MemoryObjects
from tests.photographs import LIMITS, encoded, flag, jpeg

LARGEST = LIMITS.image_max_bytes
MAGIC = [
    b"\xff\xd8\xff",
    b"\x89PNG\r\n\x1a\n",
    b"RIFF\x10\0\0\0WEBPVP8 ",
    b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
]


@pytest.fixture
def images() -> Images:
    return Images(
        objects=MemoryObjects(),
        renderer=Sandbox(limits=LIMITS),
        limits=LIMITS,
        region="eu",
        cdn_url="http://cdn.test",
    )


def box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">L4s", 8 + len(content), name) + content


def filled(head: bytes, piece: bytes) -> bytes:
    """A file as large as is allowed, all of the same piece after its head."""
    return head + piece * ((LARGEST - len(head)) // len(piece))


def iso(*boxes: bytes) -> bytes:
    return box(b"ftyp", b"heic\0\0\0\0mif1heic") + b"".join(boxes)


EXTENTS = box(b"ispe", struct.pack(">LLL", 0, 100, 100))
HOSTILE: dict[str, Callable[[], bytes]] = {
    "no marker": lambda: filled(b"\xff\xd8\xff\xe0\0\x04ab", b"\0"),
    "fill bytes": lambda: filled(b"\xff\xd8\xff\xe0\0\x04ab", b"\xff"),
    "tiny segments": lambda: filled(b"\xff\xd8", b"\xff\xe1\0\x02"),
    "restart markers": lambda: filled(b"\xff\xd8\xff\xe1\0\x02", b"\xff\xd0"),
    "tiny chunks": lambda: filled(b"\x89PNG\r\n\x1a\n", b"\0\0\0\0tEXt\0\0\0\0"),
    "tiny boxes": lambda: filled(iso(), box(b"free", b"")),
    "many brands": lambda: box(b"ftyp", filled(b"heiz\0\0\0\0", b"abcd")[:-16]),
    "many pictures": lambda: filled(iso(), EXTENTS),
    "zeros": lambda: filled(b"RIFF\0\0\0\0WEBPVP8L", b"\0"),
}


@pytest.mark.parametrize(
    ("image_format", "kind"),
    [
        ("JPEG", PhotoType.JPEG),
        ("PNG", PhotoType.PNG),
        ("WEBP", PhotoType.WEBP),
        ("AVIF", PhotoType.AVIF),
        ("HEIF", PhotoType.HEIC),
    ],
)
async def test_a_photo_is_known_by_its_bytes(
    images: Images, image_format: str, kind: PhotoType
) -> None:
    file = io.BytesIO(encoded(flag(), image_format, exif=photographs.exif(6)))
    photo = await images.inspect(file)
    assert photo.type is kind
    assert photo.byte_size == len(file.getvalue())
    assert photo.sha256 == sha256(file.getvalue()).hexdigest()
    assert file.tell() == 0


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (encoded(flag(), "MPO", save_all=True, append_images=[flag()]), PhotoType.JPEG),
        (photographs.animation("PNG"), PhotoType.PNG),
        (photographs.animation("WEBP"), PhotoType.WEBP),
        (photographs.animation("AVIF"), PhotoType.AVIF),
        (encoded(flag().convert("RGBA"), "WEBP", lossless=True), PhotoType.WEBP),
        (encoded(flag((1, 1)), "PNG"), PhotoType.PNG),
        (encoded(flag((1, 12_000)), "JPEG"), PhotoType.JPEG),
        (photographs.bomb_png((8000, 6250)), PhotoType.PNG),
        (encoded(flag(), "JPEG", progressive=True), PhotoType.JPEG),
        (encoded(flag(), "JPEG") + b"\0\0\0\x18ftypmp42" + bytes(99), PhotoType.JPEG),
    ],
)
async def test_odd_kinds_of_photos_are_welcome(
    images: Images, content: bytes, kind: PhotoType
) -> None:
    assert (await images.inspect(io.BytesIO(content))).type is kind


@pytest.mark.parametrize(
    "content",
    [
        encoded(flag(), "GIF"),
        encoded(flag(), "TIFF"),
        encoded(flag(), "BMP"),
        encoded(flag(), "ICO"),
        encoded(flag(), "JPEG2000"),
        b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%PDF-1.7\n%\xe2\xe3\xcf\xd3",
        b"<!DOCTYPE html><img src='x'>",
        b"\xff\x0a" + bytes(99),
        b"\0\0\0\x0cJXL \x0d\x0a\x87\x0a" + bytes(99),
        b"\0\0\0\x18ftypmp42\0\0\0\0isommp42",
        b"\0\0\0\x14ftypqt  \0\0\0\0qt  ",
        b"\0\0\0\x18ftyphevc\0\0\0\0msf1hevc",
        b"RIFF\x10\0\0\0WAVEfmt ",
        b"\xff\xd8",
        b"PK\3\4" + bytes(99),
    ],
)
async def test_what_is_no_photo_is_an_unsupported_format(images: Images, content: bytes) -> None:
    assert await refusal(images, content) is RefusalCode.UNSUPPORTED_FORMAT


@pytest.mark.parametrize("max_size", [1024, 1024**2])
async def test_a_spooled_upload_is_inspected_in_memory_and_on_disk(
    images: Images, max_size: int
) -> None:
    with SpooledTemporaryFile(max_size=max_size) as file:
        file.write(photographs.phone_photo())
        assert (await images.inspect(cast("BinaryIO", file))).type is PhotoType.JPEG


async def test_a_photo_of_the_largest_size_is_welcome(images: Images) -> None:
    photo = jpeg()
    file = io.BytesIO(photo + bytes(LARGEST - len(photo)))
    assert (await images.inspect(file)).byte_size == LARGEST


async def refusal(images: Images, content: bytes) -> RefusalCode:
    with pytest.raises(Refusal) as refused:
        await images.inspect(io.BytesIO(content))
    assert refused.value.field == "image"
    assert refused.value.message.endswith(".")
    return refused.value.code


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", RefusalCode.INVALID_IMAGE),
        (b"not a photo", RefusalCode.UNSUPPORTED_FORMAT),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", RefusalCode.UNSUPPORTED_FORMAT),
        (encoded(flag(), "GIF"), RefusalCode.UNSUPPORTED_FORMAT),
        (jpeg()[:20], RefusalCode.INVALID_IMAGE),
        (photographs.transparent_png()[:20], RefusalCode.INVALID_IMAGE),
        (encoded(flag(), "AVIF")[:40], RefusalCode.INVALID_IMAGE),
        (photographs.bomb_png(), RefusalCode.IMAGE_TOO_LARGE),
        (photographs.bomb_png((12_001, 1)), RefusalCode.IMAGE_TOO_LARGE),
        (iso(box(b"ispe", struct.pack(">LLL", 0, 9000, 9000))), RefusalCode.IMAGE_TOO_LARGE),
    ],
)
async def test_what_is_refused(images: Images, content: bytes, code: RefusalCode) -> None:
    assert await refusal(images, content) is code


async def test_a_file_of_too_many_bytes_is_refused(images: Images) -> None:
    assert await refusal(images, bytes(LARGEST + 1)) is RefusalCode.IMAGE_TOO_LARGE


async def test_the_size_of_an_iso_file_may_stand_at_its_end(images: Images) -> None:
    """Windows writes a turned HEIC like that. The size is cut by the end of a block here."""
    for padding in range(1024**2 - 60, 1024**2):
        content = iso(box(b"mdat", bytes(padding)), EXTENTS)
        assert (await images.inspect(io.BytesIO(content))).type is PhotoType.HEIC


@pytest.mark.parametrize("made", HOSTILE.values(), ids=HOSTILE)
async def test_hostile_headers_cost_little(images: Images, made: Callable[[], bytes]) -> None:
    file = io.BytesIO(made())
    began = time.thread_time()
    # Some are let in; all that matters here is what looking costs.
    with suppress(Refusal):
        images._inspect(file)
    assert time.thread_time() - began < 1


@given(start=st.sampled_from(MAGIC), rest=st.binary(max_size=300))
def test_nothing_but_a_refusal_is_raised(start: bytes, rest: bytes) -> None:
    nothing: Any = None
    images = Images(objects=nothing, renderer=nothing, limits=LIMITS, region="eu", cdn_url="")
    with suppress(Refusal):
        assert images._inspect(io.BytesIO(start + rest)).byte_size == len(start + rest)
