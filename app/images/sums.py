"""Sums of files."""

import hashlib
from typing import BinaryIO, Final

BLOCK_BYTES: Final = 256 * 1024


def file_sha256(file: BinaryIO) -> str:
    """Hex digest of the whole file, which is left rewound."""
    digest = hashlib.sha256()
    file.seek(0)
    while block := file.read(BLOCK_BYTES):
        digest.update(block)
    file.seek(0)
    return digest.hexdigest()
