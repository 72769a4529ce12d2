"""What hostile requests have in common: two doors, what a refusal is, and what it leaves."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeAlias

import httpx2

from tests.stack import TestStack

Doors: TypeAlias = dict[str, httpx2.Client]
APIS: Final = ("api-1", "api-2")
ANSWER_SECONDS: Final = 10.0
"""Whatever is asked, who asked has an answer by then."""

JSON: Final = "application/json"
RESPONSE: Final = "application/graphql-response+json"
AS_JSON: Final = {"Content-Type": JSON}
PREFLIGHT: Final = {"GraphQL-Require-Preflight": "1"}
TYPENAME: Final = {"query": "{ __typename }"}
NOT_RUN: Final = {
    *("GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED", "OPERATION_TOO_COMPLEX"),
    "BAD_USER_INPUT",
}
"""Codes of a document that was read and not run: 200 to who takes application/json only."""

_SETTLED_SECONDS: Final = 10.0
_SOCKETS_KEPT: Final = 100
"""Connections that are kept open to whom they were opened to: nginx and the stores."""


@contextmanager
def clients(stack: TestStack) -> Iterator[Doors]:
    """A client for each door, which waits for no answer longer than it should take."""
    opened = {
        name: httpx2.Client(base_url=url, timeout=ANSWER_SECONDS)
        for name, url in _addresses(stack).items()
    }
    try:
        yield opened
    finally:
        for client in opened.values():
            client.close()


def codes_of(answer: httpx2.Response) -> set[str]:
    """The codes of a request that was not run, and was told so as it should be."""
    media_type = answer.headers["content-type"].partition(";")[0]
    assert media_type in {JSON, RESPONSE}, answer.headers
    assert len(answer.headers["x-request-id"]) >= 8
    assert "Traceback" not in answer.text
    body = answer.json()
    assert body["errors"], body
    assert body.get("data") is None, body
    assert all(isinstance(error["message"], str) for error in body["errors"])
    codes = {error["extensions"]["code"] for error in body["errors"]}
    if answer.status_code == 200:
        assert media_type == JSON
        assert codes <= NOT_RUN, body
    else:
        assert 400 <= answer.status_code < 500, (answer.status_code, body)
    return codes


@contextmanager
def unharmed(stack: TestStack) -> Iterator[None]:
    """Whatever happens in between, the API processes live on, and nothing is left open."""
    before = {name: stack.status()[name].pid for name in APIS}
    files = {name: _files(pid) for name, pid in before.items()}
    sockets = {name: _sockets(pid) for name, pid in before.items()}
    yield
    assert {name: stack.status()[name].pid for name in APIS} == before
    deadline = time.monotonic() + _SETTLED_SECONDS
    for name, pid in before.items():
        alive = httpx2.get(f"http://127.0.0.1:{stack.port(name)}/healthz", timeout=ANSWER_SECONDS)
        assert alive.status_code == 200
        while _files(pid) != files[name] or _sockets(pid) > sockets[name] + _SOCKETS_KEPT:
            assert time.monotonic() < deadline, (name, _files(pid), files[name], _sockets(pid))
            time.sleep(0.1)


def _addresses(stack: TestStack) -> dict[str, str]:
    """Where requests are sent: through the load balancer, and straight at a process."""
    return {
        "the load balancer": stack.gateway_url,
        "the API": f"http://127.0.0.1:{stack.port('api-1')}",
    }


def _files(pid: int) -> list[str]:
    return sorted(target for target in _open(pid) if target.startswith("/"))


def _sockets(pid: int) -> int:
    return sum(target.startswith("socket:") for target in _open(pid))


def _open(pid: int) -> Iterator[str]:
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        try:
            yield str(descriptor.readlink())
        except FileNotFoundError:
            continue  # closed since the folder was read
