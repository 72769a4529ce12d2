"""What rendering a photo costs, by size and format, beside libvips that makes the same files."""

import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median
from typing import Any

import numpy as np
from PIL import Image
from skimage.metrics import structural_similarity

from app.images.model import DEFAULT_WIDTH_MAX_PX, ImageFormat, rendition_widths_px
from app.images.renditions import ENCODING
from tests.bench.mosaics import decoded, file_of, mosaic
from tests.bench.peer.environment import peer_python
from tests.bench.report import Figure
from tests.bench.rounds import BenchError, Say, between
from tests.stack import TestStack

SIZES_PX = {3: (2048, 1536), 12: (4032, 3024), 24: (6000, 4000)}
CASES = (
    *((3, "JPEG"), (12, "JPEG"), (24, "JPEG"), (12, "progressive JPEG"), (24, "progressive JPEG")),
    *((12, "JPEG in Display P3"), (3, "PNG"), (12, "PNG"), (3, "WebP"), (12, "WebP")),
    *((12, "AVIF"), (12, "HEIC")),
)
"""Megapixels and kind. A PNG of 24 megapixels would have more bytes than are accepted."""

NOT_OF_PEER = ("HEIC",)  # its wheel has no decoder for it
ROUNDS = 3
TIMES = 4
DEADLINE_SECONDS = 120.0
QUALITY_STEPS = (0, -4, 4)  # of the peer's files, to tell how good they are at as many bytes
ROOT = Path(__file__).parents[2]
PEER_SCRIPT = Path(__file__).with_name("peer") / "thumbnails.py"


@dataclass(frozen=True, kw_only=True)
class _Case:
    """A photo to render."""

    name: str
    original: Path
    size_px: tuple[int, int]
    has_peer: bool

    def order(self, folder: Path, times: int) -> dict[str, Any]:
        """The line that asks for its renditions."""
        return {
            "original": str(self.original),
            "folder": str(folder),
            "times": times,
            "sizes_px": self.sizes_px[::-1],
            "jpeg_width_px": DEFAULT_WIDTH_MAX_PX,
            "qualities": [
                [int(ENCODING[each]["quality"]) + step for each in _ENCODED]
                for step in QUALITY_STEPS
            ],
        }

    @property
    def sizes_px(self) -> list[tuple[int, int]]:
        """Of its renditions, from narrow to wide."""
        width, height = self.size_px
        return [(each, round(height * each / width)) for each in rendition_widths_px(width)]


_ENCODED = (ImageFormat.WEBP, ImageFormat.JPEG)


@dataclass(frozen=True, kw_only=True)
class _Side:
    """One of both who render, as a process that answers lines."""

    process: asyncio.subprocess.Process
    folder: Path

    async def seconds(self, case: _Case, times: int = TIMES) -> tuple[float, float]:
        """CPU and wall seconds of one time."""
        if self.process.stdin is None or self.process.stdout is None:
            raise BenchError("Who renders cannot be spoken to")
        self.process.stdin.write(json.dumps(case.order(self.folder, times)).encode() + b"\n")
        async with asyncio.timeout(DEADLINE_SECONDS):
            answer = await self.process.stdout.readline()
        if not answer:
            raise BenchError(f"{case.name}: who renders ended; its own words are above")
        found = json.loads(answer)
        return found["cpu_seconds"], found["wall_seconds"]


async def measure(stack: TestStack, say: Say) -> list[Figure]:
    """CPU seconds a photo, and how alike the renditions are to it at as many bytes.

    Both make the same widths with the same encoders, qualities and efforts, decode once, go from
    width to width, and use one thread. Ours is a worker's call, with the limited process that each
    photo gets. The peer decodes in its own process, without limits. The start of neither counts.
    """
    del stack
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with _sides(folder) as (ours, peer):
            for megapixels, kind in CASES:
                case = await asyncio.to_thread(_case, megapixels, kind, folder)
                say(case.name)
                figures += await _measured(case, ours, peer)
    return figures


