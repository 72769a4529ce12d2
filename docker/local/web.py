"""The web app: built from what its sources are now, and the scripts of its developers.

`python -m docker.local.web lint` runs one of them, with what its lock names.
"""

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docker.local import REPOSITORY, WEB
from docker.local.environment import with_variables
from docker.local.npm import find_node

_NODE_MIN = (20, 19)
_NODE_MIN_OF_SCRIPTS = (22, 13)
"""Vitest and ESLint want a newer one than the build does."""

_SOURCES = ("*.html", "*.json", "*.ts", "public/**/*", "src/**/*")
_GENERATED = "src/gql"
_DOCUMENTS = "persisted-documents.json"
_BUILDS = "build-"
_STAMP = "stamp"
_INSTALL_SECONDS = 300
_BUILD_SECONDS = 180
_TAIL_LINES = 20
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_TOLD_TO_NOBODY = re.compile(r"\s*at .*|\W*$|\s*errors: \[Getter/Setter\]$")
"""Of what a tool says of its failure: where in its own code that was."""


class NpmError(Exception):
    """npm cannot do what is asked of it; the message says why."""


@dataclass(frozen=True, kw_only=True)
class WebApp:
    """A web app by its sources, and the link that leads to its last build."""

    source: Path
    schema: Path
    built: Path

    def build(self) -> None:
        """Build it unless that is done; until all of a build is there, the one before stays.

        Raises:
            NpmError: there is no Node for it, or npm failed.
        """
        with self._locked() as lock:
            fingerprint = self._fingerprint()
            if not self._is_built(fingerprint):
                npm = _Npm(folder=self.source, node=_node(*_NODE_MIN), lock=lock)
                self._install(npm)
                self._build(npm, fingerprint)

    def run(self, script: str) -> int:
        """Run a script of its package.json before the caller's eyes; its exit code.

        Raises:
            NpmError: there is no Node for it, or its packages cannot be installed.
        """
        node = _node(*_NODE_MIN_OF_SCRIPTS)
        with self._locked() as lock:
            self._install(_Npm(folder=self.source, node=node, lock=lock))
        command = (node.with_name("npm"), "run", "--silent", script)
        return subprocess.run(  # noqa: S603 - a path that we found
            command, cwd=self.source, env=_environment(node), check=False
        ).returncode

    @contextmanager
    def _locked(self) -> Iterator[int]:
        """One process at a time installs and builds."""
        self.built.parent.mkdir(parents=True, exist_ok=True)
        with self.built.with_name("lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield lock.fileno()

    def _fingerprint(self) -> str:
        """Of all that a build depends on; tests are not of that."""
        found = {file for pattern in _SOURCES for file in self.source.glob(pattern)}
        digest = hashlib.sha256(self.schema.read_bytes())
        for file in sorted(file for file in found if file.is_file()):
            name = file.relative_to(self.source)
            if not name.is_relative_to(_GENERATED) and ".test." not in file.name:
                digest.update(f"\0{name}\0".encode())
                digest.update(hashlib.sha256(file.read_bytes()).digest())
        return digest.hexdigest()

    def _is_built(self, fingerprint: str) -> bool:
        stamp = self.built / _STAMP
        return stamp.exists() and stamp.read_text() == fingerprint

    def _install(self, npm: "_Npm") -> None:
        """Install what the lock names, unless npm says that all of it is there."""
        if not self._is_installed():
            npm.run("ci", "--ignore-scripts", "--loglevel=error", seconds=_INSTALL_SECONDS)

    def _is_installed(self) -> bool:
        """By npm's own account, given at the end; other systems' binaries are not in it."""
        account = self.source / "node_modules/.package-lock.json"
        there = _packages(account) if account.exists() else {}
        return all(
            there[name]["integrity"] == entry["integrity"] if name in there else "optional" in entry
            for name, entry in _packages(self.source / "package-lock.json").items()
        )

    def _build(self, npm: "_Npm", fingerprint: str) -> None:
        folder = self.built.parent
        for abandoned in folder.glob(f"{_BUILDS}*"):
            if abandoned != self.built.resolve():
                shutil.rmtree(abandoned)
        draft = Path(tempfile.mkdtemp(prefix=_BUILDS, dir=folder))
        files = ("--outDir", str(draft / "files"), "--emptyOutDir")
        npm.run("run", "build", "--", *files, seconds=_BUILD_SECONDS)
        shutil.copyfile(self.source / _GENERATED / _DOCUMENTS, draft / _DOCUMENTS)
        (draft / _STAMP).write_text(fingerprint)
        link = folder / "next"
        link.unlink(missing_ok=True)
        link.symlink_to(draft.name)
        link.replace(self.built)


WEB_APP = WebApp(source=REPOSITORY / "web", schema=REPOSITORY / "schema/schema.graphql", built=WEB)


def build_web() -> str | None:
    """Build what is not built yet; the reason when that is impossible, None when all is there."""
    try:
        WEB_APP.build()
    except NpmError as error:
        return str(error)
    return None


@dataclass(frozen=True, kw_only=True)
class _Npm:
    """npm in a folder; it may outlive us, and then our lock, which it is given, outlives us too."""

    folder: Path
    node: Path
    lock: int

    def run(self, *arguments: str, seconds: int) -> None:
        """Run it to its end.

        Raises:
            NpmError: with the end of what it said.
        """
        try:
            done = subprocess.run(  # noqa: S603 - a path that we found
                [self.node.with_name("npm"), *arguments],
                cwd=self.folder,
                env=_environment(self.node),
                pass_fds=(self.lock,),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise NpmError(f"npm {arguments[0]} took longer than {seconds} s") from None
        if done.returncode != 0:
            said = _COLOUR.sub("", done.stdout).splitlines()
            told = [line for line in said if not _TOLD_TO_NOBODY.match(line)]
            end = "\n".join(told[-_TAIL_LINES:])
            raise NpmError(f"npm {arguments[0]} failed:\n{end}")


def _packages(lock: Path) -> dict[str, Any]:
    """What a lock of npm names, but for the project itself."""
    return {name: entry for name, entry in json.loads(lock.read_text())["packages"].items() if name}


def _node(*at_least: int) -> Path:
    node = find_node(*at_least)
    if node is None:
        version = ".".join(map(str, at_least))
        raise NpmError(f"neither PATH nor a package has npm of Node {version} or newer")
    return node


def _environment(node: Path) -> dict[str, str]:
    """The scripts of npm run on the Node of PATH."""
    return with_variables({"PATH": os.pathsep.join([str(node.parent), *os.get_exec_path()])})


if __name__ == "__main__":
    try:
        sys.exit(WEB_APP.run(sys.argv[1]))
    except NpmError as error:
        sys.exit(str(error))
