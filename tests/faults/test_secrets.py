"""What is secret is in no log, no answer and no address, whatever works and whatever fails."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
import pytest_asyncio

from tests.client import UPLOAD, Api, Person
from tests.forms import create_upload, fields_of, publish_upload, send
from tests.photographs import jpeg
from tests.stack import TestStack

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.both_stores]

KEYS = (
    "token_secret",
    "object_store_access_key",
    "object_store_secret_key",
    "object_store_upload_access_key",
    "object_store_upload_secret_key",
)
SHOWN = "object_store_upload_access_key"
"""In each form; it is worth nothing without its secret key, and so in no log either."""

STORES = ("store-eu", "store-us")


class Heard:
    """Every answer to a client, its headers and where it was asked for included."""

    def __init__(self) -> None:
        self.answers: list[bytes] = []

    async def hear(self, answer: httpx2.Response) -> None:
        headers = b"\n".join(name + b": " + value for name, value in answer.headers.raw)
        self.answers.append(
            str(answer.request.url).encode() + b"\n" + headers + b"\n\n" + await answer.aread()
        )


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest_asyncio.fixture(loop_scope="module")
async def http(heard: Heard) -> AsyncIterator[httpx2.AsyncClient]:
    """A client that is listened to."""
    hooks = {"response": [heard.hear]}
    async with httpx2.AsyncClient(timeout=90, event_hooks=hooks) as http:
        yield http


async def test_nobody_is_told_a_secret_whatever_fails(
    stack: TestStack, http: httpx2.AsyncClient, heard: Heard
) -> None:
    api = Api(stack.graphql_url, http)
    author = await api.sign_up()
    photo = jpeg((64, 48))
    shown = (await author.publish(photo))["image"]["variants"][0]["url"]
    await http.get(shown)
    signature = await by_form(http, author, photo)
    await author.upload(b"no photo at all")
    await refused_by_stores(http, stack, shown)
    for store in STORES:
        stack.stop(store)
    try:
        assert (await api.upload(photo, {}, token=author.access_token)).codes
        ticket = (await create_upload(author))["upload"]
        asked = {"input": {"uploadId": ticket["id"]}}
        assert (await api.ask(UPLOAD, asked, token=author.access_token)).codes
        await http.get(shown.replace("renditions/", "renditions/0"))
        await http.get(f"{stack.gateway_url}/readyz")
    finally:
        for store in STORES:
            stack.start(store)
        await asyncio.to_thread(stack.wait_until_ready)
    assert (await author.publish(photo))["status"] == "READY"

    values = dict(stack.settings)
    secrets = {name: values[name].get_secret_value() for name in KEYS}
    told = [name for name, s in secrets.items() if any(s.encode() in a for a in heard.answers)]
    assert told == [SHOWN]
    logged = secrets | {"signature": signature, "access token": author.access_token}
    logs = await asyncio.to_thread(read_logs, stack.home / "logs")
    assert {"api-1.log", "media.log", "nginx.log", *(f"{s}.log" for s in STORES)} <= set(logs)
    assert [(n, log) for n, s in logged.items() for log in logs if s.encode() in logs[log]] == []


async def by_form(http: httpx2.AsyncClient, author: Person, photo: bytes) -> str:
    """Upload by form, well and badly; returns the signature of the form."""
    ticket = (await create_upload(author))["upload"]
    fields = fields_of(ticket)
    await send(http, ticket["url"], fields | {"acl": "public-read"}, photo)
    await send(http, ticket["url"], fields | {"x-amz-signature": "0" * 64}, photo)
    assert (await send(http, ticket["url"], fields, photo)).status_code == 204
    assert (await publish_upload(author, ticket["id"]))["errors"] == []
    return fields["x-amz-signature"]


async def refused_by_stores(http: httpx2.AsyncClient, stack: TestStack, shown: str) -> None:
    """Ask the stores what they refuse, and the edge what is not there."""
    for address in stack.settings.object_stores.values():
        await http.get(f"{address}photofeed-eu/?policy")
        await http.put(f"{address}photofeed-eu/originals/0", content=b"evil")
    await http.get(shown.replace("renditions", "originals"))
    await http.post(f"{stack.cdn_url}/uploads/eu", content=b"no form")


def read_logs(folder: Path) -> dict[str, bytes]:
    """Every log of the stack by its name."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
