"""Photos of all sizes through the load balancer: a refusal is data wherever it can be."""

import json
from collections.abc import Iterator

import httpx2
import pytest

from tests.api.hostile import PREFLIGHT, unharmed
from tests.client import Api, Person
from tests.stack import TestStack

MEBIBYTE = 1024**2
NGINX_MAX_BYTES = 24 * MEBIBYTE
MUTATION = """mutation($photo: Upload!) {
  uploadPhoto(input: {image: $photo}) { post { id } errors { code path } } }"""


@pytest.fixture(autouse=True)
def _unharmed(stack: TestStack) -> Iterator[None]:
    with unharmed(stack):
        yield


@pytest.fixture
async def person(api: Api) -> Person:
    return await api.sign_up()


async def _upload(api: Api, person: Person, photo: bytes, *, unannounced: bool) -> httpx2.Response:
    operations = {"query": MUTATION, "variables": {"photo": None}}
    fields = {"operations": json.dumps(operations), "map": '{"0": ["variables.photo"]}'}
    headers = {"Authorization": f"Bearer {person.access_token}", **PREFLIGHT}
    request = api.http.build_request(
        "POST", api.url, data=fields, files={"0": ("photo", photo)}, headers=headers
    )
    if unannounced:
        del request.headers["Content-Length"]
        request.headers["Transfer-Encoding"] = "chunked"
    return await api.http.send(request)


@pytest.mark.parametrize("unannounced", [False, True])
async def test_a_photo_that_is_too_large_is_refused_as_data(
    api: Api, person: Person, photo: bytes, stack: TestStack, *, unannounced: bool
) -> None:
    most = stack.settings.image_max_bytes
    for size in (most + 1, most + 2 * MEBIBYTE):
        too_large = photo + bytes(size - len(photo))
        answer = await _upload(api, person, too_large, unannounced=unannounced)
        assert answer.status_code == 200, answer.text
        assert answer.json()["data"]["uploadPhoto"] == {
            "post": None,
            "errors": [{"code": "IMAGE_TOO_LARGE", "path": ["image"]}],
        }


@pytest.mark.parametrize("unannounced", [False, True])
async def test_a_photo_that_is_far_too_large_is_refused_in_json(
    api: Api, person: Person, photo: bytes, *, unannounced: bool
) -> None:
    for size in (NGINX_MAX_BYTES - MEBIBYTE // 2, NGINX_MAX_BYTES + 1, 2 * NGINX_MAX_BYTES):
        far_too_large = photo + bytes(size - len(photo))
        answer = await _upload(api, person, far_too_large, unannounced=unannounced)
        assert answer.status_code == 413, (size, answer.text)
        (error,) = answer.json()["errors"]
        assert error["extensions"]["code"] == "PAYLOAD_TOO_LARGE"
        assert answer.headers["x-request-id"]
