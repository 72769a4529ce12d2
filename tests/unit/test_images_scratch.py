"""Folders for the time of one job, and what is left of those whose process was killed."""

import os
import tempfile
import time
from pathlib import Path

import pytest

from app.images.scratch import forget_abandoned, scratch_folder


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def age(folder: str, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(folder, (then, then))


def test_a_folder_is_gone_when_it_is_closed_with_all_that_is_in_it() -> None:
    with scratch_folder() as name:
        Path(name, "original").write_bytes(b"photo")
    assert not Path(name).exists()


def test_nobody_else_can_look_into_it() -> None:
    with scratch_folder() as name:
        assert Path(name).parent.stat().st_mode & 0o777 == 0o700


def test_what_a_killed_process_left_is_deleted_and_what_is_in_use_stays() -> None:
    with scratch_folder() as used, scratch_folder() as left:
        Path(left, "original").write_bytes(b"photo")
        age(left, 700)
        age(used, 500)
        assert forget_abandoned() == 1
        assert Path(used).exists()
        assert not Path(left).exists()


def test_a_place_that_is_somebody_elses_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = os.getuid()
    Path(tmp_path, f"photofeed-{own + 1}").mkdir()
    monkeypatch.setattr(os, "getuid", lambda: own + 1)
    with pytest.raises(PermissionError, match="somebody else"):
        scratch_folder()
