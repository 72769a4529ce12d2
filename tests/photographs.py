"""Photographs for tests: real ones from scikit-image's wheel, and odd files made from them."""

import io
import struct
import zlib
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import pillow_heif
from PIL import ExifTags, Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from app.images.model import Limits
from app.settings import Settings

LIMITS: Final = Limits(
    **{name: Settings.model_fields[name].default for name in Limits.__dataclass_fields__}
)
CANARY: Final = b"what-only-the-author-may-know"
LATITUDE: Final = (52.0, 31.0, 12.0)


def photograph(name: str = "coffee.png") -> bytes:
    """Bytes of a photograph; astronaut, coffee and chelsea are PNG, rocket is JPEG."""
    spec = find_spec("skimage")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return Path(spec.submodule_search_locations[0], "data", name).read_bytes()


def picture(size_px: tuple[int, int] | None = None, name: str = "coffee.png") -> Image.Image:
    """Decode a photograph to sRGB (rocket is Adobe RGB), and stretch it if a size is given."""
    with Image.open(io.BytesIO(photograph(name))) as opened:
        plain = opened.convert("RGB")
    if profile := opened.info.get("icc_profile"):
        srgb = ImageCms.createProfile("sRGB")
        converted = ImageCms.profileToProfile(plain, io.BytesIO(profile), srgb)
        assert converted is not None
        plain = converted
    return plain.resize(size_px) if size_px else plain


def encoded(image: Image.Image, image_format: str, **options: Any) -> bytes:
    """Encode with Pillow; HEIF too."""
    if image_format == "HEIF":
        pillow_heif.register_heif_opener()
    buffer = io.BytesIO()
    image.save(buffer, image_format, **options)
    return buffer.getvalue()


def jpeg(size_px: tuple[int, int] | None = None, **options: Any) -> bytes:
    return encoded(picture(size_px), "JPEG", **options)


def flag(size_px: tuple[int, int] = (240, 160)) -> Image.Image:
    """Four colours that show which way is up: red, green over blue, white."""
    width, height = size_px
    image = Image.new("RGB", size_px, "white")
    image.paste("red", (0, 0, width // 2, height // 2))
    image.paste("lime", (width // 2, 0, width, height // 2))
    image.paste("blue", (0, height // 2, width // 2, height))
    return image


def exif(orientation: int, *, thumbnail: bytes = b"") -> bytes:
    """EXIF with an orientation, a place, a canary and perhaps an embedded thumbnail."""
    tags = Image.Exif()
    tags[ExifTags.Base.Orientation] = orientation
    tags[ExifTags.Base.Make] = CANARY.decode()
    tags.get_ifd(ExifTags.IFD.GPSInfo).update(
        {ExifTags.GPS.GPSLatitudeRef: "N", ExifTags.GPS.GPSLatitude: LATITUDE}
    )
    written = tags.tobytes()
    return _with_thumbnail(written, thumbnail) if thumbnail else written


def _with_thumbnail(written: bytes, thumbnail: bytes) -> bytes:
    """Append the second directory of a TIFF, which Pillow reads but does not write."""
    head, tiff = written[:6], bytearray(written[6:])
    order = "<" if tiff[:2] == b"II" else ">"
    entries = struct.unpack_from(f"{order}H", tiff, 8)[0]
    second = len(tiff)
    struct.pack_into(f"{order}L", tiff, 8 + 2 + 12 * entries, second)
    start = second + 2 + 2 * 12 + 4
    tiff += struct.pack(
        f"{order}H HHLL HHLL L".replace(" ", ""),
        *(2, 0x0201, 4, 1, start, 0x0202, 4, 1, len(thumbnail), 0),
    )
    return head + bytes(tiff) + thumbnail


def phone_photo(orientation: int = 6) -> bytes:
    """What a phone sends: lying, with place, comment, thumbnail, XMP, and a film after its end."""
    upright = flag()
    lying = {1: upright, 6: upright.transpose(Image.Transpose.ROTATE_90)}[orientation]
    thumbnail = encoded(lying.resize((60, 40)), "JPEG", comment=CANARY)
    still = encoded(
        lying,
        "JPEG",
        exif=exif(orientation, thumbnail=thumbnail),
        comment=CANARY,
        xmp=b"<x:xmpmeta>" + CANARY + b"</x:xmpmeta>",
        quality=95,
    )
    return still + b"\0\0\0\x18ftypmp42" + CANARY * 100


def transparent_png() -> bytes:
    """Red on the left, nothing (of green colour) on the right."""
    image = Image.new("RGBA", (200, 100), (0, 255, 0, 0))
    image.paste((255, 0, 0, 255), (0, 0, 100, 100))
    return encoded(image, "PNG", pnginfo=_text())


def _text() -> PngInfo:
    text = PngInfo()
    text.add_text("Comment", CANARY.decode())
    text.add_itxt("XML:com.adobe.xmp", CANARY.decode())
    return text


def sixteen_bit_png() -> bytes:
    """Grey from black to white in 16 bits."""
    return encoded(
        Image.frombytes("I;16", (256, 64), struct.pack("<256H", *range(0, 65536, 256)) * 64), "PNG"
    )


def animation(image_format: str) -> bytes:
    """Two frames, red and blue."""
    red, blue = (Image.new("RGB", (64, 48), colour) for colour in ("red", "blue"))
    return encoded(red, image_format, save_all=True, append_images=[blue], duration=100)


def swapped_profile() -> bytes:
    """An ICC profile that is sRGB, but what it calls red is green."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = profile.replace(b"rXYZ", b"swap").replace(b"gXYZ", b"rXYZ")
    return swapped.replace(b"swap", b"gXYZ")


GREY_ONE_BIT: Final = (1, 0)
RGB_EIGHT_BITS: Final = (8, 2)
RGBA_SIXTEEN_BITS: Final = (16, 6)
"""Bits of a channel and type of colour, PNG 11.2.1."""


def bomb_png(
    size_px: tuple[int, int] = (20_000, 20_000), kind: tuple[int, int] = GREY_ONE_BIT
) -> bytes:
    """A small file of a huge black picture."""
    (width, height), (bits, colours) = size_px, kind
    deflate = zlib.compressobj(1)
    row = bytes(1 + (width * bits * {0: 1, 2: 3, 4: 2, 6: 4}[colours] + 7) // 8)
    data = b"".join(deflate.compress(row) for _ in range(height)) + deflate.flush()
    header = struct.pack(">LLBBBBB", width, height, bits, colours, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", data), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*each) for each in chunks)


def with_chunks(png: bytes, *chunks: bytes) -> bytes:
    """A PNG with more chunks after its header."""
    return png[:33] + b"".join(chunks) + png[33:]


def chunk(name: bytes, data: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">L", len(data)) + name + data + struct.pack(">L", zlib.crc32(name + data))
