"""A region is away: its photos are seen and taken all the same, and what is deleted stays gone."""

import asyncio
import secrets
import shutil
import signal
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from hashlib import sha256
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from app.images.model import original_prefix, rendition_prefix
from app.images.store import ObjectStores
from docker.local.processes import WORKERS
from tests.client import Api, until
from tests.faults.conftest import Timed
from tests.faults.truth import Truth, number_of
from tests.photographs import jpeg
from tests.stack import TestStack

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOME, PARTNER = "eu", "us"
BACK_MAX_SECONDS = 120.0
GONE_MAX_SECONDS = 60.0
READERS = 4


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def http() -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(timeout=10) as http:
        yield http


class Regions:
    """What the buckets hold of posts, asked past everything."""

    def __init__(self, stack: TestStack) -> None:
        self._settings = stack.settings
        self._stores = ObjectStores.from_settings(stack.settings)

    async def keys(self, region: str, post_id: str) -> set[str]:
        """Keys of all objects of a post that a region has."""
        number = number_of(post_id)
        found = [
            await asyncio.to_thread(self._stores.keys, region, prefix)
            for prefix in (original_prefix(number), rendition_prefix(number))
        ]
        return {key for keys in found for key in keys}

    async def is_copied(self, post: Any) -> bool:
        """Whether both regions have the original and every variant of a READY post."""
        found = [await self.keys(region, post["id"]) for region in (HOME, PARTNER)]
        return found[0] == found[1] and len(found[0]) == len(post["image"]["variants"]) + 1

    def urls(self, region: str, post: Any) -> list[str]:
        """Where a region's store itself has the variants of a post."""
        base = f"{self._settings.object_stores[region]}{self._settings.bucket(region)}"
        return [f"{base}/renditions/{url.partition('/renditions/')[2]}" for url in urls_of(post)]


@pytest.fixture
def regions(stack: TestStack) -> Regions:
    return Regions(stack)


def urls_of(post: Any) -> list[str]:
    return [variant["url"] for variant in post["image"]["variants"]]


def a_photo() -> bytes:
    """One that nobody has seen."""
    return jpeg((64 + secrets.randbelow(64), 48)) + secrets.token_bytes(8)


async def see(http: httpx2.AsyncClient, post: Any) -> None:
    """Fetch every variant from the edge, as it was rendered."""
    for variant in post["image"]["variants"]:
        answer = await http.get(variant["url"])
        assert answer.status_code == 200, answer.text
        assert sha256(answer.content).hexdigest() == variant["sha256"]


def forget(stack: TestStack) -> None:
    """Have the edge forget all that it has."""
    for folder in (stack.home / "data" / "nginx" / "photos").iterdir():
        shutil.rmtree(folder)


async def break_store(stack: TestStack, region: str, number: signal.Signals) -> None:
    """Kill it for good, or have it hang."""
    await asyncio.to_thread(stack.kill, f"store-{region}", number)
    if number == signal.SIGKILL:
        await asyncio.to_thread(stack.stop, f"store-{region}")


@pytest.mark.parametrize("number", [signal.SIGSTOP, signal.SIGKILL], ids=["hangs", "is down"])
async def test_photos_are_seen_and_taken_while_their_region(
    api: Api,
    stack: TestStack,
    http: httpx2.AsyncClient,
    regions: Regions,
    truth: Truth,
    timed: Timed,
    *,
    number: signal.Signals,
) -> None:
    author = await api.sign_up("author")
    seen = await author.publish(a_photo())
    await until(lambda: regions.is_copied(seen), seconds=BACK_MAX_SECONDS)
    await see(http, seen)
    await break_store(stack, HOME, number)
    for _ in range(3):
        await see(http, seen)
    forget(stack)
    with timed(f"a photo is fetched from the replica, home after {number.name}"):
        await see(http, seen)
    with timed(f"three photos are uploaded and READY, home after {number.name}"):
        taken = [await author.publish(a_photo()) for _ in range(3)]
    for post in taken:
        assert post["status"] == "READY"
        await see(http, post)
        assert f"/{HOME}/" in post["image"]["url"]
    stack.mend()
    await asyncio.to_thread(stack.wait_until_ready, f"store-{HOME}")
    with timed(f"all photos are home again after {number.name}"):
        await until(lambda: _are_copied(regions, truth, taken), seconds=BACK_MAX_SECONDS)
    forget(stack)
    for post in (seen, *taken):
        await see(http, post)


async def _are_copied(regions: Regions, truth: Truth, posts: list[Any]) -> bool:
    """Whether all are; if not, the next sweep sees to it, not one a minute later."""
    if all([await regions.is_copied(post) for post in posts]):
        return True
    await truth.make_due([post["id"] for post in posts])
    return False


class Hammer:
    """Devices that ask for the variants of a post all the time, and note when they got one."""

    def __init__(self, http: httpx2.AsyncClient, urls: list[str]) -> None:
        self._http = http
        self._urls = urls
        self.served_at = 0.0

    async def ask(self) -> None:
        """Ask for each once; note the moment if there was anything."""
        for url in self._urls:
            with suppress(httpx2.HTTPError):
                if (await self._http.get(url)).status_code != 404:
                    self.served_at = time.monotonic()

    async def go_on(self) -> None:
        """Ask until cancelled."""
        while True:
            await self.ask()
            await asyncio.sleep(0.05)


async def test_a_photo_that_is_deleted_while_its_partner_is_away_is_gone_within_a_minute(
    api: Api,
    stack: TestStack,
    http: httpx2.AsyncClient,
    regions: Regions,
    timed: Timed,
) -> None:
    author = await api.sign_up("author")
    post = await author.publish(a_photo())
    kept = await author.publish(a_photo())
    await until(lambda: regions.is_copied(post), seconds=BACK_MAX_SECONDS)
    hammer = Hammer(http, urls_of(post))
    async with asyncio.TaskGroup() as group:
        readers = [group.create_task(hammer.go_on()) for _ in range(READERS)]
        await break_store(stack, PARTNER, signal.SIGSTOP)
        await author.delete(post["id"])
        await until(lambda: _is_empty(regions, HOME, post), seconds=GONE_MAX_SECONDS)
        await until(lambda: _is_put_off(stack, post), seconds=GONE_MAX_SECONDS)
        await asyncio.to_thread(stack.kill, f"store-{PARTNER}", signal.SIGCONT)
        back_at = time.monotonic()
        with timed("a deleted photo is gone from a region that comes back"):
            await until(lambda: _is_empty(regions, PARTNER, post), seconds=GONE_MAX_SECONDS)
        with timed("no edge has a deleted photo any more, after that"):
            await until(
                lambda: _is_quiet(hammer), seconds=GONE_MAX_SECONDS - (time.monotonic() - back_at)
            )
        for reader in readers:
            reader.cancel()
    everywhere = [*urls_of(post), *regions.urls(HOME, post), *regions.urls(PARTNER, post)]
    for url in everywhere:
        assert (await http.get(url)).status_code == 404
    await see(http, kept)


async def _is_empty(regions: Regions, region: str, post: Any) -> bool:
    return not await regions.keys(region, post["id"])


async def _is_put_off(stack: TestStack, post: Any) -> bool:
    """Whether a worker has found that it cannot erase a post everywhere."""
    said = f"Post {number_of(post['id'])} is still to be erased"
    return any(said in stack.log(name) for name in WORKERS)


async def _is_quiet(hammer: Hammer) -> bool:
    """Whether nobody got anything in the last second."""
    return time.monotonic() - hammer.served_at > 1