def _case(megapixels: int, kind: str, folder: Path) -> _Case:
    original = folder / "original"
    original.write_bytes(file_of(mosaic(SIZES_PX[megapixels]), kind))
    return _Case(
        name=f"photos: {megapixels} MP, {kind}",
        original=original,
        size_px=SIZES_PX[megapixels],
        has_peer=kind not in NOT_OF_PEER,
    )


async def _measured(case: _Case, ours: _Side, peer: _Side) -> list[Figure]:
    sides = [ours, peer] if case.has_peer else [ours]
    found: dict[_Side, list[tuple[float, float]]] = {side: [] for side in sides}
    for number in range(ROUNDS):
        for side in sides[:: 1 if number % 2 == 0 else -1]:
            found[side].append(await side.seconds(case))
    (cpu, *peer_cpu), (wall, *peer_wall) = (
        [median(each[which] for each in found[side]) for side in sides] for which in (0, 1)
    )
    walls = [f"{wall:.2f} s by the clock", *(f"peer {each:.2f} s" for each in peer_wall)]
    spread = between([each[0] for each in found[ours]])
    figure = Figure(
        name=case.name,
        value=cpu,
        unit="CPU s/photo",
        peer=peer_cpu[0] if peer_cpu else None,
        less_is_better=True,
        note="; ".join((f"rounds {spread}", *walls)),
    )
    likeness = await asyncio.to_thread(_likeness, case, ours.folder, peer.folder)
    return [figure, *([likeness] if case.has_peer and likeness else [])]


def _likeness(case: _Case, ours: Path, peer: Path) -> Figure | None:
    """Mean SSIM of all renditions, and the peer's where its files would be as long as ours."""
    if "Display P3" in case.name or not case.has_peer:
        return None  # what it should look like is for the profile's reader to say
    photo = decoded(case.original.read_bytes())
    values, peers = [], []
    for size_px in case.sizes_px:
        reference = photo.resize(size_px, Image.Resampling.LANCZOS)
        for ending in ("webp", "jpg"):
            name = f"{size_px[0]}.{ending}"
            if (ours / name).exists():
                values.append(_ssim(ours / name, reference))
                byte_size = (ours / name).stat().st_size
                peers.append(_ssim_at(byte_size, _files(peer, name), reference))
    worst = min(value - other for value, other in zip(values, peers, strict=True))
    return Figure(
        name=f"{case.name}: likeness",
        value=fmean(values),
        unit="SSIM",
        peer=fmean(peers),
        note=f"{len(values)} renditions; {worst:+.4f} where it is worst",
    )


def _files(folder: Path, name: str) -> list[Path]:
    return [folder / name, *(folder / f"{name}.{number}" for number in (1, 2))]


def _ssim_at(byte_size: int, files: Sequence[Path], reference: Image.Image) -> float:
    """Between those of files that are longer and shorter."""
    found = {file.stat().st_size: _ssim(file, reference) for file in files}
    sizes = sorted(found)
    return float(np.interp(byte_size, sizes, [found[size] for size in sizes]))


def _ssim(file: Path, reference: Image.Image) -> float:
    shown = np.asarray(decoded(file.read_bytes()))
    found = structural_similarity(shown, np.asarray(reference))  # type: ignore[no-untyped-call]  # it has none
    return float(found)


@asynccontextmanager
async def _sides(folder: Path) -> AsyncIterator[tuple[_Side, _Side]]:
    python = await asyncio.to_thread(peer_python)
    commands = {
        "ours": (sys.executable, "-m", "tests.bench.photo_renderer"),
        "peer": (str(python), str(PEER_SCRIPT)),
    }
    sides: list[_Side] = []
    try:
        for name, command in commands.items():
            (folder / name).mkdir()
            process = await asyncio.create_subprocess_exec(
                *command,
                cwd=ROOT,
                env={"VIPS_CONCURRENCY": "1"},
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
            sides.append(_Side(process=process, folder=folder / name))
        yield sides[0], sides[1]
    finally:
        for side in sides:
            if side.process.returncode is None:
                side.process.terminate()
                await side.process.wait()
