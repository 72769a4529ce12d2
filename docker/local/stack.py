"""One stack: its processes started in order, stopped, killed, looked at."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from docker.local import REPOSITORY
from docker.local.descent import kill_all, pids_of_home, pids_of_process, wait_gone
from docker.local.environment import process_environment, stack_environment, write_environment
from docker.local.errors import StackError
from docker.local.home import Home, write_private
from docker.local.nginx import chosen_origins, local_variables, render
from docker.local.ports import Ports, refuse_taken
from docker.local.processes import all_processes
from docker.local.readiness import Readiness, Report
from docker.local.servers import Servers
from docker.local.supervision import Status, Supervision

_SERVERS_SECONDS = 90
_OURS_SECONDS = 60
_INIT_SECONDS = 60
_SHUT_DOWN_SECONDS = 60
_KILL_SECONDS = 10
_POLL_SECONDS = 0.1


class Stack:
    """The stack of one home."""

    def __init__(
        self,
        *,
        home: Home,
        ports: Ports,
        servers: Servers,
        chosen: Mapping[str, str],
        owner: int | None = None,
    ) -> None:
        """Describe a stack; `up` makes it real.

        Args:
            home: where it keeps everything.
            ports: where it listens.
            servers: the binaries that it runs.
            chosen: settings that are no addresses, by variable.
            owner: the process with whose end the stack ends; None if it is to stay.
        """
        home.make()
        self.home = home
        self.ports = ports
        self.environment = stack_environment(home, ports, chosen)
        self.processes = all_processes(
            home, ports, servers, self.environment["PHOTOFEED_BUCKET_PREFIX"]
        )
        self._has_minio = servers.object_store.name == "minio"
        self._owner = owner
        self._supervision = Supervision(home)
        self._readiness = Readiness(
            home=home, ports=ports, servers=servers, supervision=self._supervision
        )

    def start_servers(self, report: Report) -> None:
        """Start the servers and wait for them; what runs already, and as it should, stays."""
        self._prepare()
        names = {process.name for process in self.processes if not process.is_ours}
        self._start(names)
        self._readiness.wait(names, seconds=_SERVERS_SECONDS, report=report)
        if self._has_minio:
            self._run(Path(sys.executable), "-m", "docker.stores.uploader")

    def start_ours(self, report: Report) -> None:
        """Prepare the stores for our code, then start it and wait for it."""
        self.run_init()
        names = {process.name for process in self.processes if process.is_ours}
        self._start(names)
        self._readiness.wait(names, seconds=_OURS_SECONDS, report=report)

    def restart_ours(self, report: Report) -> None:
        """Stop our processes and start them anew; the load balancer makes the best of it."""
        self._stop_all(process.name for process in self.processes if process.is_ours)
        self.start_ours(report)

    def run_init(self) -> None:
        """Run `photofeed init`: indexes, buckets, policies."""
        self._run(Path(sys.executable).with_name("photofeed"), "init")

    def wait_until_ready(self, names: Iterable[str] = (), *, seconds: float = 60) -> None:
        """Wait for these processes, or for all.

        Raises:
            StackError: with the tail of the log of the first that is not ready in time.
        """
        wanted = set(names) or {process.name for process in self.processes}
        self._readiness.wait(wanted, seconds=seconds, report=lambda _name, _seconds: None)

    def status(self) -> list[Status]:
        """Every process, and how it is; nothing when the stack is down."""
        if not self._supervision.is_running():
            return []
        by_name = self._supervision.status()
        return [by_name[process.name] for process in self.processes]

    def tail(self, name: str) -> str:
        """The last lines that a process has logged."""
        return self._readiness.tail(name)

    def start(self, name: str) -> None:
        """Start a process that was stopped; it need not be ready when this returns."""
        self._supervision.start_process(name)

    def stop(self, name: str) -> None:
        """Stop a process gracefully, so that it stays down, and wait until it has ended."""
        self._supervision.stop_process(name, wait=True)

    def pids(self, name: str) -> list[int]:
        """The process and all that it has started."""
        leader = self._supervision.status()[name].pid
        return pids_of_process(self.home, name, leader or None)

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> list[int]:
        """Send a signal to a process and to all that it has started; their pids.

        After SIGKILL it returns when they are gone, so that whoever answers next is another one.
        """
        pids = self.pids(name)
        for pid in pids:
            os.kill(pid, number)
        if number == signal.SIGKILL and not all(wait_gone(pid, _KILL_SECONDS) for pid in pids):
            raise StackError(f"Processes {pids} of {name} outlive SIGKILL.")
        return pids

    def mend(self) -> None:
        """Undo what signals and stops have done: let everything run; it need not be ready then."""
        for pid in pids_of_home(self.home):
            os.kill(pid, signal.SIGCONT)
        for status in self.status():
            if status.state in {"STOPPED", "FATAL"}:
                self._supervision.start_process(status.name)

    def down(self) -> None:
        """Stop everything, gracefully at first: our code, then the servers that it needs."""
        if self._supervision.is_running():
            for is_ours in (True, False):
                self._stop_all(p.name for p in self.processes if p.is_ours is is_ours)
            wait_gone(self._supervision.shut_down(), _SHUT_DOWN_SECONDS)
        kill_all(self.home)

    def destroy(self) -> None:
        """Kill everything at once, for data that nobody wants."""
        kill_all(self.home)
        self._supervision.reap()

    def _run(self, program: Path, *arguments: str) -> None:
        """Run one of our commands to its end, with the settings of the stack."""
        said = " ".join((program.name, *arguments))
        try:
            done = subprocess.run(  # noqa: S603 - our own command
                [program, *arguments],
                cwd=REPOSITORY,
                env=process_environment(self.home, self.environment),
                capture_output=True,
                text=True,
                timeout=_INIT_SECONDS,
                check=False,
            )
        except FileNotFoundError:
            raise StackError(f"{program} is missing. Run `make` once, which installs it.") from None
        except subprocess.TimeoutExpired:
            raise StackError(f"`{said}` took longer than {_INIT_SECONDS} s.") from None
        if done.returncode != 0:
            raise StackError(f"`{said}` failed:\n{done.stdout}{done.stderr}")

    def _stop_all(self, names: Iterable[str]) -> None:
        """Stop them all at once; supervisor's own shutdown goes one by one."""
        stopping = set(names)
        for name in stopping:
            self._supervision.stop_process(name, wait=False)
        while any(s.pid for s in self._supervision.status().values() if s.name in stopping):
            time.sleep(_POLL_SECONDS)

    def _prepare(self) -> None:
        """Have a supervisor run on the configuration of now."""
        prefix = self.environment["PHOTOFEED_BUCKET_PREFIX"]
        origins = chosen_origins(self.environment)
        configuration = render(local_variables(self.ports, self._made("nginx"), prefix, origins))
        fingerprint = self._fingerprint(configuration)
        remembered = self.home.run / "fingerprint"
        if self._supervision.is_running():
            if remembered.exists() and remembered.read_text() == fingerprint:
                return
            self.down()
        if pids_of_home(self.home):
            kill_all(self.home)
        refuse_taken(self.ports)
        write_private(self.home.run / "nginx.conf", configuration)
        write_environment(self.home, self.environment)
        self._supervision.start(
            self.processes,
            process_environment(self.home, self.environment),
            owner=self._owner,
        )
        write_private(remembered, fingerprint)

    def _fingerprint(self, *configurations: str) -> str:
        described = repr((self.processes, sorted(self.environment.items()), configurations))
        return hashlib.sha256(described.encode()).hexdigest()

    def _start(self, names: set[str]) -> None:
        running = {s.name for s in self.status() if s.state in {"RUNNING", "STARTING"}}
        for process in self.processes:
            if process.name in names - running:
                self._supervision.start_process(process.name)

    def _made(self, name: str) -> Path:
        folder = self.home.data / name
        folder.mkdir(exist_ok=True)
        return folder
