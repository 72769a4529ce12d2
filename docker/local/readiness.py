"""Whether each process does its work: asked again and again, up to a deadline."""

import http.client
import json
import socket
import time
from collections.abc import Callable, Mapping
from functools import partial
from http import HTTPStatus

import pymongo.errors
import redis

from docker.local import REGIONS
from docker.local.descent import are_connected, pids_of_process
from docker.local.errors import StackError
from docker.local.home import Home
from docker.local.ports import HOST, Ports
from docker.local.processes import APIS, WORKERS
from docker.local.replica_set import is_writable
from docker.local.servers import Servers
from docker.local.supervision import Supervision

Check = Callable[[], bool]
Report = Callable[[str, float], None]
"""Told of each process that is ready, and the seconds that it took."""

_POLL_SECONDS = 0.1
_TIMEOUT_SECONDS = 2
_TAIL_LINES = 30
_EXITS_MAX = 5
_NOT_YET = (OSError, http.client.HTTPException, pymongo.errors.PyMongoError, redis.RedisError)
_GAVE_UP = frozenset({"FATAL", "UNKNOWN"})


class Readiness:
    """The checks of one stack."""

    def __init__(
        self, *, home: Home, ports: Ports, servers: Servers, supervision: Supervision
    ) -> None:
        self._home = home
        self._supervision = supervision
        is_store_ready = _is_minio_ready if servers.object_store.name == "minio" else _is_weed_ready
        self._checks: Mapping[str, Check] = {
            "mongod": partial(is_writable, ports.address("mongod")),
            **{name: partial(_is_redis_ready, ports[name]) for name in ("broker", "cache")},
            **{f"store-{r}": partial(is_store_ready, ports[f"store-{r}"]) for r in REGIONS},
            "nginx": partial(_are_listening, ports["gateway"], ports["cdn"]),
            **{name: partial(_is_ok, ports[name], "/readyz") for name in APIS},
            **{name: partial(self._is_worker_ready, name, ports["broker"]) for name in WORKERS},
        }

    def wait(self, names: set[str], *, seconds: float, report: Report) -> None:
        """Wait for all of them at once.

        Raises:
            StackError: with the tail of the log of the first that gave up or ran out of time.
        """
        begin = time.monotonic()
        exits_before = {s.name: s.exits for s in self._supervision.status().values()}
        pending = set(names)
        while True:
            for name in sorted(pending):
                if self._is_ready(name):
                    pending.remove(name)
                    report(name, time.monotonic() - begin)
            if not pending:
                return
            is_late = time.monotonic() > begin + seconds
            for name in sorted(pending):
                self._refuse_failure(name, exits_before[name], is_late=is_late)
            time.sleep(_POLL_SECONDS)

    def tail(self, name: str) -> str:
        """The last lines that a process has logged."""
        path = self._home.log(name)
        said = path.read_text(errors="replace") if path.exists() else ""
        return "\n".join(said.splitlines()[-_TAIL_LINES:])

    def _is_ready(self, name: str) -> bool:
        try:
            return self._checks[name]()
        except _NOT_YET:
            return False

    def _refuse_failure(self, name: str, exits_before: int, *, is_late: bool) -> None:
        status = self._supervision.status()[name]
        if is_late or status.state in _GAVE_UP or status.exits - exits_before >= _EXITS_MAX:
            how = f"; last exit: {status.last_exit}" if status.exits else ""
            raise StackError(
                f"{name} is not ready ({status.state}{how}). The end of its log, "
                f"{self._home.log(name)}:\n{self.tail(name)}"
            )

    def _is_worker_ready(self, name: str, broker_port: int) -> bool:
        """A worker connects to the broker when it begins to ask for jobs, after all else."""
        return are_connected(pids_of_process(self._home, name), broker_port)


def _is_redis_ready(port: int) -> bool:
    with redis.Redis(host=HOST, port=port, socket_timeout=_TIMEOUT_SECONDS) as client:
        return bool(client.ping())


def _is_minio_ready(port: int) -> bool:
    return _is_ok(port, "/minio/health/ready")


def _is_weed_ready(port: int) -> bool:
    """Its gateway listens before the volume server has joined; until then every PUT fails."""
    status, body = _get(port + 2, "/dir/status")
    return status == HTTPStatus.OK and json.loads(body)["Topology"]["Max"] > 0 and _listens(port)


def _is_ok(port: int, path: str) -> bool:
    return _get(port, path)[0] == HTTPStatus.OK


def _are_listening(*ports: int) -> bool:
    return all(map(_listens, ports))


def _listens(port: int) -> bool:
    with socket.create_connection((HOST, port), timeout=_TIMEOUT_SECONDS):
        return True


def _get(port: int, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(HOST, port, timeout=_TIMEOUT_SECONDS)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()
