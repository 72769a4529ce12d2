"""Makes a new mongod a replica set of one, and gives it its users; safe to run again.

It runs in mongod's own network namespace: while there are no users, mongod lets a caller from its
own machine make the first one, and nobody else do anything.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus, urlsplit

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

ADMINISTRATOR = "administrator"
ALREADY_INITIALIZED = 23
UNAUTHORIZED = 13
AUTHENTICATION_FAILED = 18
PATIENCE_SECONDS = 60
POLL_SECONDS = 0.5
TIMEOUT_MS = 5_000

Client = MongoClient[dict[str, Any]]


def main(secrets: Path, replica_set: Path, local: str = "127.0.0.1:27017") -> None:
    """Initiate the set, make the administrator, and with its rights the application's user."""
    url = urlsplit((secrets / "photofeed_mongodb_url").read_text().strip())
    password = (secrets / "mongodb_admin_password").read_text().strip()
    with _client(local) as client:
        _initiate(client, json.loads(replica_set.read_text()), url.netloc.rpartition("@")[2])
        _wait_until_primary(client)
        _make_administrator(client, password)
    with _client(f"{ADMINISTRATOR}:{quote_plus(password)}@{local}") as client:
        _make_user(client, url.path.lstrip("/"), str(url.username), str(url.password))


def _client(address: str) -> Client:
    return MongoClient(
        f"mongodb://{address}/",
        directConnection=True,
        serverSelectionTimeoutMS=PATIENCE_SECONDS * 1_000,
        socketTimeoutMS=TIMEOUT_MS,
    )


def _initiate(client: Client, replica_set: dict[str, Any], member: str) -> None:
    members = [{"_id": 0, "host": member}]
    try:
        client.admin.command("replSetInitiate", replica_set | {"members": members})
    except OperationFailure as error:
        # Unauthorized: there are users already, so it has been initiated long ago.
        if error.code not in {ALREADY_INITIALIZED, UNAUTHORIZED}:
            raise


def _wait_until_primary(client: Client) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not client.admin.command("hello")["isWritablePrimary"]:
        if time.monotonic() > deadline:
            sys.exit("mongod did not become primary.")
        time.sleep(POLL_SECONDS)


def _make_administrator(client: Client, password: str) -> None:
    roles = ["userAdminAnyDatabase", "clusterAdmin", "backup", "restore"]
    try:
        client.admin.command("createUser", ADMINISTRATOR, pwd=password, roles=roles)
    except OperationFailure as error:
        if error.code != UNAUTHORIZED:  # The door for the first user is shut: it is there.
            raise


def _make_user(client: Client, database: str, name: str, password: str) -> None:
    """Make the application's user, or give it the password and the roles of now."""
    roles = [{"role": role, "db": database} for role in ("readWrite", "dbAdmin")]
    known = client[database].command("usersInfo", name)["users"]
    command = "updateUser" if known else "createUser"
    client[database].command(command, name, pwd=password, roles=roles)


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), Path(sys.argv[2]))
    except PyMongoError as error:
        sys.exit(f"{type(error).__name__}: {error}")
