"""Sending the bytes of a photo past the API, and publishing it by the id of its upload."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from motor.motor_asyncio import AsyncIOMotorClient

from app.images.store import ObjectStores
from app.uploads.model import staging_prefix
from schema.nodes import Kind, global_id, read_id_of
from tests.client import UPLOAD, Api, Person, until
from tests.forms import CREATE_UPLOAD, create_upload, fields_of, publish_upload, send, store_url
from tests.photographs import animation
from tests.stack import TestStack

Stage = Callable[[Person, bytes], Awaitable[str]]
"""Uploads a photo of somebody; returns the id of the upload."""
Refusals = list[tuple[str, list[str] | None]]

NOT_FOUND: Refusals = [("UPLOAD_NOT_FOUND", ["uploadId"])]


@pytest.fixture
def stage(stack: TestStack) -> Stage:
    """Uploads go straight to the store, as the edge hands them on."""

    async def upload(person: Person, photo: bytes) -> str:
        ticket = (await create_upload(person, byte_size=max(len(photo), 1)))["upload"]
        address = store_url(stack.settings)
        sent = await send(person.api.http, address, fields_of(ticket), photo)
        assert sent.status_code == 204, sent.text
        return str(ticket["id"])

    return upload


@pytest.fixture
async def records(stack: TestStack) -> AsyncIterator[Any]:
    """The collection `uploads` of the stack."""
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(
        stack.settings.mongodb_url.get_secret_value()
    )
    yield client[stack.settings.mongodb_database]["uploads"]
    client.close()


def _codes(payload: Any) -> Refusals:
    return [(error["code"], error["path"]) for error in payload["errors"]]


async def _is_gone(stack: TestStack, upload_id: str) -> bool:
    """Whether nothing is staged of an upload."""
    number = read_id_of(Kind.UPLOAD, upload_id)
    assert number is not None
    objects = ObjectStores.from_settings(stack.settings)
    return await asyncio.to_thread(objects.keys, "eu", staging_prefix(number)) == []


async def test_a_photo_goes_past_the_api(
    api: Api, photo: bytes, stage: Stage, stack: TestStack
) -> None:
    person = await api.sign_up()
    upload_id = await stage(person, photo)
    assert not await _is_gone(stack, upload_id)
    payload = await publish_upload(person, upload_id, description="direct", altText="a cup")
    assert payload["errors"] == []
    assert (payload["post"]["description"], payload["post"]["altText"]) == ("direct", "a cup")
    post = await person.until_processed(payload["post"]["id"])
    assert (post["status"], post["image"]["width"]) == ("READY", 96)
    assert await _is_gone(stack, upload_id)


async def test_a_ticket_says_where_to_and_until_when(api: Api, stack: TestStack) -> None:
    person = await api.sign_up()
    payload = await create_upload(person, content_type="Image/HEIC; version=1")
    ticket = payload["upload"]
    assert payload["errors"] == []
    assert ticket["url"] == f"{stack.cdn_url}/uploads/eu"
    fields = fields_of(ticket)
    assert list(fields) == [
        "key",
        "Content-Type",
        "x-amz-algorithm",
        "x-amz-credential",
        "x-amz-date",
        "policy",
        "x-amz-signature",
    ]
    assert fields["Content-Type"] == "image/heic"
    left = datetime.fromisoformat(ticket["expiresAt"]) - datetime.now(UTC)
    assert timedelta(minutes=4) < left <= timedelta(minutes=5)
    assert re.fullmatch(r"[A-Za-z0-9_-]+", ticket["id"])  # a segment of a path as it is
    looked_up = await person.ask("query($id: ID!) { node(id: $id) { id } }", id=ticket["id"])
    assert looked_up == {"node": None}
    assert (await person.delete(ticket["id"]))["errors"][0]["code"] == "NOT_FOUND"


async def test_what_cannot_be_a_photo_gets_no_ticket(api: Api, stack: TestStack) -> None:
    person = await api.sign_up()
    for content_type in ("image/gif", "image/svg+xml", "", "photo"):
        payload = await create_upload(person, content_type=content_type)
        assert (payload["upload"], _codes(payload)) == (
            None,
            [("UNSUPPORTED_FORMAT", ["contentType"])],
        )
    limit = stack.settings.image_max_bytes
    payload = await create_upload(person, byte_size=limit + 1)
    assert _codes(payload) == [("IMAGE_TOO_LARGE", ["byteSize"])]
    assert (await create_upload(person, byte_size=limit))["errors"] == []
    for byte_size in (0, -1):
        asked = {"input": {"contentType": "image/png", "byteSize": byte_size}}
        answer = await api.ask(CREATE_UPLOAD, asked, token=person.access_token)
        assert answer.codes == ["BAD_USER_INPUT"]
    asked = {"input": {"contentType": "image/png", "byteSize": 1}}
    assert (await api.ask(CREATE_UPLOAD, asked)).codes == ["UNAUTHENTICATED"]


async def test_an_account_has_so_many_uploads_open(api: Api, stack: TestStack) -> None:
    person, other = await api.sign_up_many(2)
    most = stack.settings.uploads_open_max
    payloads = await asyncio.gather(*(create_upload(person) for _ in range(most + 5)))
    refused = [payload for payload in payloads if payload["errors"]]
    assert len(refused) == 5
    assert all(_codes(payload) == [("LIMIT_REACHED", None)] for payload in refused)
    assert len({payload["upload"]["id"] for payload in payloads if payload["upload"]}) == most
    assert (await create_upload(other))["errors"] == []


async def test_a_photo_comes_by_one_way(api: Api, photo: bytes) -> None:
    person = await api.sign_up()
    for given in ({}, {"image": None, "uploadId": None}):
        answer = await api.ask(UPLOAD, {"input": given}, token=person.access_token)
        assert answer.codes == ["BAD_USER_INPUT"], given
    ticket = (await create_upload(person))["upload"]
    both = await api.upload(photo, {"uploadId": ticket["id"]}, token=person.access_token)
    assert both.codes == ["BAD_USER_INPUT"]


async def test_what_cannot_be_used_is_not_found_whatever_the_reason(
    api: Api, photo: bytes, stage: Stage, records: Any, stack: TestStack
) -> None:
    owner, other = await api.sign_up_many(2)
    unfinished = (await create_upload(owner))["upload"]["id"]
    used, expired, mine = [await stage(owner, photo) for _ in range(3)]
    assert (await publish_upload(owner, used))["errors"] == []
    past = {"$set": {"expires_at": datetime.now(UTC), "sweep_at": datetime.now(UTC)}}
    await records.update_one({"_id": read_id_of(Kind.UPLOAD, expired)}, past)
    answers = [
        await publish_upload(person, upload_id)
        for person, upload_id in (
            (owner, unfinished),
            (owner, used),
            (owner, expired),
            (other, mine),
            (owner, global_id(Kind.UPLOAD, 5)),
            (owner, owner.id),
            (owner, ""),
            (owner, "../uploads"),
        )
    ]
    assert _codes(answers[0]) == NOT_FOUND
    assert answers == [answers[0]] * len(answers)
    assert (await publish_upload(owner, mine))["errors"] == []
    # A worker finds that it is over, and removes what was staged.
    await until(partial(_is_gone, stack, expired))


async def test_an_upload_makes_one_post(api: Api, photo: bytes, stage: Stage) -> None:
    person = await api.sign_up()
    upload_id = await stage(person, photo)
    payloads = await asyncio.gather(*(publish_upload(person, upload_id) for _ in range(6)))
    assert [bool(payload["post"]) for payload in payloads].count(True) == 1
    assert [_codes(payload) for payload in payloads].count(NOT_FOUND) == 5
    posts = await person.ask("{ viewer { posts { edges { node { id } } } } }")
    assert len(posts["viewer"]["posts"]["edges"]) == 1


async def test_the_same_key_gives_the_same_post(api: Api, photo: bytes, stage: Stage) -> None:
    person = await api.sign_up()
    upload_id, again_id = [await stage(person, photo) for _ in range(2)]
    fields = {"description": "once", "idempotencyKey": "k"}
    payloads = await asyncio.gather(
        *(publish_upload(person, upload_id, **fields) for _ in range(6))
    )
    post_id = payloads[0]["post"]["id"]
    assert {(payload["post"] or {}).get("id") for payload in payloads} == {post_id}
    # Later as well; and if the same photo comes once more, by whatever way.
    for staged in (upload_id, again_id, again_id):
        assert (await publish_upload(person, staged, **fields))["post"]["id"] == post_id
    assert (await person.upload(photo, **fields))["post"]["id"] == post_id
    for changed, refusal in (
        ({"idempotencyKey": "other"}, NOT_FOUND),
        ({"idempotencyKey": None}, NOT_FOUND),
        ({"description": "twice"}, [("IDEMPOTENCY_CONFLICT", ["idempotencyKey"])]),
    ):
        payload = await publish_upload(person, upload_id, **{**fields, **changed})
        assert (payload["post"], _codes(payload)) == (None, refusal)
    await person.delete(post_id)
    payload = await publish_upload(person, upload_id, **fields)
    assert _codes(payload) == [("NOT_FOUND", ["idempotencyKey"])]


async def test_what_is_no_photo_is_over_and_texts_can_be_mended(
    api: Api, photo: bytes, stage: Stage
) -> None:
    person = await api.sign_up()
    for content, code in (
        (animation("GIF"), "UNSUPPORTED_FORMAT"),
        (photo[:20], "INVALID_IMAGE"),
    ):
        upload_id = await stage(person, content)
        assert _codes(await publish_upload(person, upload_id)) == [(code, ["uploadId"])]
        assert _codes(await publish_upload(person, upload_id)) == NOT_FOUND
    upload_id = await stage(person, photo)
    for texts, path in (
        ({"description": "x" * 2_201}, "description"),
        ({"altText": "x" * 1_001}, "altText"),
    ):
        payload = await publish_upload(person, upload_id, **texts)
        assert _codes(payload) == [("INVALID_DESCRIPTION", [path])]
    answer = await api.ask(
        UPLOAD,
        {"input": {"uploadId": upload_id, "idempotencyKey": ""}},
        token=person.access_token,
    )
    assert answer.codes == ["BAD_USER_INPUT"]
    assert (await publish_upload(person, upload_id))["errors"] == []
