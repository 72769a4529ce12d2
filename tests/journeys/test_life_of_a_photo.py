"""The bytes of one photo: from a phone to two regions, the edge and a device, and to their end."""

import asyncio
import hashlib
from pathlib import Path
from typing import Any

import httpx2
import pytest

from app.images.model import original_prefix, rendition_prefix
from app.images.store import ObjectStores
from tests.client import Api, until
from tests.faults.truth import number_of
from tests.photographs import CANARY, phone_photo
from tests.stack import TestStack

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.both_stores]

SECRETS_OF_THE_PHONE = (CANARY, b"Exif", b"http://ns.adobe.com", b"ftypmp42")
GONE_MAX_SECONDS = 60.0


class Regions:
    """What the object stores hold of one post."""

    def __init__(self, stack: TestStack, post_id: str, folder: Path) -> None:
        self._stores = ObjectStores.from_settings(stack.settings)
        self._names = tuple(stack.settings.object_stores)
        self._prefixes = (original_prefix(number_of(post_id)), rendition_prefix(number_of(post_id)))
        self._folder = folder

    async def objects(self) -> dict[str, dict[str, bytes]]:
        """The bytes of every object by key, in each region."""
        return {region: await asyncio.to_thread(self._objects, region) for region in self._names}

    def _objects(self, region: str) -> dict[str, bytes]:
        return {
            key: self._bytes(region, key)
            for prefix in self._prefixes
            for key in self._stores.keys(region, prefix)
        }

    def _bytes(self, region: str, key: str) -> bytes:
        path = self._folder / "object"
        self._stores.fetch(region, key, path)
        return path.read_bytes()


async def test_a_photo_lives_in_two_regions_and_ends_in_all_places(
    api: Api, http: httpx2.AsyncClient, stack: TestStack, tmp_path: Path
) -> None:
    author, follower = await api.sign_up_many(2)
    await follower.follow(author)
    sent = phone_photo()
    assert all(secret in sent for secret in (CANARY, b"Exif", b"ftypmp42"))
    post = await author.publish(sent, altText="Four colours")
    await follower.until_in_feed(post["id"])
    variants = post["image"]["variants"]
    regions = Regions(stack, post["id"], tmp_path)

    kept = await until_in_two_regions(regions, 1 + len(variants))
    originals = {key: content for key, content in kept.items() if key.startswith("originals/")}
    assert list(originals.values()) == [sent]
    renditions = {hashlib.sha256(kept[key]).hexdigest() for key in kept.keys() - originals.keys()}
    assert renditions == {variant["sha256"] for variant in variants}

    device = await a_device_fetches(http, variants)
    await nobody_else_reads(http, stack, variants[0]["url"], next(iter(originals)))

    assert (await author.delete(post["id"]))["errors"] == []
    assert await follower.walk_feed() == []

    async def gone_from_all_places() -> bool:
        answers = [await http.get(url, headers=seen) for url, seen in device.items()]
        return all(answer.status_code == 404 for answer in answers) and not any(
            (await regions.objects()).values()
        )

    await until(gone_from_all_places, seconds=GONE_MAX_SECONDS)


async def until_in_two_regions(regions: Regions, count: int) -> dict[str, bytes]:
    """Wait until both regions have the same objects; returns them by key."""

    async def copied() -> dict[str, bytes]:
        home, partner = (await regions.objects()).values()
        return home if len(home) == count and home == partner else {}

    return await until(copied)


async def a_device_fetches(
    http: httpx2.AsyncClient, variants: list[Any]
) -> dict[str, dict[str, str]]:
    """Look at every variant as a device does; returns what it asks with, the next time."""
    seen = {}
    for variant in variants:
        answer = await http.get(variant["url"])
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
        assert not any(secret in answer.content for secret in SECRETS_OF_THE_PHONE)
        assert (len(answer.content), hashlib.sha256(answer.content).hexdigest()) == (
            variant["byteSize"],
            variant["sha256"],
        )
        seen[variant["url"]] = {"If-None-Match": answer.headers["etag"]}
        again = await http.get(variant["url"], headers=seen[variant["url"]])
        assert (again.status_code, again.content) == (304, b"")
    return seen


async def nobody_else_reads(
    http: httpx2.AsyncClient, stack: TestStack, url: str, original: str
) -> None:
    """What was uploaded is nobody's to read: not through the edge, not at a store."""
    edge = url.partition("/renditions/")[0]
    assert (await http.get(f"{edge}/{original}")).status_code == 404
    for region, store in stack.settings.object_stores.items():
        answer = await http.get(f"{store}{stack.settings.bucket(region)}/{original}")
        assert answer.status_code == 403
