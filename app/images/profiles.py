"""What files say about their colours without an ICC profile, and the profile that says the same."""

import math
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

Point = tuple[float, float]
"""Chromaticity: CIE x and y."""

Vector = tuple[float, float, float]
Matrix = tuple[Vector, Vector, Vector]
"""By rows."""

D65: Final[Point] = (0.3127, 0.3290)
D50_XYZ: Final[Vector] = (0.9642, 1.0, 0.8249)  # the white of profiles, ICC.1:2022, 7.2.16
# From XYZ to the responses of cones in which whites are adapted: Bradford, ICC.1:2022, annex E.
CONES: Final[Matrix] = (
    (0.8951, 0.2664, -0.1614),
    (-0.7502, 1.7135, 0.0367),
    (0.0389, -0.0685, 1.0296),
)
CURVE_POINTS: Final = 1024
ROUNDED: Final = 0.002
GAMMAS: Final = (0.1, 5.0)  # what is beyond is a mistake
SCREEN_GAMMA: Final = 2.2
SCREEN_GAMMA_TOLERANCE: Final = 0.1  # libpng: what is nearer is not worth a correction
HEADER_BYTES: Final = 128


@dataclass(frozen=True, kw_only=True, slots=True)
class Chromaticities:
    """Where white and the three primaries lie."""

    white: Point = D65
    red: Point = (0.640, 0.330)
    green: Point = (0.300, 0.600)
    blue: Point = (0.150, 0.060)

    @property
    def is_srgb(self) -> bool:
        """Whether they are those of sRGB, but for how they were rounded."""
        places = (
            (self.white, D65),
            (self.red, (0.640, 0.330)),
            (self.green, (0.300, 0.600)),
            (self.blue, (0.150, 0.060)),
        )
        return all(math.dist(one, other) < ROUNDED for one, other in places)


@dataclass(frozen=True, kw_only=True, slots=True)
class Coding:
    """Code points for primaries and transfer of ITU-T H.273, as in `cICP` and `nclx`."""

    primaries: int
    transfer: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ColourTags:
    """What a file says about its colours; if it says nothing, they are sRGB.

    A coding goes before an ICC profile, and that before the rest. `gamma` is that of the file,
    such as 0.45; chromaticities mean nothing without it.
    """

    profile: bytes | None = None
    coding: Coding | None = None
    gamma: float | None = None
    chromaticities: Chromaticities | None = None


SRGB: Final = Chromaticities()
PRIMARIES: Final[Mapping[int, Chromaticities]] = MappingProxyType(
    {
        5: Chromaticities(red=(0.64, 0.33), green=(0.29, 0.60), blue=(0.15, 0.06)),  # BT.470 B/G
        6: Chromaticities(red=(0.630, 0.340), green=(0.310, 0.595), blue=(0.155, 0.070)),  # BT.601
        7: Chromaticities(red=(0.630, 0.340), green=(0.310, 0.595), blue=(0.155, 0.070)),
        9: Chromaticities(red=(0.708, 0.292), green=(0.170, 0.797), blue=(0.131, 0.046)),  # BT.2020
        11: Chromaticities(
            white=(0.314, 0.351), red=(0.680, 0.320), green=(0.265, 0.690), blue=(0.150, 0.060)
        ),  # DCI P3
        12: Chromaticities(red=(0.680, 0.320), green=(0.265, 0.690), blue=(0.150, 0.060)),
    }
)

SRGB_LINEAR_MAX: Final = 0.04045
HLG_SQUARE_MAX: Final = 0.5
WHITE_NITS: Final = 203.0  # of paper in an HDR picture: ITU-R BT.2408, table 1
PEAK_NITS: Final = 1000.0  # of the screen that nearly all HDR pictures are made on


def _from_srgb(signal: float) -> float:
    """IEC 61966-2-1."""
    return signal / 12.92 if signal <= SRGB_LINEAR_MAX else ((signal + 0.055) / 1.055) ** 2.4


def _from_pq(signal: float) -> float:
    """SMPTE ST 2084 in nits, then as bright as it can be on a screen that is not HDR."""
    root = signal ** (1 / 78.84375)
    nits = 10_000 * (max(root - 0.8359375, 0) / (18.8515625 - 18.6875 * root)) ** (1 / 0.1593017578)
    return _toned(nits)


def _from_hlg(signal: float) -> float:
    """ARIB STD-B67 in nits on a screen of 1000, by the channel: ITU-R BT.2100, table 5."""
    if signal <= HLG_SQUARE_MAX:
        scene = signal**2 / 3
    else:
        scene = (math.exp((signal - 0.55991073) / 0.17883277) + 0.28466892) / 12
    return _toned(PEAK_NITS * scene**1.2)


def _toned(nits: float) -> float:
    """Light from 0 to 1: dark as it is, bright as it fits (Reinhard et al. 2002, equation 4)."""
    light, peak = nits / WHITE_NITS, PEAK_NITS / WHITE_NITS
    return min(1.0, light * (1 + light / peak**2) / (1 + light))


