"""Large pictures of small photographs, none of them stretched: their edges are as sharp."""

import io

from PIL import Image, ImageOps

from app.images.profiles import Coding, ColourTags, profile_of
from tests.photographs import encoded, picture

NAMES = (
    *("coffee.png", "rocket.jpg", "chelsea.png", "astronaut.png"),
    *("motorcycle_left.png", "hubble_deep_field.jpg"),
)
ROW_PX = 300
SHIFT_PX = 137  # from row to row, so that what lies below is something else
DISPLAY_P3 = Coding(primaries=12, transfer=13)


def mosaic(size_px: tuple[int, int]) -> Image.Image:
    """Real photographs side by side, mirrored and upside down when they come again."""
    photographs = [picture(name=name) for name in NAMES]
    turned = [
        turn(photograph)
        for turn in (Image.Image.copy, ImageOps.mirror, ImageOps.flip, _around)
        for photograph in photographs
    ]
    laid, count = Image.new("RGB", size_px), 0
    for top in range(0, size_px[1], ROW_PX):
        left = -(top // ROW_PX * SHIFT_PX % ROW_PX)
        while left < size_px[0]:
            piece = turned[count % len(turned)]
            laid.paste(piece, (left, top))
            left, count = left + piece.width, count + 1
    return laid


def file_of(picture: Image.Image, kind: str) -> bytes:
    """The picture as cameras and tools write it; `kind` is one of those of `photos`."""
    if kind == "JPEG in Display P3":
        profile = profile_of(ColourTags(coding=DISPLAY_P3))
        return encoded(picture, "JPEG", quality=92, icc_profile=profile)
    return {
        "JPEG": lambda: encoded(picture, "JPEG", quality=92),
        "progressive JPEG": lambda: encoded(picture, "JPEG", quality=92, progressive=True),
        "PNG": lambda: encoded(picture, "PNG"),
        "WebP": lambda: encoded(picture, "WEBP", quality=90, method=2),
        "AVIF": lambda: encoded(picture, "AVIF", quality=75, speed=9),
        "HEIC": lambda: encoded(picture, "HEIF", quality=60),
    }[kind]()


def decoded(content: bytes) -> Image.Image:
    """The picture in a file, as grey."""
    with Image.open(io.BytesIO(content)) as opened:
        return opened.convert("L")


def _around(photograph: Image.Image) -> Image.Image:
    return photograph.transpose(Image.Transpose.ROTATE_180)
