"""A renderer that decodes nothing."""

from hashlib import sha256
from pathlib import Path

from app.images.model import ImageFormat, Rendered, Rendition


class Stamp:
    """Makes renditions of nothing, and says how often and of what."""

    def __init__(self) -> None:
        self.decoded: list[bytes] = []

    def render(self, original: Path, folder: Path, *, is_quick: bool) -> Rendered:
        self.decoded.append(original.read_bytes())
        kinds = (ImageFormat.JPEG, ImageFormat.WEBP)
        return Rendered(
            thumbhash="1QcSHQ", renditions=tuple(self._write(each, folder) for each in kinds)
        )

    def _write(self, kind: ImageFormat, folder: Path) -> Rendition:
        content = b"made as " + kind.value.encode()
        rendition = Rendition(
            width_px=320,
            height_px=200,
            format=kind,
            byte_size=len(content),
            sha256=sha256(content).hexdigest(),
        )
        (folder / rendition.name).write_bytes(content)
        return rendition
