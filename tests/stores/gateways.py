"""A load balancer of a test's own: a real nginx that waits for nobody longer than a second."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from docker.local.home import Home
from docker.local.nginx import local_variables, render
from docker.local.ports import Ports, free_ports, is_free
from docker.local.processes import nginx_command
from docker.local.servers import find_servers
from tests.wire import WireAnswer

START_SECONDS: Final = 10
IMPATIENT: Final = {"PHOTOFEED_NGINX_HEADER_TIMEOUT": "1s", "PHOTOFEED_NGINX_BODY_TIMEOUT": "1s"}


@contextmanager
def impatient_gateway(folder: Path) -> Iterator[Ports]:
    """Run it in this folder; nobody listens where it expects the API."""
    home = Home(root=folder)
    home.make()
    ports = free_ports()
    configuration = render(local_variables(ports, home.run, "photofeed") | IMPATIENT)
    (home.run / "nginx.conf").write_text(configuration)
    with (home.run / "log").open("wb") as log:
        command = nginx_command(home, find_servers().nginx)
        nginx = subprocess.Popen(command, stdout=log, stderr=log)  # noqa: S603 - our own
    try:
        _wait_until_listening(ports["gateway"], home.run / "log")
        yield ports
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
