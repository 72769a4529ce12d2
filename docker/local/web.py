"""The web app: built from what its sources are now, and the scripts of its developers.

`python -m docker.local.web lint` runs one of them, with what its lock names.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from docker.local import REPOSITORY, SHARED, WEB
from docker.local.environment import with_variables
from docker.local.npm import find_node

SOURCE = REPOSITORY / "web"

_NODE_MIN = (20, 19)
_NODE_MIN_OF_SCRIPTS = (22, 13)
"""Vitest and ESLint want a newer one than the build does."""

_SCHEMA = REPOSITORY / "schema/schema.graphql"
_GENERATED = SOURCE / "src/gql"
_SOURCES = ("*.html", "*.json", "*.ts", "public/**/*", "src/**/*")
_LOCK = SOURCE / "package-lock.json"
_INSTALLED = SOURCE / "node_modules/.package-lock.json"
_FOLDER = SHARED / "web"
_BUILDS = "build-"
_STAMP = "stamp"
_INSTALL_SECONDS = 300
_BUILD_SECONDS = 180
_TAIL_LINES = 20


class _NpmError(Exception):
    """npm failed; the message is its own."""


def build_web() -> str | None:
    """Build it unless that is done; the reason when it is impossible, None when it is there.

    Whoever serves the app goes on with the build before, if there is one, until a new one is whole.
    """
    with _locked() as lock:
        fingerprint = _fingerprint()
        if _is_built(fingerprint):
            return None
        node = find_node(*_NODE_MIN)
        if node is None:
            return f"neither PATH nor a package has npm of Node {_version(_NODE_MIN)} or newer"
        try:
            _install(node, lock)
            _build(node, lock, fingerprint)
        except _NpmError as error:
            return str(error)
        return None


def run_script(name: str) -> int:
    """Run a script of its package.json before the caller's eyes; its exit code.

    Raises:
        SystemExit: there is no Node for it, or the packages cannot be installed.
    """
    node = find_node(*_NODE_MIN_OF_SCRIPTS)
    if node is None:
        sys.exit(f"Neither PATH nor a package has npm of Node {_version(_NODE_MIN_OF_SCRIPTS)}.")
    try:
        with _locked() as lock:
            _install(node, lock)
    except _NpmError as error:
        sys.exit(str(error))
    command = (node.with_name("npm"), "run", "--silent", name)
    return subprocess.run(command, cwd=SOURCE, env=_environment(node), check=False).returncode  # noqa: S603 - ours


def _version(numbers: tuple[int, ...]) -> str:
    return ".".join(map(str, numbers))


@contextmanager
def _locked() -> Iterator[int]:
    """One process at a time installs and builds; npm, which may outlive it, is given its lock."""
    _FOLDER.mkdir(parents=True, exist_ok=True)
    with (_FOLDER / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock.fileno()


def _fingerprint() -> str:
    """Of all that a build depends on; its tests are not of that."""
    files = {file for pattern in _SOURCES for file in SOURCE.glob(pattern) if file.is_file()}
    digest = hashlib.sha256()
    for file in (_SCHEMA, *sorted(files)):
        if not file.is_relative_to(_GENERATED) and ".test." not in file.name:
            digest.update(f"{file.relative_to(REPOSITORY)}\0".encode())
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _is_built(fingerprint: str) -> bool:
    stamp = WEB / _STAMP
    return stamp.exists() and stamp.read_text() == fingerprint


def _install(node: Path, lock: int) -> None:
    """Install what the lock names, unless npm says that all of it is there."""
    if not _is_installed():
        _npm(node, lock, "ci", "--ignore-scripts", "--loglevel=error", seconds=_INSTALL_SECONDS)


def _is_installed() -> bool:
    """By npm's own account, which it gives at the end; binaries of other systems are not in it."""
    if not _INSTALLED.exists():
        return False
    there, named = (json.loads(file.read_text())["packages"] for file in (_INSTALLED, _LOCK))
    return all(
        there[name]["integrity"] == entry["integrity"] if name in there else "optional" in entry
        for name, entry in named.items()
        if name
    )


def _build(node: Path, lock: int, fingerprint: str) -> None:
    for abandoned in _FOLDER.glob(f"{_BUILDS}*"):
        if abandoned != WEB.resolve():
            shutil.rmtree(abandoned)
    draft = Path(tempfile.mkdtemp(prefix=_BUILDS, dir=_FOLDER))
    files = ("--outDir", str(draft / "files"), "--emptyOutDir")
    _npm(node, lock, "run", "build", "--", *files, seconds=_BUILD_SECONDS)
    shutil.copyfile(_GENERATED / "persisted-documents.json", draft / "persisted-documents.json")
    (draft / _STAMP).write_text(fingerprint)
    link = _FOLDER / "next"
    link.unlink(missing_ok=True)
    link.symlink_to(draft.name)
    link.replace(WEB)


def _npm(node: Path, lock: int, *arguments: str, seconds: int) -> None:
    try:
        done = subprocess.run(  # noqa: S603 - a path that we found
            [node.with_name("npm"), *arguments],
            cwd=SOURCE,
            env=_environment(node),
            pass_fds=(lock,),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _NpmError(f"npm {arguments[0]} took longer than {seconds} s") from None
    if done.returncode != 0:
        end = "\n".join(done.stdout.strip().splitlines()[-_TAIL_LINES:])
        raise _NpmError(f"npm {arguments[0]} failed:\n{end}")


def _environment(node: Path) -> dict[str, str]:
    """Scripts of npm run on the Node of PATH."""
    return with_variables({"PATH": os.pathsep.join([str(node.parent), *os.get_exec_path()])})


if __name__ == "__main__":
    sys.exit(run_script(sys.argv[1]))
