"""The playground's files, installed from npm by their lock."""

from docker.local import REPOSITORY, SHARED
from docker.local.npm import Packages

_NODE_MIN = 20
_PACKAGES = Packages(
    source=REPOSITORY / "docker/playground", folder=SHARED / "playground", node_min=_NODE_MIN
)

FILES = _PACKAGES.files


def install_playground() -> str | None:
    """Install what is missing; the reason when that is impossible, None when all is there."""
    return _PACKAGES.install()


def is_installed() -> bool:
    """Whether the files of the present lock are there, all of them."""
    return _PACKAGES.is_installed()
