"""Decoding a photo and encoding its renditions: untrusted bytes, so in the child process only."""

import hashlib
import io
from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

import pillow_heif
import thumbhash  # type: ignore[import-untyped]  # it has annotations, but no py.typed
from PIL import AvifImagePlugin, ExifTags, Image, MpoImagePlugin, WebPImagePlugin

from app.images.chunks import read_png
from app.images.colours import bare, plain
from app.images.header import ISO_FILES, header_coding
from app.images.model import (
    DEFAULT_WIDTH_MAX_PX,
    HEAD_BYTES,
    ImageFormat,
    Limits,
    NotAPhotoError,
    PhotoType,
    Rendered,
    Rendition,
    photo_type,
    rendition_widths_px,
)
from app.images.pixels import PngFile, ready_libvips
from app.images.profiles import ColourTags

# Where it misses one of these, Pillow imports forty others along with it.
PLUGINS: Final = (MpoImagePlugin, WebPImagePlugin, AvifImagePlugin)
DAMAGED: Final = "The file is damaged or incomplete."
THUMBHASH_MAX_PX: Final = 32  # it keeps 7 waves a side: more pixels cost time and change nothing
# Averaging and decoding at a half are quick, and leave edges to be told from what a filter makes of
# them unless there is as much left to resize. Where nothing of that may be done, and a good filter
# takes longest, a shorter one makes up for it. Measured beside libvips: see `make bench`.
REDUCING_GAP: Final = 1.5
LONG_WAY: Final = (2.0, 3.0)

ENCODING: Final[Mapping[ImageFormat, Mapping[str, int | bool]]] = MappingProxyType(
    {
        ImageFormat.JPEG: {"quality": 82, "progressive": True, "optimize": True},
        ImageFormat.WEBP: {"quality": 80, "method": 4},
        # As near to the photo as the WebP, by SSIM, in fewer bytes.
        ImageFormat.AVIF: {"quality": 65, "speed": 8, "max_threads": 1},
    }
)

# How to undo an EXIF orientation: CIPA DC-008 (Exif 2.32), tag 0x0112.
UPRIGHT: Final[Mapping[int, Image.Transpose]] = MappingProxyType(
    {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }
)
DECODERS: Final[Mapping[PhotoType, str]] = MappingProxyType(
    {PhotoType.HEIC: "HEIF", PhotoType.HEIF: "HEIF"}
)
DRAFTED: Final = ("JPEG", "MPO")  # decoded at a half, a quarter or an eighth where that suffices
LYING: Final = (5, 6, 7, 8)  # the orientations that swap width and height


def render(original: Path, folder: Path, limits: Limits) -> Rendered:
    """Decode the photo once and write its renditions into `folder`, each under its `name`.

    Raises:
        NotAPhotoError: it does not decode, or is larger than the limits.
        MemoryError: it needs more than this process may have.
    """
    source_px, picture = _decode(original, limits)
    made: list[Rendition] = []
    for width_px in reversed(rendition_widths_px(source_px[0])):
        picture = picture.resize(_scaled(source_px, width_px), Image.Resampling.LANCZOS)
        if limits.renditions_avif:
            made.append(_encode(picture, ImageFormat.AVIF, folder))
        made.append(_encode(picture, ImageFormat.WEBP, folder))
        if width_px == min(source_px[0], DEFAULT_WIDTH_MAX_PX):
            made.append(_encode(picture, ImageFormat.JPEG, folder))
    return Rendered(thumbhash=_thumbhash(picture), renditions=tuple(reversed(made)))


