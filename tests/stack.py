"""A whole stack for one test run: its own folder, its own ports, gone when the run is."""

import fcntl
import os
import secrets
import shutil
import signal
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType

from pydantic_settings import EnvSettingsSource

from app.settings import ENV_PREFIX, Settings
from docker.local import SHARED
from docker.local.descent import kill_all
from docker.local.errors import StackError
from docker.local.home import Home
from docker.local.playground import install_playground
from docker.local.ports import free_ports
from docker.local.servers import find_servers
from docker.local.stack import Stack
from docker.local.supervision import Status
from docker.local.web import build_web

CHOSEN: Mapping[str, str] = MappingProxyType(
    {
        "decode_cpu_max_seconds": "6",
        "fan_out_chunk_followers": "1000",
        "fan_out_job_seconds": "0.02",
        "pull_above_followers": "10",
        "push_below_followers": "8",
    }
)
"""Settings of the stack that tests want otherwise than `make up`, by field."""

_HOMES = SHARED / "tests"
_OWNED = "owned"


class TestStack:
    """The stack as tests see it: addresses, settings, and processes to be killed."""

    __test__ = False

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        gateway = stack.ports.public_address("gateway")
        self.gateway_url = f"http://{gateway}"
        self.graphql_url = f"http://{gateway}/graphql"
        self.graphql_ws_url = f"ws://{gateway}/graphql"
        self.cdn_url = f"http://{stack.ports.public_address('cdn')}"
        self.environment = dict(stack.environment)
        self.settings = _settings(self.environment)
        self.home = stack.home.root

    @property
    def names(self) -> list[str]:
        """Every process: mongod, broker, cache, store-eu, store-us, nginx, api-1, …, feeds."""
        return [process.name for process in self._stack.processes]

    def port(self, name: str) -> int:
        """Where a process listens; workers do not."""
        return self._stack.ports[name]

    def status(self) -> dict[str, Status]:
        """State, pid, uptime and exits of every process."""
        return {status.name: status for status in self._stack.status()}

    def pids(self, name: str) -> list[int]:
        """A process and all that it has started."""
        return self._stack.pids(name)

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> list[int]:
        """Send a signal to a process and to all that it has started."""
        return self._stack.kill(name, number)

    def stop(self, name: str) -> None:
        """Stop a process, so that it stays down."""
        self._stack.stop(name)

    def start(self, name: str) -> None:
        """Start a process that was stopped."""
        self._stack.start(name)

    def mend(self) -> None:
        """Let everything run again that was stopped, by a signal or otherwise."""
        self._stack.mend()

    def wait_until_ready(self, *names: str, seconds: float = 60) -> None:
        """Wait for these processes, or for all that are meant to run."""
        self._stack.wait_until_ready(names, seconds=seconds)

    def log(self, name: str) -> str:
        """The last lines that a process has logged."""
        return self._stack.tail(name)

    def start_ours(self) -> None:
        """Start the API processes and the workers, after `photofeed init`."""
        self._stack.start_ours(_say_nothing)


@contextmanager
def running_servers(chosen: Mapping[str, str] = CHOSEN) -> Iterator[TestStack]:
    """Databases, stores, nginx: a stack of which our own code does not run yet."""
    _delete_abandoned()
    install_playground()
    build_web()
    with _new_home() as home:
        ports = free_ports()
        stack = Stack(
            home=home,
            ports=ports,
            servers=find_servers(),
            chosen={ENV_PREFIX + name.upper(): value for name, value in chosen.items()},
            owner=os.getpid(),
        )
        try:
            stack.start_servers(_say_nothing)
            yield TestStack(stack)
        finally:
            stack.destroy()
            ports.release()


def tails(stack: TestStack, names: Iterable[str]) -> str:
    """The ends of these logs, for the report of a test that failed."""
    return "\n".join(f"── {name}\n{stack.log(name)}" for name in names)


def _settings(environment: dict[str, str]) -> Settings:
    """What the stack's processes read; the environment of this one does not count."""
    source = EnvSettingsSource(Settings)
    source.env_vars = {name.lower(): value for name, value in environment.items()}
    return Settings(**source())


@contextmanager
def _new_home() -> Iterator[Home]:
    _HOMES.mkdir(parents=True, exist_ok=True)
    root = _HOMES / secrets.token_hex(4)
    root.mkdir()
    unowned = root / "unowned"
    with unowned.open("a") as owned:
        fcntl.flock(owned, fcntl.LOCK_EX)
        unowned.rename(root / _OWNED)  # nobody finds it before it is locked
        try:
            yield Home(root=root)
        finally:
            shutil.rmtree(root, ignore_errors=True)


def _delete_abandoned() -> None:
    """Clear up after runs that were killed before they could."""
    for owned in _HOMES.glob(f"*/{_OWNED}"):
        with owned.open("a") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                continue
            kill_all(Home(root=owned.parent))
            shutil.rmtree(owned.parent, ignore_errors=True)


def _say_nothing(_name: str, _seconds: float) -> None:
    """A test run reports failures only."""


__all__ = ["StackError", "TestStack", "running_servers", "tails"]
