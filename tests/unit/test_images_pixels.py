"""A PNG decodes to what Pillow makes of it, whoever decodes it, or it is refused as Pillow does."""

import io
import random
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngImageFile

from app.images.chunks import read_png
from app.images.model import NotAPhotoError
from app.images.pixels import STRIP_ROWS, PngFile, _decoded
from tests.photographs import CANARY, chunk, encoded, picture, with_chunks
from tests.renderings import rendered

Kind = tuple[int, int]
"""Bits of a channel, and type of colour (PNG, 11.2.1)."""

GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6
CHANNELS = {GREY: 1, RGB: 3, PALETTE: 1, GREY_ALPHA: 2, RGBA: 4}
COMMON = [(8, GREY), (8, RGB), (8, RGBA)]
KINDS = [
    *COMMON,
    *((bits, GREY) for bits in (1, 2, 4, 16)),
    *((bits, PALETTE) for bits in (1, 2, 4, 8)),
    *((8, GREY_ALPHA), (16, GREY_ALPHA), (16, RGB), (16, RGBA)),
]
SIZES_PX = [(1, 1), (7, STRIP_ROWS), (67, 2 * STRIP_ROWS + 3)]
# Where each pass starts, and its steps: x, y, x, y (PNG, 8.1).
ADAM7 = [
    *((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4)),
    *((0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)),
]
TRANSPARENT = {GREY: bytes(2), RGB: bytes(6), PALETTE: b"\0"}


def rows(kind: Kind, size_px: tuple[int, int], *, is_interlaced: bool = False) -> bytes:
    """Noise, filtered in all five ways: whatever follows a filter's number means something."""
    noise = random.Random(7)  # noqa: S311 - the same each time
    width, height = size_px
    passes = ADAM7 if is_interlaced else [(0, 0, 1, 1)]
    made = []
    for left, top, step_x, step_y in passes:
        columns = len(range(left, width, step_x))
        length = (columns * kind[0] * CHANNELS[kind[1]] + 7) // 8
        count = len(range(top, height, step_y)) if columns else 0
        made += [bytes((number % 5,)) + noise.randbytes(length) for number in range(count)]
    return b"".join(made)


def png(
    kind: Kind, size_px: tuple[int, int], stream: bytes, *more: bytes, interlace: int = 0
) -> bytes:
    header = struct.pack(">LLBBBBB", *size_px, *kind, 0, 0, interlace)
    palette = [chunk(b"PLTE", (bytes(range(256)) * 3)[: 3 * 2 ** kind[0]])]
    chunks = (
        chunk(b"IHDR", header),
        *(palette if kind[1] == PALETTE else ()),
        *more,
        chunk(b"IDAT", stream),
        chunk(b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def outcome(photo: Image.Image) -> tuple[str, bytes] | None:
    """What has been decoded; None if it is refused."""
    try:
        photo.load()
    except (OSError, SyntaxError):
        return None
    return photo.mode, photo.convert("RGBA").tobytes()


def by_pillow(content: bytes) -> tuple[str, bytes] | None:
    return outcome(PngImageFile(io.BytesIO(content)))


@pytest.mark.parametrize("size_px", SIZES_PX)
@pytest.mark.parametrize("is_interlaced", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_the_picture_that_pillow_decodes(
    kind: Kind, size_px: tuple[int, int], *, is_interlaced: bool
) -> None:
    stream = zlib.compress(rows(kind, size_px, is_interlaced=is_interlaced))
    transparent = TRANSPARENT.get(kind[1])
    for more in ([], [chunk(b"tRNS", transparent)] if transparent else []):
        content = png(kind, size_px, stream, *more, interlace=int(is_interlaced))
        found = outcome(PngFile(content, b""))
        assert found is not None
        assert found == by_pillow(content)


@pytest.mark.parametrize("size_px", SIZES_PX)
@pytest.mark.parametrize("kind", COMMON)
def test_what_is_common_libvips_decodes(kind: Kind, size_px: tuple[int, int]) -> None:
    content = png(kind, size_px, zlib.compress(rows(kind, size_px)))
    mode = {GREY: "L", RGB: "RGB", RGBA: "RGBA"}[kind[1]]
    assert outcome(_decoded(content, mode, size_px)) == by_pillow(content)


@pytest.mark.parametrize("kind", COMMON)
def test_a_stream_that_is_cut_short_is_refused(kind: Kind, tmp_path: Path) -> None:
    """Even if all checksums of chunks are right."""
    stream = zlib.compress(rows(kind, (40, 600)))
    for percent in range(0, 100, 10):
        cut = png(kind, (40, 600), stream[: len(stream) * percent // 100])
        with pytest.raises(NotAPhotoError):
            rendered(cut, tmp_path)


@pytest.mark.parametrize("kind", COMMON)
@pytest.mark.parametrize("level", [0, 1, 9])
def test_a_wrong_bit_in_the_stream_does_what_it_does_to_pillow(kind: Kind, level: int) -> None:
    """Nearly always it is refused, since a stream has a checksum too."""
    stream = zlib.compress(rows(kind, (9, 40)), level)
    refused = 0
    for place in range(0, len(stream), 7):
        changed = bytearray(stream)
        changed[place] ^= 1 << place % 8
        content = png(kind, (9, 40), bytes(changed))
        found = outcome(PngFile(content, b""))
        assert found == by_pillow(content), place
        refused += found is None
    assert refused > len(stream) / 7 * 0.9


def test_the_checksum_of_a_stream_may_be_missing_as_it_may_with_pillow() -> None:
    content = png((8, RGB), (40, 40), zlib.compress(rows((8, RGB), (40, 40)))[:-4])
    found = outcome(PngFile(content, b""))
    assert found is not None
    assert found == by_pillow(content)


def test_no_decoder_sees_metadata(tmp_path: Path) -> None:
    original = tmp_path / "original"
    hidden = [chunk(name, CANARY) for name in (b"eXIf", b"tEXt", b"iTXt", b"zTXt", b"iCCP")]
    original.write_bytes(with_chunks(encoded(picture((40, 30)), "PNG"), *hidden))
    found = read_png(original)
    assert CANARY not in found.content
    assert found.exif == CANARY
