"""The environment that the peer runs in: made once, and anew when its lock is another."""

import fcntl
import shutil
import subprocess
import sys
from pathlib import Path

from docker.local import SHARED

LOCK = Path(__file__).with_name("requirements.txt")
ENVIRONMENT = SHARED / "bench" / "peer"
PYTHON = ENVIRONMENT / "bin" / "python"
MADE_FROM = ENVIRONMENT / ".made-from"


def peer_python() -> Path:
    """The Python that has the peer; CalledProcessError if it could not be installed."""
    ENVIRONMENT.parent.mkdir(parents=True, exist_ok=True)
    with ENVIRONMENT.with_suffix(".lock").open("a") as one_at_a_time:
        fcntl.flock(one_at_a_time, fcntl.LOCK_EX)
        if not MADE_FROM.exists() or MADE_FROM.read_text() != LOCK.read_text():
            _make()
    return PYTHON


def _make() -> None:
    shutil.rmtree(ENVIRONMENT, ignore_errors=True)
    _uv("venv", "--python", sys.executable, str(ENVIRONMENT))
    _uv("pip", "install", "--python", str(PYTHON), "--require-hashes", "-r", str(LOCK))
    MADE_FROM.write_text(LOCK.read_text())


def _uv(*arguments: str) -> None:
    subprocess.run(  # noqa: S603 - ours, from our own environment
        (sys.executable, "-m", "uv", "--quiet", *arguments), check=True
    )
