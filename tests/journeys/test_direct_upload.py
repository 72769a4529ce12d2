"""A photo goes past the API: from a phone by the edge to the store, and to its followers."""

import asyncio
import io
from hashlib import sha256

import httpx2
import pytest
from PIL import Image

from tests.client import Api
from tests.forms import create_upload, fields_of, publish_upload, send
from tests.photographs import CANARY, phone_photo

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.both_stores]


async def test_a_photo_goes_by_the_edge_to_whom_it_is_for(
    api: Api, http: httpx2.AsyncClient
) -> None:
    photo = phone_photo()
    author, follower = await api.sign_up_many(2)
    await follower.follow(author)
    ticket = (await create_upload(author, byte_size=len(photo)))["upload"]
    sent = await send(http, ticket["url"], fields_of(ticket), photo)
    assert (sent.status_code, sent.content) == (204, b"")

    payload = await publish_upload(author, ticket["id"], description="by the edge")
    assert payload["errors"] == []
    await follower.until_in_feed(payload["post"]["id"])
    (post,) = await follower.walk_feed()
    assert post["description"] == "by the edge"
    for variant in post["image"]["variants"]:
        shown = await http.get(variant["url"])
        assert sha256(shown.content).hexdigest() == variant["sha256"]
        assert CANARY not in shown.content
        with Image.open(io.BytesIO(shown.content)) as opened:
            assert opened.size == (variant["width"], variant["height"])
    again = await publish_upload(author, ticket["id"])
    assert [error["code"] for error in again["errors"]] == ["UPLOAD_NOT_FOUND"]


async def test_the_edge_takes_what_was_agreed_and_says_what_was_wrong(
    api: Api, http: httpx2.AsyncClient
) -> None:
    author = await api.sign_up()
    ticket = (await create_upload(author, byte_size=1_000))["upload"]
    fields = fields_of(ticket)
    for changed, content, status in (
        (fields, bytes(1_001), 400),
        (fields, b"", 400),
        ({**fields, "key": "originals/5/0"}, b"bytes", 403),
        ({**fields, "acl": "public-read"}, b"bytes", 403),
        ({**fields, "success_action_redirect": "https://evil.test/"}, b"bytes", 403),
    ):
        refused = await send(http, ticket["url"], changed, content)
        assert refused.status_code == status, refused.text
        assert refused.json()["errors"][0]["message"]
    payload = await publish_upload(author, ticket["id"])
    assert [error["code"] for error in payload["errors"]] == ["UPLOAD_NOT_FOUND"]


async def test_many_phones_upload_at_once(api: Api, http: httpx2.AsyncClient) -> None:
    photo = phone_photo()
    people = await api.sign_up_many(6)
    tickets = [payload["upload"] for payload in await asyncio.gather(*map(create_upload, people))]
    sent = await asyncio.gather(
        *(send(http, ticket["url"], fields_of(ticket), photo) for ticket in tickets)
    )
    assert [answer.status_code for answer in sent] == [204] * 6
    payloads = await asyncio.gather(
        *(
            publish_upload(person, ticket["id"])
            for person, ticket in zip(people, tickets, strict=True)
        )
    )
    assert [payload["errors"] for payload in payloads] == [[]] * 6
