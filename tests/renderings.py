"""Renders what a test gives, and looks at what came out."""

from pathlib import Path

from PIL import Image

from app.images.model import ImageFormat, Rendered
from app.images.renditions import render
from tests.photographs import LIMITS

Colour = tuple[int, ...]

RED: Colour = (255, 0, 0)
LIME: Colour = (0, 255, 0)
BLUE: Colour = (0, 0, 255)
WHITE: Colour = (255, 255, 255)
FORMATS = ["JPEG", "PNG", "WEBP", "AVIF", "HEIF"]


def rendered(content: bytes, folder: Path) -> Rendered:
    original = folder / "original"
    original.write_bytes(content)
    return render(original, folder, LIMITS)


def shown(content: bytes, folder: Path) -> Image.Image:
    """The default rendition."""
    found = rendered(content, folder)
    jpeg = next(each for each in found.renditions if each.format is ImageFormat.JPEG)
    with Image.open(folder / jpeg.name) as opened:
        opened.load()
        return opened


def corners(image: Image.Image) -> list[Colour]:
    """Colours in the middles of the quarters: upper left, upper right, lower left, lower right."""
    width, height = image.size
    spots = [(x, y) for y in (height // 4, height * 3 // 4) for x in (width // 4, width * 3 // 4)]
    pixels = [image.getpixel(spot) for spot in spots]
    return [pixel for pixel in pixels if isinstance(pixel, tuple)]


def alike(found: list[Colour], expected: list[Colour]) -> bool:
    return all(
        abs(one - other) <= 6
        for pixel, wanted in zip(found, expected, strict=True)
        for one, other in zip(pixel, wanted, strict=True)
    )