def _decode(original: Path, limits: Limits) -> tuple[tuple[int, int], Image.Image]:
    """Size of the photo, and the photo itself at the largest width needed: upright, sRGB, bare."""
    try:
        photo, tags = _open(original)
        with photo:
            _refuse_excess(photo, limits)
            if photo.format not in DRAFTED:
                photo.load()
                # Of HEIC the decoder knows better than the header.
                _refuse_excess(photo, limits)
            turn = _orientation(photo)
            source_px = photo.size[::-1] if turn in LYING else photo.size
            largest = _scaled(source_px, rendition_widths_px(source_px[0])[-1])
            largest = largest[::-1] if turn in LYING else largest
            photo.draft(None, (round(largest[0] * REDUCING_GAP), round(largest[1] * REDUCING_GAP)))
            small = _resized(plain(photo), largest)
            return source_px, bare(
                small.transpose(UPRIGHT[turn]) if turn in UPRIGHT else small, tags
            )
    except (NotAPhotoError, MemoryError):
        raise
    # Broken files raise SyntaxError, ValueError, OSError, struct.error and more, as it happens.
    except Exception as error:
        raise NotAPhotoError(DAMAGED) from error


def _open(original: Path) -> tuple[Image.Image, ColourTags]:
    """The photo, hardly read yet, and what its file says about its colours."""
    ready_decoders()
    with original.open("rb") as file:
        kind = photo_type(file.read(HEAD_BYTES))
        coding = header_coding(file) if kind in ISO_FILES else None
    if kind is None:
        raise NotAPhotoError(DAMAGED)
    if kind is PhotoType.PNG:
        png = read_png(original)
        return PngFile(png.content, png.exif), png.tags
    photo = Image.open(original, formats=(DECODERS.get(kind, kind.name),))
    profile = photo.info.get("icc_profile")
    return photo, ColourTags(profile=profile, coding=None if profile else coding)


@cache
def ready_decoders() -> None:
    """Load what decodes, and tell it how; a process may do so before it is in a hurry."""
    Image.preinit()
    ready_libvips()
    # A decoder's threads would cost address space, which is limited, and save no CPU time.
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    pillow_heif.register_heif_opener(
        decode_threads=1, thumbnails=False, depth_images=False, aux_images=False
    )


def _refuse_excess(photo: Image.Image, limits: Limits) -> None:
    if excess := limits.excess(*photo.size):
        raise NotAPhotoError(excess)


def _orientation(photo: Image.Image) -> int:
    """EXIF orientation, 1 to 8. HEIC is turned while decoded, and says 1."""
    # Pillow would also believe XMP, which no browser does: there, it is often out of date.
    for xmp in ("xmp", "XML:com.adobe.xmp"):
        photo.info.pop(xmp, None)
    try:
        found = photo.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # noqa: BLE001 - odd metadata are no reason to refuse a photo
        return 1
    return found if found in UPRIGHT else 1


def _resized(photo: Image.Image, size_px: tuple[int, int]) -> Image.Image:
    is_long_way = LONG_WAY[0] <= photo.width / size_px[0] < LONG_WAY[1]
    chosen = Image.Resampling.BICUBIC if is_long_way else Image.Resampling.LANCZOS
    return photo.resize(size_px, chosen, reducing_gap=REDUCING_GAP)


def _scaled(source_px: tuple[int, int], width_px: int) -> tuple[int, int]:
    return width_px, max(1, round(source_px[1] * width_px / source_px[0]))


def _encode(picture: Image.Image, image_format: ImageFormat, folder: Path) -> Rendition:
    encoded = io.BytesIO()
    picture.save(encoded, image_format, **ENCODING[image_format])
    rendition = Rendition(
        width_px=picture.width,
        height_px=picture.height,
        format=image_format,
        byte_size=encoded.tell(),
        sha256=hashlib.sha256(encoded.getbuffer()).hexdigest(),
    )
    (folder / rendition.name).write_bytes(encoded.getbuffer())
    return rendition


def _thumbhash(picture: Image.Image) -> str:
    """Base64 of the ThumbHash (https://evanw.github.io/thumbhash/)."""
    small = picture.copy()
    small.thumbnail((THUMBHASH_MAX_PX, THUMBHASH_MAX_PX))
    pixels = list(small.convert("RGBA").tobytes())
    return b64encode(bytes(thumbhash.rgba_to_thumb_hash(*small.size, pixels))).decode()
