"""What odd, broken and malicious files come to: decoded in whole, or refused in plain words."""

import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from app.images.model import NotAPhotoError
from app.images.sandbox import Sandbox
from tests import photographs
from tests.photographs import CANARY, LIMITS, chunk, encoded, flag, jpeg, picture, with_chunks
from tests.renderings import BLUE, FORMATS, LIME, RED, WHITE, alike, corners, rendered, shown

DAMAGED = "The file is damaged or incomplete."
FLAG = [RED, LIME, BLUE, WHITE]
MEBIBYTE = 1024**2


def reason(content: bytes, folder: Path) -> str:
    with pytest.raises(NotAPhotoError) as refused:
        rendered(content, folder)
    return refused.value.reason


def png() -> bytes:
    return encoded(flag(), "PNG")


def zipped(size: int) -> bytes:
    """Zeros, packed."""
    return zlib.compress(bytes(size), 9)


def damaged(made: bytes) -> bytes:
    """A chunk with a wrong checksum."""
    return made[:-1] + bytes((made[-1] ^ 1,))


def segment(marker: int, content: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", 2 + len(content)) + content


def with_segments(*segments: bytes) -> bytes:
    made = encoded(flag(), "JPEG", quality=95)
    return made[:2] + b"".join(segments) + made[2:]


def icc_segments(profile: bytes, size: int = 60_000) -> Iterator[bytes]:
    pieces = [profile[at : at + size] for at in range(0, len(profile), size)]
    for number, piece in enumerate(pieces, start=1):
        yield segment(0xE2, b"ICC_PROFILE\0" + bytes((number, len(pieces))) + piece)


ODD_CHUNKS: dict[str, Callable[[], list[bytes]]] = {
    "a text bomb": lambda: [chunk(b"zTXt", b"Comment\0\0" + zipped(50 * MEBIBYTE))],
    "bombs of international text": lambda: (
        [chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zipped(8 * MEBIBYTE))] * 20
    ),
    "a profile bomb": lambda: [chunk(b"iCCP", b"x\0\0" + zipped(50 * MEBIBYTE))],
    "a garbled profile": lambda: [chunk(b"iCCP", b"x\0\0" + zlib.compress(b"garbage" * 99))],
    "a profile that is not packed": lambda: [chunk(b"iCCP", b"x\0\0garbage")],
    "a profile without a name": lambda: [chunk(b"iCCP", b"x" * 99)],
    "garbled EXIF": lambda: [chunk(b"eXIf", b"II*\0\xff\xff\xff\xff")],
    "much text": lambda: [chunk(b"tEXt", b"k\0" + CANARY * 1000)] * 100,
    "text that calls itself a property": lambda: [
        chunk(b"tEXt", b"transparency\0x"),
        chunk(b"tEXt", b"icc_profile\0x"),
    ],
    "a damaged chunk of no use": lambda: [damaged(chunk(b"tEXt", b"k\0v"))],
    "a damaged gamma": lambda: [damaged(chunk(b"gAMA", struct.pack(">L", 100_000)))],
    "headers of no film": lambda: [chunk(b"acTL", struct.pack(">LL", 0, 0))],
    "headers of a long film": lambda: [chunk(b"acTL", struct.pack(">LL", 2**31, 0))],
    "transparency too short": lambda: [chunk(b"tRNS", b"\0")],
    "a chunk twice": lambda: [chunk(b"gAMA", struct.pack(">L", 45_455))] * 2,
    "unknown chunks": lambda: [chunk(b"abCd", b"x"), chunk(b"caBX", CANARY)],
}


@pytest.mark.parametrize("made", ODD_CHUNKS.values(), ids=ODD_CHUNKS)
def test_odd_chunks_of_a_png_change_nothing(
    made: Callable[[], list[bytes]], tmp_path: Path
) -> None:
    assert alike(corners(shown(with_chunks(png(), *made()), tmp_path)), FLAG)


