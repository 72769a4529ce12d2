"""Folders on this machine's disk for as long as one job takes."""

import os
import shutil
import time
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Final

ABANDONED_SECONDS: Final = 600.0
"""Nothing takes that long: whoever made an older folder has died in the middle of its work."""


def scratch_folder() -> AbstractContextManager[str]:
    """A new folder, gone when it is closed."""
    return TemporaryDirectory(dir=_place(), ignore_cleanup_errors=True)


def forget_abandoned(older_than_seconds: float = ABANDONED_SECONDS) -> int:
    """Delete what processes that were killed have left; returns how many folders."""
    before, deleted = time.time() - older_than_seconds, 0
    for folder in os.scandir(_place()):
        with suppress(FileNotFoundError):  # another process was faster
            if folder.stat(follow_symlinks=False).st_mtime < before:
                shutil.rmtree(folder.path)
                deleted += 1
    return deleted


def _place() -> Path:
    """Where they all are; nobody else on this machine can look into it."""
    place = Path(gettempdir(), f"photofeed-{os.getuid()}")
    place.mkdir(mode=0o700, exist_ok=True)
    if place.lstat().st_uid != os.getuid():
        raise PermissionError(f"{place} is somebody else's.")
    return place
