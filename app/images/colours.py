"""Colours as a screen shows them: from whatever a file's numbers mean to sRGB on white."""

import io
from typing import Final

from PIL import Image, ImageCms

from app.images.profiles import ColourTags, profile_of

SIXTEEN_BITS: Final = ("I;16", "I;16B", "I;16L", "I;16N", "I")
PLAIN: Final = ("L", "RGB", "CMYK")
MODES_OF_PROFILES: Final = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}


def plain(photo: Image.Image) -> Image.Image:
    """Eight bits a channel in a mode that can be resized: L, RGB, RGBA or CMYK."""
    if photo.mode in SIXTEEN_BITS:
        return photo.point(lambda value: value * (255 / 65535)).convert("L")
    if photo.has_transparency_data:
        return photo.convert("RGBA")
    if photo.mode == "1":
        return photo.convert("L")
    return photo if photo.mode in PLAIN else photo.convert("RGB")


def bare(picture: Image.Image, tags: ColourTags) -> Image.Image:
    """The pixels alone: sRGB, on white, with no metadata to carry along.

    Transparency should come last, as here: what is mixed with white before it is resized or
    converted has other edges than what screens mix.
    """
    if picture.mode != "RGBA":
        shown = _srgb(picture, tags)
    else:
        shown = Image.new("RGB", picture.size, "white")
        shown.paste(_srgb(picture.convert("RGB"), tags), mask=picture.getchannel("A"))
    shown.info.clear()
    return shown


def _srgb(picture: Image.Image, tags: ColourTags) -> Image.Image:
    """Convert to sRGB by what the tags say; where they do not fit, as if it were sRGB."""
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(profile_of(tags) or b""))
        mode = MODES_OF_PROFILES[profile.profile.xcolor_space.strip()]
        if (mode == "CMYK") is not (picture.mode == "CMYK"):
            return picture.convert("RGB")
        converted = ImageCms.profileToProfile(
            picture.convert(mode), profile, ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    except (KeyError, OSError, TypeError, ImageCms.PyCMSError):
        return picture.convert("RGB")
    return converted or picture.convert("RGB")