Curve = Callable[[float], float]
"""From a signal to light, both 0 to 1."""

TRANSFERS: Final[Mapping[int, Curve]] = MappingProxyType(
    {
        4: lambda signal: signal**2.2,
        5: lambda signal: signal**2.8,
        8: lambda signal: signal,
        16: _from_pq,
        18: _from_hlg,
    }
)
"""Those of video, which are missing here, look on screens as sRGB does."""


def profile_of(tags: ColourTags) -> bytes | None:
    """An ICC profile that says the same as the tags; None if that is sRGB, nothing or nonsense."""
    if tags.coding:
        places = PRIMARIES.get(tags.coding.primaries, SRGB)
        return _profile(places, TRANSFERS.get(tags.coding.transfer, _from_srgb))
    if tags.profile or tags.gamma is None or not GAMMAS[0] <= tags.gamma <= GAMMAS[1]:
        return tags.profile
    return _profile(tags.chromaticities or SRGB, _from_gamma(1 / tags.gamma))


def _from_gamma(exponent: float) -> Curve:
    if abs(exponent - SCREEN_GAMMA) <= SCREEN_GAMMA_TOLERANCE:
        return _from_srgb
    return lambda signal: signal**exponent


def _profile(places: Chromaticities, curve: Curve) -> bytes | None:
    """A display profile of three primaries and one curve: ICC.1:2001-04 (version 2.4)."""
    if curve is _from_srgb and places.is_srgb:
        return None
    try:
        columns = [_xyz(column) for column in _colorants(places)]
    except (ArithmeticError, ValueError):
        return None
    points = (round(65_535 * curve(at / (CURVE_POINTS - 1))) for at in range(CURVE_POINTS))
    response = struct.pack(f">4s4xL{CURVE_POINTS}H", b"curv", CURVE_POINTS, *points)
    tags = {b"wtpt": _xyz(D50_XYZ)}
    for name, column in zip(b"rgb", columns, strict=True):
        tags |= {bytes((name,)) + b"XYZ": column, bytes((name,)) + b"TRC": response}
    return _file(tags)


def _colorants(places: Chromaticities) -> Matrix:
    """XYZ of red, green and blue on D50: Lindbloom, "RGB/XYZ Matrices", and Bradford."""
    primaries = _columns([_from_xy(each) for each in (places.red, places.green, places.blue)])
    white = _from_xy(places.white)
    shares = _times(_inverse(primaries), white)
    seen, wanted = _times(CONES, white), _times(CONES, D50_XYZ)
    adapted = [
        _times(CONES, (x * share, y * share, z * share))
        for (x, y, z), share in zip(_columns(primaries), shares, strict=True)
    ]
    scaled = [
        tuple(cone * one / other for cone, one, other in zip(each, wanted, seen, strict=True))
        for each in adapted
    ]
    back = _inverse(CONES)
    red, green, blue = (_times(back, (one, two, three)) for one, two, three in scaled)
    return red, green, blue


def _from_xy(point: Point) -> Vector:
    x, y = point
    return x / y, 1.0, (1 - x - y) / y


def _columns(rows: Sequence[Vector]) -> Matrix:
    one, two, three = zip(*rows, strict=True)
    return one, two, three


def _times(rows: Matrix, vector: Vector) -> Vector:
    one, two, three = (sum(a * b for a, b in zip(row, vector, strict=True)) for row in rows)
    return one, two, three


def _inverse(rows: Matrix) -> Matrix:
    """By Cramer's rule; ZeroDivisionError if there is none."""
    one, two, three = rows
    crossed = (_cross(two, three), _cross(three, one), _cross(one, two))
    determinant = sum(a * b for a, b in zip(one, crossed[0], strict=True))
    scaled = [(x / determinant, y / determinant, z / determinant) for x, y, z in crossed]
    return _columns(scaled)


def _cross(one: Vector, other: Vector) -> Vector:
    (a, b, c), (d, e, f) = one, other
    return b * f - c * e, c * d - a * f, a * e - b * d


def _xyz(vector: Vector) -> bytes:
    return b"XYZ \0\0\0\0" + b"".join(_fixed(each) for each in vector)


def _fixed(number: float) -> bytes:
    """A signed number of 15 bits and 16 more behind the point."""
    return struct.pack(">l", max(-(2**31), min(2**31 - 1, round(number * 65_536))))


def _file(tags: Mapping[bytes, bytes]) -> bytes:
    """Header, table and data of a profile: ICC.1:2001-04, 6.1 to 6.3."""
    at = HEADER_BYTES + 4 + 12 * len(tags)
    table, data = struct.pack(">L", len(tags)), b""
    for name, tag in tags.items():
        table += struct.pack(">4sLL", name, at + len(data), len(tag))
        data += tag
    header = struct.pack(
        ">L4xL4s4s4s12x4s28x12s48x",
        at + len(data),
        0x02400000,
        *(b"mntr", b"RGB ", b"XYZ ", b"acsp"),
        b"".join(_fixed(each) for each in D50_XYZ),
    )
    return header + table + data
