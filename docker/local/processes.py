"""The table of processes: what the stack runs, and with which arguments."""

import json
import os
import sys
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from docker.local import REGIONS, REPOSITORY
from docker.local.home import Home, write_private
from docker.local.ports import HOST, Ports
from docker.local.replica_set import REPLICA_SET
from docker.local.servers import Server, Servers
from docker.stores.uploader import policy

API = (
    *("-m", "uvicorn", "--factory", "schema.asgi:production"),
    *("--loop", "uvloop", "--http", "schema.web.protocol:HttpProtocol"),
    *("--ws", "websockets-sansio"),
    *("--no-server-header", "--no-access-log", "--ws-max-size", "1048576"),
    *("--ws-per-message-deflate", "false"),
    *("--timeout-keep-alive", "75", "--timeout-graceful-shutdown", "10", "--proxy-headers"),
)
"""After `python`; host and port are the deployment's own."""

WORKER = (
    *("-m", "dramatiq", "workers.main:production"),
    *("--processes", "1", "--use-spawn", "--worker-shutdown-timeout", "20000"),
)
"""After `python`; `--threads`, `--queues` and their values follow."""

TRANSACTION_LIFETIME = "transactionLifetimeLimitSeconds=5"
"""Ours take milliseconds. One whose process died keeps its documents locked for this long, and
whoever waits for them gives up after 15 s."""

APIS = ("api-1", "api-2")
WORKERS = {"media": ("media", "copies"), "slow": ("slow",), "feeds": ("feeds", "bulk")}
"""The worker processes, and the queues that each of them serves."""

THREADS = {"media": 4, "slow": 1, "feeds": 4}
"""How many jobs each worker process answers at once."""

_WEED_LISTENERS = (
    *("s3", "s3.grpc", "master", "master.grpc"),
    *("volume", "volume.grpc", "filer", "filer.grpc"),
)


@dataclass(frozen=True, kw_only=True)
class Process:
    """A process to run, by its name."""

    name: str
    command: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)
    stop_seconds: int = 5
    """After SIGTERM and this long it is killed."""

    is_ours: bool = False
    """Runs our code, so it starts after the servers that it opens clients to."""


def all_processes(
    home: Home, ports: Ports, servers: Servers, bucket_prefix: str
) -> tuple[Process, ...]:
    """Everything that the stack runs."""
    store = servers.object_store
    if store.name == "minio":
        stores = [_minio(home, ports, store, region) for region in REGIONS]
    else:
        identities = _weed_identities(home, [f"{bucket_prefix}-{region}" for region in REGIONS])
        stores = [_weed(home, ports, store, region, identities) for region in REGIONS]
    return (
        _mongod(home, ports, servers.mongod),
        _redis(home, ports, servers.redis, "broker"),
        _redis(home, ports, servers.redis, "cache"),
        *stores,
        _nginx(home, servers.nginx),
        *(_api(ports, name) for name in APIS),
        *(_worker(name, queues) for name, queues in WORKERS.items()),
    )


def nginx_command(home: Home, nginx: Server) -> tuple[str, ...]:
    """Nginx in the foreground; under root its workers stay root, to read the home."""
    user = "user root root; " if os.geteuid() == 0 else ""
    configuration = str(home.run / "nginx.conf")
    return (
        *(str(nginx.path), "-p", str(home.run), "-c", configuration),
        *("-e", "stderr", "-g", f"{user}daemon off;"),
    )


def _mongod(home: Home, ports: Ports, mongod: Server) -> Process:
    folder = home.data / "mongod"
    folder.mkdir(exist_ok=True)
    return Process(
        name="mongod",
        command=(
            *(str(mongod.path), "--dbpath", str(folder), "--bind_ip", HOST),
            *("--port", str(ports["mongod"]), "--nounixsocket"),
            *("--replSet", REPLICA_SET["_id"], "--oplogSize", "128"),
            *("--wiredTigerCacheSizeGB", "0.25"),
            *("--setParameter", "diagnosticDataCollectionEnabled=false"),
            *("--setParameter", TRANSACTION_LIFETIME),
        ),
        stop_seconds=20,
    )


