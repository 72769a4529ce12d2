"""MinIO, built from its source: nobody offers binaries of it any more."""

import re
import shutil
import subprocess
from pathlib import Path

from docker.local.environment import with_variables
from docker.local.errors import StackError
from docker.local.servers import BIN

MODULE = "github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c"
"""The last commit before its makers left it."""

_GO_MIN = (1, 24)
_GO_SECONDS = 30
_GO_USUALLY = Path("/usr/local/go/bin/go")
"""Where Go's own installer puts it, which PATH need not say."""


def build_minio() -> None:
    """Build it into the folder where `make up` looks for it.

    Raises:
        StackError: Go is missing or too old, or the build failed.
    """
    go = find_go()
    BIN.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(  # noqa: S603 - a path that we found
        [go, "install", MODULE], env=with_variables({"GOBIN": str(BIN)}), check=False
    )
    if done.returncode != 0:
        raise StackError(f"go install {MODULE} failed; its own words are above.")


def find_go() -> Path:
    """A Go that is new enough: of PATH, else where it usually is.

    Raises:
        StackError: naming those that are too old.
    """
    on_path = shutil.which("go")
    found = [Path(on_path)] if on_path else []
    if _GO_USUALLY.exists():
        found.append(_GO_USUALLY)
    versions = {go: _version(go) for go in found}
    for go, version in versions.items():
        if version >= _GO_MIN:
            return go
    had = ", ".join(f"{go} is {'.'.join(map(str, v))}" for go, v in versions.items())
    wanted = ".".join(map(str, _GO_MIN))
    raise StackError(
        f"MinIO is built with Go {wanted} or newer, and "
        f"{had or f'there is none on PATH or at {_GO_USUALLY}'}."
    )


def _version(go: Path) -> tuple[int, ...]:
    said = subprocess.run(  # noqa: S603 - a path that we found
        [go, "env", "GOVERSION"], capture_output=True, text=True, timeout=_GO_SECONDS, check=False
    ).stdout
    version = re.match(r"go(\d+)\.(\d+)", said)
    return (int(version[1]), int(version[2])) if version else ()
