"""The replica set that mongod is the one member of."""

import json
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure

from docker.local import REPOSITORY

REPLICA_SET: dict[str, Any] = json.loads(
    (REPOSITORY / "docker/mongodb/replica_set.json").read_text()
)
_TIMEOUT_MS = 1_000
_ALREADY_INITIALIZED = 23


def is_writable(address: str) -> bool:
    """Whether the member at this address is the primary; it is made so on the way.

    A new one has to be initiated, and one whose port has changed does not know itself any more.
    """
    with MongoClient[dict[str, Any]](
        f"mongodb://{address}/",
        directConnection=True,
        serverSelectionTimeoutMS=_TIMEOUT_MS,
        connectTimeoutMS=_TIMEOUT_MS,
        socketTimeoutMS=_TIMEOUT_MS,
    ) as client:
        hello = client.admin.command("hello")
        if "setName" not in hello:
            _adopt(client, address)
        return bool(hello["isWritablePrimary"])


def _adopt(client: MongoClient[dict[str, Any]], address: str) -> None:
    members = [{"_id": 0, "host": address}]
    try:
        client.admin.command("replSetInitiate", REPLICA_SET | {"members": members})
    except OperationFailure as error:
        if error.code != _ALREADY_INITIALIZED:
            raise
        known = client.admin.command("replSetGetConfig")["config"]
        moved = known | {"members": members, "version": known["version"] + 1}
        client.admin.command("replSetReconfig", moved, force=True)
