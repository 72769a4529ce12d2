"""The playground's files, installed from npm by their lock."""

import fcntl
import hashlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

from docker.local import REPOSITORY, SHARED

FOLDER = SHARED / "playground"
FILES = FOLDER / "node_modules"
_STAMP = FOLDER / "stamp"

_SOURCE = REPOSITORY / "docker/playground"
_COPIED = ("package.json", "package-lock.json", ".npmrc")
_NODE_MIN = 20
_NODE_SECONDS = 30
_INSTALL_SECONDS = 300


def install_playground() -> str | None:
    """Install what is missing; the reason when that is impossible, None when all is there."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if is_installed():
            return None
        _STAMP.unlink(missing_ok=True)
        npm = _npm()
        if npm is None:
            return f"neither PATH nor a package has npm of Node {_NODE_MIN} or newer"
        failure = _install(npm)
        if failure is None:
            _STAMP.write_text(_fingerprint())
        return failure


def is_installed() -> bool:
    """Whether the files of the present lock are there, all of them."""
    return _STAMP.exists() and _STAMP.read_text() == _fingerprint()


def _fingerprint() -> str:
    return hashlib.sha256(b"".join((_SOURCE / f).read_bytes() for f in _COPIED)).hexdigest()


def _install(npm: Path) -> str | None:
    for name in _COPIED:
        shutil.copyfile(_SOURCE / name, FOLDER / name)
    try:
        done = subprocess.run(  # noqa: S603 - a path that we found
            [npm, "ci", "--omit=dev", "--ignore-scripts", "--loglevel=error"],
            cwd=FOLDER,
            capture_output=True,
            text=True,
            timeout=_INSTALL_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"npm took longer than {_INSTALL_SECONDS} s"
    return None if done.returncode == 0 else f"npm failed: {done.stderr.strip()}"


def _npm() -> Path | None:
    on_path = shutil.which("node"), shutil.which("npm")
    if all(on_path) and _is_recent(Path(str(on_path[0]))):
        return Path(str(on_path[1]))
    packaged = Path(sys.executable).with_name("npm")
    return packaged if packaged.exists() else None


def _is_recent(node: Path) -> bool:
    said = subprocess.run(  # noqa: S603 - a path that we found
        [node, "--version"], capture_output=True, text=True, timeout=_NODE_SECONDS, check=False
    )
    version = re.match(r"v(\d+)\.", said.stdout)
    return version is not None and int(version[1]) >= _NODE_MIN
