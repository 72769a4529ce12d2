"""Documents by their hash, as clients send them."""

import hashlib
import json
from typing import Any, Final

from tests.client import Answer, Api

PREFLIGHT: Final = {"GraphQL-Require-Preflight": "1"}
NOT_FOUND: Final = ["PERSISTED_QUERY_NOT_FOUND"]


def a_document(name: str) -> str:
    """A query that nobody has sent yet, if nobody has used the name."""
    return f"query {name} {{ __typename }}"


def hash_of(document: str) -> str:
    """The hex SHA-256 that a document is named by."""
    return hashlib.sha256(document.encode()).hexdigest()


def named(sha256: object, *, version: object = 1, **others: Any) -> dict[str, Any]:
    """A request that names its document by its hash."""
    return {
        "extensions": {"persistedQuery": {"version": version, "sha256Hash": sha256}},
        **others,
    }


async def get(
    api: Api,
    asked: dict[str, Any],
    *,
    token: str | None = None,
    headers: dict[str, str] | None = None,
) -> Answer:
    """Send a request by GET."""
    parameters = {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in asked.items()
    }
    sent = {**(headers or {}), **({"Authorization": f"Bearer {token}"} if token else {})}
    answer = await api.http.get(api.url, params=parameters, headers=sent)
    return Answer(status=answer.status_code, headers=answer.headers, body=answer.json())


async def send(api: Api, method: str, asked: dict[str, Any]) -> Answer:
    """Send a request either way, without a token."""
    return await get(api, asked) if method == "GET" else await api.post(json=asked)
