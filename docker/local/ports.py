"""Where each server listens: fixed for `make up`, a free block for each test run."""

import errno
import fcntl
import os
import socket
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from docker.local import REGIONS
from docker.local.errors import StackError

HOST = "127.0.0.1"
CHOICE_PREFIX = "PHOTOFEED_LOCAL_"
STORE_PORTS = 8
"""A store takes its port and the seven after it: weed listens on eight, MinIO on two."""

_SINGLE = ("gateway", "cdn", "mongod", "broker", "cache", "api-1", "api-2")
_FREED_SECONDS = 2
_POLL_SECONDS = 0.05
_BLOCK = 32
_BLOCKS_FROM = 20_000
_BLOCKS = 240
"""Test blocks end at 27,680, below the ports that the kernel lends to outgoing connections."""


class Choices(BaseSettings):
    """What whoever runs `make up` may choose; each field is `PHOTOFEED_LOCAL_` and its name."""

    model_config = SettingsConfigDict(env_prefix=CHOICE_PREFIX, frozen=True)

    port_base: int = Field(default=28_000, ge=1024, le=65_000)
    gateway_port: int = Field(default=8080, gt=0, le=65_535)
    cdn_port: int = Field(default=8081, gt=0, le=65_535)
    mongod_port: int | None = None
    broker_port: int | None = None
    cache_port: int | None = None
    api_1_port: int | None = None
    api_2_port: int | None = None
    store_eu_port: int | None = None
    store_us_port: int | None = None


@dataclass(frozen=True, kw_only=True)
class Ports:
    """The port of each server by its name; a store's is the first of `STORE_PORTS`."""

    by_name: dict[str, int]
    claim: IO[str] | None = None
    """Held open, it keeps other test runs off this block."""

    def __getitem__(self, name: str) -> int:
        return self.by_name[name]

    def address(self, name: str) -> str:
        """`host:port` of a server."""
        return f"{HOST}:{self.by_name[name]}"

    def public_address(self, name: str) -> str:
        """`host:port` of a server, as people write it."""
        return f"localhost:{self.by_name[name]}"

    def release(self) -> None:
        """Let other test runs have these."""
        if self.claim is not None:
            self.claim.close()

    def listened(self) -> dict[int, str]:
        """Every port that will be listened on, and by whom."""
        taken: dict[int, str] = {}
        for name, first in self.by_name.items():
            count = STORE_PORTS if name.startswith("store-") else 1
            taken |= dict.fromkeys(range(first, first + count), name)
        return taken


def chosen_ports(choices: Choices) -> Ports:
    """The fixed ports of `make up`."""
    by_name = _block(choices.port_base)
    for name in by_name:
        choice = getattr(choices, f"{name.replace('-', '_')}_port")
        by_name[name] = by_name[name] if choice is None else choice
    return Ports(by_name=by_name)


def free_ports() -> Ports:
    """A block of ports that nobody listens on and no other test run has claimed."""
    folder = Path(tempfile.gettempdir()) / f"photofeed-ports-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    for number in range(_BLOCKS):
        claim = _claim(folder / str(number))
        if claim is None:
            continue
        ports = Ports(by_name=_block(_BLOCKS_FROM + number * _BLOCK), claim=claim)
        if all(map(is_free, ports.listened())):
            return ports
        claim.close()
    raise StackError(f"No free block of {_BLOCK} ports from {_BLOCKS_FROM} upwards.")


def refuse_taken(ports: Ports) -> None:
    """Name the first port that somebody else listens on.

    A port of a process that was just killed is free when the last of its threads has ended.

    Raises:
        StackError: with the port, its server and the setting that moves it.
    """
    deadline = time.monotonic() + _FREED_SECONDS
    for port, name in ports.listened().items():
        while not is_free(port) and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
        if not is_free(port):
            variable = f"{CHOICE_PREFIX}{name.replace('-', '_').upper()}_PORT"
            raise StackError(
                f"Port {port}, which {name} needs, is taken by another program. "
                f"Stop that program, or choose another port: {variable}=<port> make up"
            )


def is_free(port: int) -> bool:
    """Whether a server could listen there now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            if error.errno in {errno.EADDRINUSE, errno.EACCES}:
                return False
            raise
    return True


def _block(base: int) -> dict[str, int]:
    by_name = {name: base + offset for offset, name in enumerate(_SINGLE)}
    for offset, region in enumerate(REGIONS, start=1):
        by_name[f"store-{region}"] = base + offset * STORE_PORTS
    return by_name


def _claim(path: Path) -> IO[str] | None:
    claim = path.open("a")
    try:
        fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        claim.close()
        return None
    return claim
