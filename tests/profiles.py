"""ICC profiles that Pillow cannot make, as plain as they can be: ICC.1:2001-04."""

import struct
from collections.abc import Mapping
from itertools import product

D50 = (0.9642, 1.0, 0.8249)
WHITE_LAB, INK_LAB, BLACK_LAB = (255, 128, 128), (138, 209, 195), (0, 128, 128)


def grey_profile(gamma: float) -> bytes:
    """Of grey that is darker than it says, or lighter."""
    curve = struct.pack(">4s4xLH", b"curv", 1, round(gamma * 256))
    return _profile(b"mntr", b"GRAY", b"XYZ ", {b"kTRC": curve})


def cmyk_profile() -> bytes:
    """Of a press whose four inks are red, red, red and black: by each, white paper turns to it."""
    identity = struct.pack(">9l", *(65_536, 0, 0, 0, 65_536, 0, 0, 0, 65_536))
    ramp = bytes(range(256))
    corners = (
        BLACK_LAB if black else INK_LAB if cyan or magenta or yellow else WHITE_LAB
        for cyan, magenta, yellow, black in product((0, 1), repeat=4)
    )
    table = (
        struct.pack(">4s4xBBBx", b"mft1", 4, 3, 2)
        + identity
        + ramp * 4
        + bytes(value for corner in corners for value in corner)
        + ramp * 3
    )
    return _profile(b"prtr", b"CMYK", b"Lab ", {b"A2B0": table})


def _profile(kind: bytes, space: bytes, connection: bytes, tags: Mapping[bytes, bytes]) -> bytes:
    white = struct.pack(">4s4x3l", b"XYZ ", *(round(each * 65_536) for each in D50))
    contents = {b"wtpt": white, **tags}
    at = 128 + 4 + 12 * len(contents)
    table, data = struct.pack(">L", len(contents)), b""
    for name, content in contents.items():
        table += struct.pack(">4sLL", name, at + len(data), len(content))
        data += content
    header = struct.pack(
        ">L4xL4s4s4s12x4s28x12s48x",
        at + len(data),
        0x02400000,
        *(kind, space, connection, b"acsp"),
        white[8:],
    )
    return header + table + data
