"""nginx as a test wants it: a real one, of a test's own, before servers that are none."""

import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from docker.local import REGIONS
from docker.local.home import Home
from docker.local.nginx import local_variables, render
from docker.local.ports import Ports, free_ports, is_free
from docker.local.processes import nginx_command
from docker.local.servers import find_servers
from tests.stores.origins import Origin
from tests.wire import WireAnswer

START_SECONDS: Final = 10
IMPATIENT: Final = {"PHOTOFEED_NGINX_HEADER_TIMEOUT": "1s", "PHOTOFEED_NGINX_BODY_TIMEOUT": "1s"}
STORES: Final = tuple(f"store-{region}" for region in REGIONS)
NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class Edge:
    """An nginx, and what stands where servers would: a store by its region, another by its name."""

    ports: Ports
    origins: Mapping[str, Origin]
    home: Home
    pid: int

    @property
    def port(self) -> int:
        """Where the CDN listens."""
        return self.ports["cdn"]

    @property
    def log(self) -> str:
        """What nginx has logged."""
        return (self.home.run / "log").read_text()

    @property
    def cache(self) -> Path:
        """Where photos are kept, as nginx sees it: it may have a disk of its own there."""
        return Path(f"/proc/{self.pid}/root{self.home.run}/photos")


@contextmanager
def impatient_gateway(folder: Path) -> Iterator[Ports]:
    """Run it in this folder; nobody listens where it expects the API."""
    with running_nginx(folder, IMPATIENT) as (ports, _, _):
        yield ports


@contextmanager
def running_edge(
    folder: Path,
    variables: Mapping[str, str] = NOTHING,
    changes: Mapping[str, str] = NOTHING,
    *,
    played: Sequence[str] = STORES,
    before: Sequence[str] = (),
) -> Iterator[Edge]:
    """Run one in front of origins that play these servers; see `running_nginx`."""
    nginx = running_nginx(folder, variables, changes, before=before)
    with nginx as (ports, home, pid), ExitStack() as listening:
        origins = {name.removeprefix("store-"): Origin(port=ports[name]) for name in played}
        for origin in origins.values():
            listening.enter_context(origin.listening())
        yield Edge(ports=ports, origins=origins, home=home, pid=pid)


@contextmanager
def running_nginx(
    folder: Path,
    variables: Mapping[str, str] = NOTHING,
    changes: Mapping[str, str] = NOTHING,
    *,
    before: Sequence[str] = (),
) -> Iterator[tuple[Ports, Home, int]]:
    """Run nginx in this folder, alone; yields its ports, its home and its process.

    Args:
        folder: where it keeps everything.
        variables: of the template, which are not to be those of the local stack.
        changes: what is to stand for what in the configuration: time, for who cannot wait.
        before: what its command is an argument of.
    """
    home = Home(root=folder)
    home.make()
    ports = free_ports()
    configuration = render(local_variables(ports, home.run, "photofeed") | dict(variables))
    for old, new in changes.items():
        assert old in configuration, old
        configuration = configuration.replace(old, new)
    (home.run / "nginx.conf").write_text(configuration)
    with (home.run / "log").open("wb") as log:
        command = (*before, *nginx_command(home, find_servers().nginx))
        nginx = subprocess.Popen(command, stdout=log, stderr=log)  # noqa: S603 - our own
    try:
        _wait_until_listening(ports["gateway"], home.run / "log")
        yield ports, home, nginx.pid
    finally:
        nginx.terminate()
        nginx.wait(START_SECONDS)
        ports.release()


def _wait_until_listening(port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while is_free(port):
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)


def assert_refused(answer: WireAnswer, status: int, code: str) -> None:
    assert answer.status == status, answer.body
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert len(answer.headers["X-Request-Id"]) == 32
    (error,) = answer.json["errors"]
    assert error == {"message": error["message"], "extensions": {"code": code}}
    assert error["message"].endswith(".")
