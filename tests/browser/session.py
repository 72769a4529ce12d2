"""Sessions as the web app keeps them in local storage, for whoever need not sign in on a page."""

import json
import time
from typing import Any

from tests.client import PASSWORD, Person

RECORD = "photofeed.session"
LOG_IN = """mutation($input: LogInInput!) { logIn(input: $input) {
  viewer { id username displayName } accessToken refreshToken } }"""
_UNTIL_RENEWED_SECONDS = 600


async def new_record(person: Person) -> dict[str, Any]:
    """A session of somebody's beside others that they have."""
    credentials = {"username": person.username, "password": PASSWORD}
    granted = (await person.api.ask(LOG_IN, {"input": credentials})).data["logIn"]
    return {**granted, "renewAt": (time.time() + _UNTIL_RENEWED_SECONDS) * 1000}


def storage_of(origin: str, record: dict[str, Any]) -> dict[str, Any]:
    """The storage of a context in which that session is."""
    entry = {"name": RECORD, "value": json.dumps(record)}
    return {"cookies": [], "origins": [{"origin": origin, "localStorage": [entry]}]}
