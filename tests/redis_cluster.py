"""A Redis Cluster of three real nodes, of its own for a test run."""

import ctypes
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import redis
from redis.crc import key_slot

from docker.local.errors import StackError
from docker.local.ports import HOST, free_ports
from docker.local.servers import find_servers

NODES = 3
SLOTS = 16_384
NODE_TIMEOUT_MS = 2_000
READY_SECONDS = 30.0
POLL_SECONDS = 0.02

_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, kw_only=True)
class ClusterNode:
    """A process, and where it listens: to clients, and to the other nodes."""

    port: int
    bus_port: int
    process: "subprocess.Popen[bytes]"

    def ask(self, *command: str | int) -> Any:
        """What this node answers, to this and no other."""
        with redis.Redis(host=HOST, port=self.port, socket_timeout=READY_SECONDS) as client:
            return client.execute_command(*command)

    def signal(self, number: signal.Signals) -> None:
        """Stop it, let it go on, or kill it."""
        self.process.send_signal(number)
        if number is signal.SIGKILL:
            self.process.wait()


@dataclass(frozen=True, kw_only=True)
class RunningCluster:
    """The nodes, which share the slots equally; there are no replicas."""

    nodes: tuple[ClusterNode, ...]

    @property
    def url(self) -> str:
        """Address of one of them."""
        return f"redis://{HOST}:{self.nodes[0].port}/0"

    def node_of(self, key: str) -> ClusterNode:
        """Who has a key."""
        slot = key_slot(key.encode())
        return next(
            node for node, slots in zip(self.nodes, _shares(), strict=True) if slot in slots
        )


@contextmanager
def running_cluster(*options: str) -> Iterator[RunningCluster]:
    """Start the nodes, join them, wait until they agree; afterwards, end these processes."""
    ports = free_ports()
    client_ports, bus_ports = (list(ports.listened())[at : at + NODES] for at in (0, NODES))
    server = find_servers().redis.path
    with tempfile.TemporaryDirectory(prefix="photofeed-cluster-") as folder:
        nodes: list[ClusterNode] = []
        try:
            for port, bus_port in zip(client_ports, bus_ports, strict=True):
                process = _start(server, folder, port, bus_port, options)
                nodes.append(ClusterNode(port=port, bus_port=bus_port, process=process))
            _join(nodes)
            yield RunningCluster(nodes=tuple(nodes))
        finally:
            for node in nodes:
                node.signal(signal.SIGKILL)
            ports.release()


def _start(
    server: Path, folder: str, port: int, bus_port: int, options: Sequence[str]
) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(  # noqa: S603 - a path that we found
        [
            server,
            *("--bind", HOST, "--port", str(port), "--dir", folder),
            *("--cluster-enabled", "yes", "--cluster-port", str(bus_port)),
            *("--cluster-config-file", f"{port}.conf"),
            *("--cluster-node-timeout", str(NODE_TIMEOUT_MS)),
            *("--cluster-require-full-coverage", "no"),
            *("--save", "", "--appendonly", "no"),
            *options,
        ],
        stdout=subprocess.DEVNULL,
        preexec_fn=_end_with_parent,  # noqa: PLW1509 - nothing of ours runs threads by then
    )


def _end_with_parent() -> None:
    """A test run that is killed leaves no node behind."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _join(nodes: Sequence[ClusterNode]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    for epoch, (node, slots) in enumerate(zip(nodes, _shares(), strict=True), start=1):
        _wait(deadline, node, lambda node: bool(node.ask("PING")))
        node.ask("CLUSTER SET-CONFIG-EPOCH", epoch)
        node.ask("CLUSTER ADDSLOTSRANGE", slots.start, slots.stop - 1)
    for node in nodes[1:]:
        node.ask("CLUSTER MEET", HOST, nodes[0].port, nodes[0].bus_port)
    for node in nodes:
        _wait(deadline, node, _agrees)


def _agrees(node: ClusterNode) -> bool:
    info = node.ask("CLUSTER INFO")
    return (info["cluster_state"], info["cluster_slots_ok"]) == ("ok", str(SLOTS))


def _wait(deadline: float, node: ClusterNode, condition: Any) -> None:
    while time.monotonic() < deadline:
        try:
            if condition(node):
                return
        except redis.ConnectionError:
            pass  # it does not listen yet
        time.sleep(POLL_SECONDS)
    raise StackError(f"The cluster's node at port {node.port} is not ready.")


def _shares() -> list[range]:
    bounds = [SLOTS * number // NODES for number in range(NODES + 1)]
    return [range(first, after) for first, after in pairwise(bounds)]
