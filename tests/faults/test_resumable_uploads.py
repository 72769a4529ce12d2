"""An API process dies in the middle of a photo: the device goes on with another."""

import asyncio
import hashlib
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import pytest

from app.uploads.pieces import PIECE_BYTES
from tests.api.tus import BODY_TYPE, headers_of
from tests.client import Api, Person, until
from tests.faults.truth import Truth
from tests.forms import publish_upload
from tests.photographs import jpeg
from tests.stack import TestStack

pytestmark = pytest.mark.asyncio(loop_scope="module")

PHOTO: Final = jpeg((96, 64)) + secrets.token_bytes(8_000_000)
SENT_BYTES: Final = 6_000_000


async def test_what_was_kept_of_a_photo_outlives_the_process_that_took_it(
    api: Api, stack: TestStack, truth: Truth
) -> None:
    person = await api.sign_up()
    gateway = f"{stack.gateway_url}/uploads"
    begun = await api.http.post(gateway, headers=_headers(person, Upload_Length=str(len(PHOTO))))
    upload_id = begun.headers["location"].rpartition("/")[2]

    async def offset() -> int:
        answer = await api.http.head(f"{gateway}/{upload_id}", headers=_headers(person))
        return int(answer.headers.get("upload-offset", 0))

    async with _sending(stack.port("api-1"), person, begun.headers["location"]):
        await until(lambda: truth.database.uploads.find_one({"offset": PIECE_BYTES}))
        stack.kill("api-1")
        await asyncio.to_thread(stack.wait_until_ready, "api-1")
    assert await until(offset) == PIECE_BYTES
    assert (await publish_upload(person, upload_id))["errors"][0]["code"] == "UPLOAD_NOT_FOUND"
    headers = _headers(person, Upload_Offset=str(PIECE_BYTES), Content_Type=BODY_TYPE)
    rest = PHOTO[PIECE_BYTES:]
    answer = await api.http.patch(f"{gateway}/{upload_id}", content=rest, headers=headers)
    assert answer.headers["upload-offset"] == str(len(PHOTO))

    payload = await publish_upload(person, upload_id)
    post = await person.until_processed(payload["post"]["id"])
    assert post["status"] == "READY"
    (document,) = await truth.posts_of(person)
    assert document["original_sha256"] == hashlib.sha256(PHOTO).hexdigest()
    used = await api.http.head(f"{gateway}/{upload_id}", headers=_headers(person))
    assert used.status_code == 404


@asynccontextmanager
async def _sending(port: int, person: Person, path: str) -> AsyncIterator[None]:
    """A request that has sent most of the photo, and sends no more."""
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    headers = {
        b"Host": b"photofeed",
        b"Content-Length": str(len(PHOTO)).encode(),
        **_headers(person, Upload_Offset="0", Content_Type=BODY_TYPE),
    }
    lines = [f"PATCH {path} HTTP/1.1".encode()]
    lines += [name + b": " + value for name, value in headers.items()]
    writer.write(b"\r\n".join(lines) + b"\r\n\r\n" + PHOTO[:SENT_BYTES])
    yield
    writer.close()


def _headers(person: Person, **headers: str) -> dict[bytes, bytes]:
    return headers_of(person.access_token, **headers)
