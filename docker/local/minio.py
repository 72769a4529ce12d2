"""MinIO, built from its source: nobody offers binaries of it any more."""

import re
import shutil
import subprocess

from docker.local.environment import with_variables
from docker.local.errors import StackError
from docker.local.servers import BIN

MODULE = "github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c"
"""The last commit before its makers left it."""

_GO_MIN = (1, 24)
_GO_SECONDS = 30


def build_minio() -> None:
    """Build it into the folder where `make up` looks for it.

    Raises:
        StackError: Go is missing or too old, or the build failed.
    """
    go = shutil.which("go")
    wanted = ".".join(map(str, _GO_MIN))
    if go is None:
        raise StackError(f"MinIO is built with Go {wanted} or newer, and there is no go on PATH.")
    said = subprocess.run(  # noqa: S603 - a path that we found
        [go, "env", "GOVERSION"], capture_output=True, text=True, timeout=_GO_SECONDS, check=False
    ).stdout
    version = re.match(r"go(\d+)\.(\d+)", said)
    if version is None or (int(version[1]), int(version[2])) < _GO_MIN:
        raise StackError(f"MinIO is built with Go {wanted} or newer; {go} is {said.strip()}.")
    BIN.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(  # noqa: S603 - a path that we found
        [go, "install", MODULE], env=with_variables({"GOBIN": str(BIN)}), check=False
    )
    if done.returncode != 0:
        raise StackError(f"go install {MODULE} failed; its own words are above.")
