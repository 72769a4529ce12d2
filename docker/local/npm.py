"""Packages from npm, installed by their lock into a folder outside the tree."""

import fcntl
import hashlib
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

_COPIED = ("package.json", "package-lock.json", ".npmrc")
_NODE_SECONDS = 30
_INSTALL_SECONDS = 300


@dataclass(frozen=True, kw_only=True)
class Packages:
    """What one `package.json` asks for, at the versions of the lock beside it."""

    source: Path
    folder: Path
    node_min: int

    @property
    def files(self) -> Path:
        """Where the packages are, once they are installed."""
        return self.folder / "node_modules"

    def install(self) -> str | None:
        """Install what is missing; the reason when that is impossible, None when all is there."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if self.is_installed():
                return None
            self._stamp.unlink(missing_ok=True)
            node = find_node(self.node_min)
            if node is None:
                return f"neither PATH nor a package has npm of Node {self.node_min} or newer"
            failure = self._install(node.with_name("npm"))
            if failure is None:
                self._stamp.write_text(self._fingerprint())
            return failure

    def is_installed(self) -> bool:
        """Whether the files of the present lock are there, all of them."""
        return self._stamp.exists() and self._stamp.read_text() == self._fingerprint()

    @property
    def _stamp(self) -> Path:
        return self.folder / "stamp"

    def _fingerprint(self) -> str:
        return hashlib.sha256(b"".join((self.source / f).read_bytes() for f in _COPIED)).hexdigest()

    def _install(self, npm: Path) -> str | None:
        for name in _COPIED:
            shutil.copyfile(self.source / name, self.folder / name)
        try:
            done = subprocess.run(  # noqa: S603 - a path that we found
                [npm, "ci", "--omit=dev", "--ignore-scripts", "--loglevel=error"],
                cwd=self.folder,
                capture_output=True,
                text=True,
                timeout=_INSTALL_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return f"npm took longer than {_INSTALL_SECONDS} s"
        return None if done.returncode == 0 else f"npm failed: {done.stderr.strip()}"


def find_node(*at_least: int) -> Path | None:
    """A Node of this version or newer that has npm beside it: of PATH, else of a package."""
    on_path = shutil.which("node")
    packaged = Path(sys.executable).with_name("node")
    candidates = [Path(on_path), packaged] if on_path else [packaged]
    return next((node for node in candidates if _serves(node, at_least)), None)


def _serves(node: Path, at_least: tuple[int, ...]) -> bool:
    if not (node.exists() and node.with_name("npm").exists()):
        return False
    said = subprocess.run(  # noqa: S603 - a path that we found
        [node, "--version"], capture_output=True, text=True, timeout=_NODE_SECONDS, check=False
    )
    version = re.match(r"v(\d+)\.(\d+)\.", said.stdout)
    return version is not None and (int(version[1]), int(version[2])) >= at_least