def _redis(home: Home, ports: Ports, redis: Server, name: str) -> Process:
    folder = home.data / name
    folder.mkdir(exist_ok=True)
    return Process(
        name=name,
        command=(
            *(str(redis.path), str(REPOSITORY / f"docker/redis/{name}.conf")),
            *("--bind", HOST, "--port", str(ports[name]), "--dir", str(folder)),
        ),
    )


def _minio(home: Home, ports: Ports, minio: Server, region: str) -> Process:
    name = f"store-{region}"
    credentials = home.credentials()
    return Process(
        name=name,
        command=(
            *(str(minio.path), "server", "--quiet", "--address", ports.address(name)),
            *("--console-address", f"{HOST}:{ports[name] + 1}", str(home.data / f"{name}-minio")),
        ),
        environment={
            "MINIO_ROOT_USER": credentials.access_key,
            "MINIO_ROOT_PASSWORD": credentials.secret_key,
            "MINIO_REGION": region,
            "MINIO_BROWSER": "off",
            "MINIO_UPDATE": "off",
        },
    )


def _weed(home: Home, ports: Ports, weed: Server, region: str, identities: str) -> Process:
    name = f"store-{region}"
    folder = home.data / f"{name}-weed"
    folder.mkdir(exist_ok=True)
    first = ports[name]
    return Process(
        name=name,
        command=(
            *(str(weed.path), "server", f"-dir={folder}", f"-ip={HOST}", f"-ip.bind={HOST}", "-s3"),
            *(_weed_port(listener, first + n) for n, listener in enumerate(_WEED_LISTENERS)),
            # Listeners that would collide between two instances, and that nothing here uses.
            *("-s3.port.iceberg=0", "-s3.port.lance=0"),
            f"-s3.config={identities}",
            *(f"-s3.localSocket={folder}/s3.sock", f"-filer.localSocket={folder}/filer.sock"),
            # A bucket takes seven volumes, and the default is eight.
            *("-volume.max=200", "-master.volumeSizeLimitMB=1024"),
            "-master.telemetry=false",
            # An election among one takes 3 s from nothing, and up to 20 s from what it remembers.
            "-master.resumeState=false",
            "-volume.preStopSeconds=0",
        ),
        # Its filer waits 15 s for streams that its own gateway holds open; a kill loses nothing.
        stop_seconds=2,
    )


def _weed_port(listener: str, port: int) -> str:
    server, _, grpc = listener.partition(".")
    return f"-{server}.port{'.grpc' if grpc else ''}={port}"


def _weed_identities(home: Home, buckets: Collection[str]) -> str:
    """A file of those whom weed knows: us, and whoever has a signed form.

    Of a form, weed asks first whether its signer may write to the bucket at all, and then, as with
    all else, what the signer's policy says, which alone knows prefixes and what is no deletion.
    """
    made = home.credentials()
    us = _identity("photofeed", made.access_key, made.secret_key)
    uploads = _identity("uploads", made.upload_access_key, made.upload_secret_key)
    identities = [
        us | {"actions": ["Admin", "Read", "Write", "List", "Tagging"]},
        uploads | {"actions": [f"Write:{b}" for b in buckets], "policyNames": ["uploads"]},
    ]
    path = home.run / "weed.json"
    policies = [{"name": "uploads", "content": json.dumps(policy(buckets))}]
    write_private(path, json.dumps({"identities": identities, "policies": policies}))
    return str(path)


def _identity(name: str, access_key: str, secret_key: str) -> dict[str, Any]:
    return {"name": name, "credentials": [{"accessKey": access_key, "secretKey": secret_key}]}


def _nginx(home: Home, nginx: Server) -> Process:
    return Process(name="nginx", command=nginx_command(home, nginx))


def _api(ports: Ports, name: str) -> Process:
    return Process(
        name=name,
        command=(sys.executable, *API, "--host", HOST, "--port", str(ports[name])),
        stop_seconds=15,
        is_ours=True,
    )


def _worker(name: str, queues: tuple[str, ...]) -> Process:
    return Process(
        name=name,
        command=(
            *(sys.executable, *WORKER, "--threads", str(THREADS[name])),
            *("--queues", *queues),
        ),
        environment={"dramatiq_queue_prefetch": "4"} if name == "media" else {},
        stop_seconds=30,
        is_ours=True,
    )