ODD_SEGMENTS: dict[str, Callable[[], list[bytes]]] = {
    "large XMP": lambda: [segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + b"x" * 65_000)] * 50,
    "EXIF that points at itself": lambda: [
        segment(0xE1, b"Exif\0\0II*\0\x08\0\0\0\x01\0\x69\x87\4\0\1\0\0\0\x08\0\0\0\x08\0\0\0")
    ],
    "EXIF twice": lambda: [segment(0xE1, photographs.exif(1))] * 2,
    "a huge garbled profile": lambda: list(icc_segments(b"garbage" * MEBIBYTE)),
    "a piece of a profile": lambda: [segment(0xE2, b"ICC_PROFILE\0\2\5" + b"x" * 99)],
    "a picture of an MPO that is not there": lambda: [segment(0xE2, b"MPF\0garbage")],
    "garbled Photoshop resources": lambda: [segment(0xED, b"Photoshop 3.0\x008BIM\xff\xff\xff")],
    "many comments": lambda: [segment(0xFE, CANARY)] * 10_000,
}


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data", "ignore:Image appears to be a malformed")
@pytest.mark.parametrize("made", ODD_SEGMENTS.values(), ids=ODD_SEGMENTS)
def test_odd_segments_of_a_jpeg_change_nothing(
    made: Callable[[], list[bytes]], tmp_path: Path
) -> None:
    assert alike(corners(shown(with_segments(*made()), tmp_path)), FLAG)


def test_a_zip_after_the_end_of_a_png_does_not_go_out(tmp_path: Path) -> None:
    found = rendered(png() + b"PK\3\4" + CANARY, tmp_path)
    assert all(CANARY not in (tmp_path / each.name).read_bytes() for each in found.renditions)


@pytest.mark.parametrize("image_format", FORMATS)
def test_what_lacks_only_its_last_bytes_is_no_photo(image_format: str, tmp_path: Path) -> None:
    content = encoded(picture((120, 80)), image_format)
    assert reason(content[:-3], tmp_path) == DAMAGED


