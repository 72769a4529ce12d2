"""A PNG as its decoder should see it: whole, and without what says nothing about its pixels."""

import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from app.images.profiles import Chromaticities, Coding, ColourTags

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
HEAD: Final = struct.Struct(">L4s")
CHECKSUM: Final = struct.Struct(">L")
PROFILE_MAX_BYTES: Final = 4 * 1024**2  # of printers' profiles, few have more than two

# In the order that they are handed on in: what is critical, and what else the pixels depend on.
# Text may be a bomb, and frames of an animation may be many: a decoder that never sees them is
# neither killed by the one nor slowed down by the other.
DECODED: Final = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
COLOURS: Final[Mapping[bytes, int]] = MappingProxyType({b"gAMA": 4, b"cHRM": 32, b"cICP": 4})
# By type of colour, how long a tRNS chunk may be (PNG, 11.3.1.1): grey, RGB, palette.
TRANSPARENCY_BYTES: Final = MappingProxyType({0: (2,), 2: (6,), 3: range(1, 257)})


class BrokenChunksError(Exception):
    """The file stops before its end, or a checksum says that its bytes are not the right ones."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Png:
    """The picture without all that does not count, and what else the file says of its look."""

    content: bytes
    exif: bytes
    tags: ColourTags


def read_png(original: Path) -> Png:
    """Take a PNG apart.

    An ancillary chunk that is damaged or comes twice is left out, as libpng does.

    Raises:
        BrokenChunksError: a critical chunk is damaged, or the last one is missing.
    """
    content = memoryview(original.read_bytes())
    found: dict[bytes, list[memoryview]] = {}
    for name, chunk in _sound_chunks(content):
        if name == b"IDAT" or name not in found:
            found.setdefault(name, []).append(chunk)
    if not _is_transparency(found):
        found.pop(b"tRNS", None)
    chunks = (chunk for name in DECODED for chunk in found.get(name, ()))
    return Png(
        content=b"".join((SIGNATURE, *chunks)),
        exif=_data(found, b"eXIf"),
        tags=_colour_tags(found),
    )


def _sound_chunks(content: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """Name and bytes of each chunk that is not damaged, up to the last one."""
    at, name = len(SIGNATURE), b""
    while name != b"IEND":
        if at + HEAD.size > len(content):
            raise BrokenChunksError("It has no end.")
        length, name = HEAD.unpack_from(content, at)
        chunk = content[at : at + HEAD.size + length + CHECKSUM.size]
        at += HEAD.size + length + CHECKSUM.size
        if at <= len(content) and _is_sound(chunk):
            yield name, chunk
        elif name[:1].isupper():
            raise BrokenChunksError(f"The chunk {name!r} is damaged.")


def _is_sound(chunk: memoryview) -> bool:
    checked = zlib.crc32(chunk[HEAD.size - 4 : -CHECKSUM.size])
    return CHECKSUM.pack(checked) == chunk[-CHECKSUM.size :]


def _is_transparency(found: Mapping[bytes, list[memoryview]]) -> bool:
    colour_type = _data(found, b"IHDR")[9:10]
    allowed = TRANSPARENCY_BYTES.get(int.from_bytes(colour_type), ())
    return len(_data(found, b"tRNS")) in allowed


def _colour_tags(found: Mapping[bytes, list[memoryview]]) -> ColourTags:
    """As PNG (third edition, 13.13) ranks them: cICP, iCCP, sRGB, then gAMA and cHRM."""
    chunks = {name: _data(found, name) for name, size in COLOURS.items()}
    chunks = {name: data for name, data in chunks.items() if len(data) == COLOURS[name]}
    coding = chunks.get(b"cICP")
    if b"sRGB" in found:
        chunks.clear()
    return ColourTags(
        profile=_profile(_data(found, b"iCCP")),
        coding=Coding(primaries=coding[0], transfer=coding[1]) if coding else None,
        gamma=_hundred_thousandths(chunks[b"gAMA"])[0] if b"gAMA" in chunks else None,
        chromaticities=_chromaticities(chunks.get(b"cHRM")),
    )


def _profile(chunk: bytes) -> bytes | None:
    """The profile in an iCCP chunk; None if it is damaged, or larger than any that is meant."""
    _, end, packed = chunk.partition(b"\0")
    inflate = zlib.decompressobj()
    try:
        profile = inflate.decompress(packed[1:], PROFILE_MAX_BYTES)
    except zlib.error:
        return None
    return profile if end and inflate.eof else None


def _chromaticities(chunk: bytes | None) -> Chromaticities | None:
    if chunk is None:
        return None
    white_x, white_y, *rest = _hundred_thousandths(chunk)
    red, green, blue = zip(rest[::2], rest[1::2], strict=True)
    return Chromaticities(white=(white_x, white_y), red=red, green=green, blue=blue)


def _hundred_thousandths(data: bytes) -> list[float]:
    return [number / 100_000 for (number,) in struct.iter_unpack(">L", data)]


def _data(found: Mapping[bytes, list[memoryview]], name: bytes) -> bytes:
    """What the first chunk of that name says; nothing if there is none."""
    return bytes(found[name][0][HEAD.size : -CHECKSUM.size]) if name in found else b""
