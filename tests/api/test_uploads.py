"""Uploading a photo."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.client import GET_POST, Api, Person
from tests.photographs import animation, jpeg, photograph, picture
from tests.photographs import encoded as encode
from tests.stack import TestStack

MUTATION = "mutation($input: UploadPhotoInput!) { uploadPhoto(input: $input) { post { id } } }"


async def _refusals(person: Person, photo: bytes, **fields: Any) -> list[tuple[str, list[str]]]:
    payload = await person.upload(photo, **fields)
    assert payload["post"] is None
    return [(error["code"], error["path"]) for error in payload["errors"]]


async def test_a_post_is_processing_at_once_and_ready_soon(api: Api, photo: bytes) -> None:
    person = await api.sign_up()
    before = datetime.now(UTC)
    fields = {"description": "Lift-off 🚀", "altText": "A rocket"}
    payload = await person.upload(photo, **fields)
    assert payload["errors"] == []
    post = payload["post"]
    created_at = datetime.fromisoformat(post["createdAt"])
    assert timedelta(seconds=-1) < created_at - before < timedelta(seconds=10)
    assert (post["status"], post["image"], post["failure"]) == ("PROCESSING", None, None)
    ready = await person.until_processed(post["id"])
    assert ready["status"] == "READY"
    image = ready.pop("image")
    assert {**ready, "status": "PROCESSING", "image": None} == post
    assert (post["description"], post["altText"]) == ("Lift-off 🚀", "A rocket")
    assert (image["width"], image["height"]) == (96, 64)
    assert {variant["format"] for variant in image["variants"]} == {"JPEG", "WEBP"}


async def test_texts_may_be_left_out(api: Api, photo: bytes) -> None:
    person = await api.sign_up()
    for fields in ({}, {"description": None, "altText": None}):
        post = (await person.upload(photo, **fields))["post"]
        assert (post["description"], post["altText"]) == ("", None)
    long = {"description": "🎞" * 2_200, "altText": "愛" * 1_000}
    post = (await person.upload(photo, **long))["post"]
    assert {name: post[name] for name in long} == long
    odd = {"description": "nul \0 nul", "altText": ""}
    post = (await person.upload(photo, **odd))["post"]
    assert {name: post[name] for name in odd} == odd


async def test_what_is_no_photo_is_refused_at_once(
    api: Api, photo: bytes, stack: TestStack
) -> None:
    person = await api.sign_up()
    unsupported = [("UNSUPPORTED_FORMAT", ["image"])]
    for other in (b"hello", b"GIF89a", animation("GIF"), b"%PDF-1.7\n", b"<svg/>", b"\xff\xd8"):
        assert await _refusals(person, other) == unsupported
    bitmap = encode(picture((8, 8)), "BMP")
    assert await _refusals(person, bitmap) == unsupported
    assert await _refusals(person, b"") == [("INVALID_IMAGE", ["image"])]
    assert await _refusals(person, photo[:20]) == [("INVALID_IMAGE", ["image"])]
    too_large = photo + bytes(stack.settings.image_max_bytes + 1 - len(photo))
    assert await _refusals(person, too_large) == [("IMAGE_TOO_LARGE", ["image"])]
    largest = too_large[:-1]
    assert (await person.publish(largest))["status"] == "READY"


async def test_texts_that_are_too_long_are_refused(api: Api, photo: bytes) -> None:
    person = await api.sign_up()
    for fields, path in (
        ({"description": "x" * 2_201}, "description"),
        ({"altText": "x" * 1_001}, "altText"),
    ):
        assert await _refusals(person, photo, **fields) == [("INVALID_DESCRIPTION", [path])]


async def test_the_bytes_are_a_file_part_and_must_be_there(api: Api) -> None:
    person = await api.sign_up()
    for given in ({}, {"image": None}, {"image": "x"}, {"image": {"name": "x"}}, {"image": 5}):
        answer = await api.ask(MUTATION, {"input": given}, token=person.access_token)
        assert answer.codes == ["BAD_USER_INPUT"], given
    literal = 'mutation { uploadPhoto(input: {image: "x"}) { post { id } } }'
    answer = await api.ask(literal, token=person.access_token)
    assert answer.codes == ["GRAPHQL_VALIDATION_FAILED"]


async def test_the_file_may_be_a_variable_of_its_own(api: Api, photo: bytes) -> None:
    person = await api.sign_up()
    query = """mutation($photo: Upload!, $text: String) {
      uploadPhoto(input: {image: $photo, description: $text}) { post { id } errors { code } } }"""
    operations = {"query": query, "variables": {"photo": None, "text": "hello"}}
    answer = await api.post(
        data={"operations": json.dumps(operations), "map": '{"a": ["variables.photo"]}'},
        files={"a": ("photo.exe", photo, "application/x-msdownload")},
        headers={"GraphQL-Require-Preflight": "1"},
        token=person.access_token,
    )
    assert answer.data["uploadPhoto"]["errors"] == []


async def test_uploading_needs_an_account(api: Api, photo: bytes) -> None:
    answer = await api.upload(photo, {})
    assert (answer.codes, answer.body["data"]) == (["UNAUTHENTICATED"], None)


async def test_the_same_key_gives_the_same_post(api: Api, photo: bytes) -> None:
    person, other = await api.sign_up_many(2)
    fields = {"description": "once", "altText": "one", "idempotencyKey": "🗝 k"}
    payloads = await asyncio.gather(*(person.upload(photo, **fields) for _ in range(8)))
    assert {payload["post"]["id"] for payload in payloads} == {payloads[0]["post"]["id"]}
    assert [payload["errors"] for payload in payloads] == [[]] * 8
    ready = await person.until_processed(payloads[0]["post"]["id"])
    assert ready["status"] == "READY"
    again = await person.upload(photo, **fields)
    assert again["post"]["id"] == ready["id"]
    assert again["post"]["status"] == "READY"
    count = "{ viewer { postCount posts { edges { node { id } } } } }"
    viewer = (await person.ask(count))["viewer"]
    assert (viewer["postCount"], len(viewer["posts"]["edges"])) == (1, 1)
    conflict = [("IDEMPOTENCY_CONFLICT", ["idempotencyKey"])]
    assert await _refusals(person, jpeg((90, 60)), **fields) == conflict
    for change in ({"description": "twice"}, {"altText": "two"}, {"altText": None}):
        assert await _refusals(person, photo, **{**fields, **change}) == conflict
    assert (await other.upload(photo, **fields))["post"]["id"] != ready["id"]


async def test_without_a_key_every_upload_is_a_post(api: Api, photo: bytes) -> None:
    person = await api.sign_up()
    payloads = [await person.upload(photo) for _ in range(2)]
    assert len({payload["post"]["id"] for payload in payloads}) == 2


async def test_a_key_has_its_length(api: Api, photo: bytes) -> None:
    person = await api.sign_up()
    for key in ("", "x" * 201):
        answer = await api.upload(photo, {"idempotencyKey": key}, token=person.access_token)
        assert answer.codes == ["BAD_USER_INPUT"]
    assert (await person.upload(photo, idempotencyKey="x" * 200))["errors"] == []


async def test_the_key_of_a_deleted_post_brings_it_not_back(api: Api, photo: bytes) -> None:
    person = await api.sign_up()
    post = (await person.upload(photo, idempotencyKey="k"))["post"]
    assert (await person.delete(post["id"]))["errors"] == []
    assert await _refusals(person, photo, idempotencyKey="k") == [("NOT_FOUND", ["idempotencyKey"])]


async def test_a_damaged_photo_fails_and_only_its_author_sees_why(api: Api) -> None:
    author, follower = await api.sign_up_many(2)
    await follower.follow(author)
    whole = photograph("rocket.jpg")
    post = await author.publish(whole[: len(whole) // 2], description="torn")
    assert (post["status"], post["image"]) == ("FAILED", None)
    assert post["failure"].endswith(".")
    assert (await follower.ask(GET_POST, id=post["id"]))["post"] is None
    assert (await api.ask(GET_POST, {"id": post["id"]})).data["post"] is None
    nodes = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    assert (await follower.ask(nodes, ids=[post["id"]]))["nodes"] == [None]
    lists = """query($id: ID!) { node(id: $id) { ... on User {
      postCount posts { edges { node { id status } } } } } }"""
    assert (await follower.ask(lists, id=author.id))["node"] == {
        "postCount": 0,
        "posts": {"edges": []},
    }
    assert (await author.ask(lists, id=author.id))["node"] == {
        "postCount": 0,
        "posts": {"edges": [{"node": {"id": post["id"], "status": "FAILED"}}]},
    }
    assert (await follower.feed())["edges"] == []
    assert (await author.delete(post["id"])) == {"postId": post["id"], "errors": []}
    assert (await author.ask(GET_POST, id=post["id"]))["post"] is None
