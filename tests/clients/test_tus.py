"""tus-js-client: a photo in parts becomes a post, whatever happens to the connection."""

import hashlib
import secrets
from pathlib import Path
from typing import Any, Final

import pytest

from tests.client import Person
from tests.clients.networks import network
from tests.clients.node import Node
from tests.faults.truth import open_truth
from tests.forms import publish_upload
from tests.photographs import jpeg
from tests.stack import TestStack

MEGABYTE: Final = 1_000_000
PHOTO: Final = jpeg((96, 64)) + secrets.token_bytes(8 * MEGABYTE)
"""A motion photo: there is a film behind its end."""


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the photo is on the device."""
    path = tmp_path_factory.mktemp("device") / "photo.jpg"
    path.write_bytes(PHOTO)
    return path


@pytest.fixture
def given(stack: TestStack, viewer: Person, photo: Path, tmp_path: Path) -> dict[str, Any]:
    """What the client is told."""
    return {
        "url": f"{stack.gateway_url}/uploads",
        "token": viewer.access_token,
        "photo": str(photo),
        "storage": str(tmp_path / "uploads.json"),
    }


async def assert_published(stack: TestStack, viewer: Person, url: str) -> None:
    """A post can be made of what is at that address, and it is of the photo's very bytes."""
    payload = await publish_upload(viewer, url.rpartition("/")[2])
    assert payload["errors"] == []
    post = await viewer.until_processed(payload["post"]["id"])
    assert post["status"] == "READY"
    async with open_truth(stack.settings) as truth:
        (document,) = await truth.posts_of(viewer)
    assert document["original_sha256"] == hashlib.sha256(PHOTO).hexdigest()


def offsets(answer: Any, method: str) -> list[int]:
    """Where the upload ended, as the client was told."""
    heard = answer["heard"]
    return [int(each["offset"]) for each in heard if each["method"] == method and each["offset"]]


@pytest.mark.parametrize("chunk_bytes", [None, 3 * MEGABYTE, 700_001])
async def test_it_sends_a_photo_in_chunks_of_any_size(
    node: Node, stack: TestStack, viewer: Person, given: dict[str, Any], chunk_bytes: int | None
) -> None:
    options = {"overridePatchMethod": chunk_bytes is not None}
    answer = await node.run("uploads", "whole", **given, chunkSize=chunk_bytes, options=options)
    step = chunk_bytes or len(PHOTO)
    expected = [*range(step, len(PHOTO), step), len(PHOTO)]
    assert offsets(answer, "POST" if chunk_bytes else "PATCH") == expected
    await assert_published(stack, viewer, answer["url"])


async def test_a_connection_that_breaks_twice_costs_it_no_more_than_what_was_on_its_way(
    node: Node, stack: TestStack, viewer: Person, given: dict[str, Any]
) -> None:
    async with network(given["url"]) as (broken, url):
        broken.cuts = [2 * MEGABYTE, 5 * MEGABYTE]
        answer = await node.run("uploads", "whole", **{**given, "url": url})
    found = offsets(answer, "HEAD")
    assert len(found) >= 2
    assert found == sorted(found)
    assert 0 < found[-1] < len(PHOTO)
    assert offsets(answer, "PATCH") == [len(PHOTO)]
    await assert_published(stack, viewer, answer["url"].replace(url, given["url"]))


async def test_an_app_that_was_closed_goes_on_with_what_it_had_begun(
    node: Node, stack: TestStack, viewer: Person, given: dict[str, Any]
) -> None:
    answer = await node.run("uploads", "resumed", **given, abortAt=3 * MEGABYTE)
    assert answer["previous"] == [{"uploadUrl": answer["begun"], "size": len(PHOTO)}]
    assert answer["url"] == answer["begun"]
    assert [each["method"] for each in answer["heard"]].count("POST") == 1
    assert offsets(answer, "HEAD")
    assert offsets(answer, "PATCH")[-1] == len(PHOTO)
    await assert_published(stack, viewer, answer["url"])


async def test_whoever_changes_their_mind_ends_an_upload(
    node: Node, viewer: Person, given: dict[str, Any]
) -> None:
    answer = await node.run("uploads", "ended", **given, chunkSize=MEGABYTE)
    assert answer["heard"][-1] == {"method": "DELETE", "status": 204, "offset": None}
    payload = await publish_upload(viewer, answer["url"].rpartition("/")[2])
    assert [error["code"] for error in payload["errors"]] == ["UPLOAD_NOT_FOUND"]


async def test_it_finds_what_of_tus_there_is(node: Node, given: dict[str, Any]) -> None:
    told = await node.run("uploads", "discovered", url=given["url"])
    assert told["tus-version"] == "1.0.0"
    assert "checksum" in told["tus-extension"]
