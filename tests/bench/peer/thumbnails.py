"""Renders photos with libvips; its environment's Python runs this, ours only checks it.

It is asked by lines of JSON, `{"original", "folder", "sizes_px", "jpeg_width_px", "qualities",
"times"}`, and answers each with `{"cpu_seconds", "wall_seconds"}` for one time. The sizes go from
wide to narrow. In `qualities` are those of WebP and of JPEG; more pairs of them make further files,
whose names end in `.1` and so on, and do not count.
"""

import hashlib
import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

import pyvips


def main() -> None:
    """Answer until there is no more to answer."""
    pyvips.cache_set_max(0)
    for line in sys.stdin:
        asked = json.loads(line)
        began, cpu_began = time.perf_counter(), _cpu_seconds()
        pictures: list[Any] = []
        for _ in range(asked["times"]):
            pictures = _pictures(asked["original"], asked["sizes_px"])
            _write(pictures, asked, asked["qualities"][0], "")
        answer = {
            "wall_seconds": (time.perf_counter() - began) / asked["times"],
            "cpu_seconds": (_cpu_seconds() - cpu_began) / asked["times"],
        }
        for number, qualities in enumerate(asked["qualities"][1:], start=1):
            _write(pictures, asked, qualities, f".{number}")
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _pictures(original: str, sizes_px: list[tuple[int, int]]) -> list[Any]:
    """Decode once, as small as that can be, and go from each width to the next."""
    (width, height), *rest = sizes_px
    # Where there is no profile, this would only cost it time: four times as much.
    tagged = pyvips.Image.new_from_file(original).get_typeof("icc-profile-data")
    colours = {"export_profile": "srgb"} if tagged else {}
    widest = pyvips.Image.thumbnail(original, width, height=height, size="force", **colours)
    pictures = [widest.copy_memory()]
    for width, height in rest:
        next_one = pictures[-1].thumbnail_image(width, height=height, size="force")
        pictures.append(next_one.copy_memory())
    return pictures


def _write(pictures: list[Any], asked: Any, qualities: tuple[int, int], ending: str) -> None:
    folder = Path(asked["folder"])
    for picture in pictures:
        webp = picture.webpsave_buffer(Q=qualities[0], effort=4, keep="none")
        hashlib.sha256(webp)
        (folder / f"{picture.width}.webp{ending}").write_bytes(webp)
        if picture.width == asked["jpeg_width_px"]:
            jpeg = picture.jpegsave_buffer(
                Q=qualities[1], interlace=True, optimize_coding=True, keep="none"
            )
            hashlib.sha256(jpeg)
            (folder / f"{picture.width}.jpg{ending}").write_bytes(jpeg)


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