@pytest.mark.parametrize("options", [{"progressive": True}, {"restart_marker_rows": 1}, {}])
def test_a_truncated_jpeg_is_refused_however_it_was_encoded(
    options: dict[str, int], tmp_path: Path
) -> None:
    content = encoded(picture((300, 200)), "JPEG", **options)
    for percent in range(0, 100, 10):
        assert reason(content[: len(content) * percent // 100], tmp_path) == DAMAGED


def test_no_byte_of_a_png_can_be_another(tmp_path: Path) -> None:
    """Its checksums tell; but for those of chunks that say nothing about the picture."""
    content = encoded(picture((40, 30)), "PNG")
    for place in range(8, len(content), 29):
        changed = content[:place] + bytes((content[place] ^ 4,)) + content[place + 1 :]
        assert reason(changed, tmp_path) == DAMAGED


def test_of_a_film_of_thousands_of_frames_only_the_first_is_decoded(tmp_path: Path) -> None:
    frame = struct.pack(">LLLLLHHBB", 1, 240, 160, 0, 0, 1, 10, 0, 0)
    film = [chunk(b"acTL", struct.pack(">LL", 20_000, 0))]
    after = b"".join((chunk(b"fcTL", frame) + chunk(b"fdAT", b"garbage")) * 1 for _ in range(5_000))
    content = with_chunks(png(), *film)
    end = content.index(b"IEND") - 4
    assert alike(corners(shown(content[:end] + after + content[end:], tmp_path)), FLAG)


@pytest.mark.parametrize("image_format", ["WEBP", "AVIF"])
def test_of_many_frames_the_first_is_shown(image_format: str, tmp_path: Path) -> None:
    frames = [Image.new("RGB", (16, 16), (number % 256, 0, 0)) for number in range(300)]
    options = {"speed": 10} if image_format == "AVIF" else {"method": 0}
    content = encoded(
        flag((16, 16)), image_format, save_all=True, append_images=frames, duration=10, **options
    )
    assert shown(content, tmp_path).size == (16, 16)


def test_edges_of_transparency_have_no_fringe(tmp_path: Path) -> None:
    """Red on nothing that is green below: where they meet, they are mixed as if it were white."""
    image = Image.new("RGBA", (3200, 200), (0, 255, 0, 0))
    for left in range(0, 3200, 7):
        image.paste((255, 0, 0, 255), (left, 0, left + 3, 200))
    made = shown(encoded(image, "PNG", compress_level=1), tmp_path).crop((100, 10, 900, 50))
    green, blue = (min(made.getchannel(band).tobytes()) for band in "GB")
    assert alike([(green,)], [(blue,)])


def with_many_scans(count: int) -> bytes:
    """A progressive JPEG whose last scan comes again and again."""
    content = encoded(Image.effect_noise((1200, 1200), 20), "JPEG", progressive=True, quality=30)
    scan = content[content.rindex(b"\xff\xda") : -2]
    return content[:-2] + scan * count + content[-2:]


def test_a_jpeg_of_endless_scans_ends_in_plain_words(tmp_path: Path) -> None:
    original = tmp_path / "original"
    original.write_bytes(with_many_scans(200))
    hasty = replace(LIMITS, decode_cpu_max_seconds=1)
    with pytest.raises(NotAPhotoError, match=r"^The picture took too long to decode\.$"):
        Sandbox(limits=hasty).render(original, tmp_path)


def test_a_bomb_of_image_data_does_not_grow(tmp_path: Path) -> None:
    """More rows than the header tells: those that it tells are the picture."""
    header = struct.pack(">LLBBBBB", 64, 64, 8, 2, 0, 0, 0)
    bomb = chunk(b"IHDR", header) + chunk(b"IDAT", zipped(60 * MEBIBYTE)) + chunk(b"IEND", b"")
    black = shown(b"\x89PNG\r\n\x1a\n" + bomb, tmp_path)
    assert alike(corners(black), [(0, 0, 0)] * 4)


def box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">L4s", 8 + len(content), name) + content


def test_an_iso_file_of_thousands_of_items_is_refused(tmp_path: Path) -> None:
    items = b"".join(
        box(b"infe", struct.pack(">LHH4s", 2 << 24, number, 0, b"hvc1") + b"\0")
        for number in range(20_000)
    )
    meta = (
        box(b"hdlr", bytes(8) + b"pict" + bytes(13)),
        box(b"pitm", struct.pack(">LH", 0, 1)),
        box(b"iinf", struct.pack(">LH", 0, 20_000) + items),
        box(b"iprp", box(b"ipco", box(b"ispe", struct.pack(">LLL", 0, 100, 100)))),
    )
    file_type = box(b"ftyp", b"heic\0\0\0\0mif1heic")
    content = file_type + box(b"meta", bytes(4) + b"".join(meta))
    assert reason(content, tmp_path) == DAMAGED


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("image_format", ["PNG", "WEBP", "AVIF", "HEIF"])
def test_every_format_is_turned_upright(
    image_format: str, orientation: int, tmp_path: Path
) -> None:
    held = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]
    lying = flag() if held is None else flag().transpose(held)
    content = encoded(lying, image_format, exif=photographs.exif(orientation))
    image = shown(content, tmp_path)
    assert image.size == (240, 160)
    assert alike(corners(image), FLAG)


def test_the_film_of_a_motion_photo_does_not_go_out(tmp_path: Path) -> None:
    content = jpeg((64, 64)) + box(b"ftyp", b"mp42\0\0\0\0isom") + box(b"mdat", CANARY * 9)
    for each in rendered(content, tmp_path).renditions:
        assert CANARY not in (tmp_path / each.name).read_bytes()


def test_a_png_that_is_nothing_but_a_signature_is_refused(tmp_path: Path) -> None:
    assert reason(b"\x89PNG\r\n\x1a\n", tmp_path) == DAMAGED
    assert reason(png()[:33] + chunk(b"IEND", b""), tmp_path) == DAMAGED
