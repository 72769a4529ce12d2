"""Objects are damaged, one by one and a region at a time: a scrub finds and repairs all of it."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from tests.client import Api, until
from tests.command import photofeed
from tests.faults.conftest import Timed
from tests.faults.damage import Regions, counted, flipped, rot, scrubbed, told
from tests.faults.truth import Truth, number_of
from tests.photographs import jpeg
from tests.stack import TestStack

pytestmark = pytest.mark.asyncio(loop_scope="module")

POSTS = 3
COPIED_MAX_SECONDS = 120


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def posts(api: Api, truth: Truth) -> list[dict[str, Any]]:
    """Posts whose copies are in both regions."""
    author = await api.sign_up()
    published = [await author.publish(jpeg((400 + n, 300))) for n in range(POSTS)]
    await truth.until_nothing_is_owed([post["id"] for post in published])
    for document in await truth.posts_of(author):
        assert [copy["region"] for copy in document["copies"]] == ["eu", "us"]
    return published


@pytest.fixture
def regions(stack: TestStack, tmp_path: Path) -> Regions:
    return Regions(stack, tmp_path)


async def test_damaged_objects_are_found_in_one_scrub_and_repaired_from_the_other_region(
    stack: TestStack, posts: list[dict[str, Any]], regions: Regions, timed: Timed
) -> None:
    await scrubbed(stack)  # other tests have broken what they liked
    before = await scrubbed(stack)
    whole = await asyncio.to_thread(regions.all_of, posts)
    assert before.objects >= len(whole)
    first, second, third = ([*regions.keys("eu", post)] for post in posts)
    regions.write("eu", first[0], whole["eu", first[0]][:100])
    regions.write("eu", first[1], flipped(whole["eu", first[1]]))
    regions.remove("eu", first[2])
    regions.write("us", second[0], flipped(whole["us", second[0]]))
    regions.write("us", second[1], whole["us", second[1]][:-1])
    regions.remove("us", third[0])
    harmed = replace(
        before,
        intact=before.intact - 6,
        missing=before.missing + 2,
        truncated=before.truncated + 2,
        altered=before.altered + 2,
    )
    assert await told(stack, "--dry-run") == (1, counted(harmed))
    with timed(f"a scrub of {before.objects} copies, six of which were damaged"):
        code, counts = await told(stack)
    assert counts == counted(replace(harmed, repaired=before.repaired + 6))
    assert code == (0 if before.is_whole else 1)
    assert await asyncio.to_thread(regions.all_of, posts) == whole
    assert await scrubbed(stack) == before


async def test_what_rots_on_a_disk_is_repaired_whatever_its_store_makes_of_it(
    stack: TestStack, posts: list[dict[str, Any]], regions: Regions, timed: Timed
) -> None:
    before = await scrubbed(stack)
    original, *_ = regions.keys("us", posts[2])
    content = regions.read("us", original)
    assert rot(stack, "us", content)
    with timed("a scrub that finds one rotten object, which its store may take long to read"):
        report = await scrubbed(stack)
    assert (report.intact, report.repaired) == (before.intact - 1, before.repaired + 1)
    assert report.harmed == before.harmed + 1
    assert (report.away, report.lost) == (before.away, before.lost)
    assert regions.read("us", original) == content


async def test_what_is_damaged_in_both_regions_is_said_to_be_lost_and_not_spread(
    stack: TestStack, posts: list[dict[str, Any]], regions: Regions
) -> None:
    before = await scrubbed(stack)
    original, rendition, *_ = regions.keys("eu", posts[0])
    content = regions.read("eu", original)
    regions.write("eu", original, flipped(content))
    regions.write("us", original, content[:-1])
    regions.remove("us", rendition)
    code, counts = await told(stack, "--verbose")
    assert (code, counts["lost"], counts["repaired"]) == (1, before.lost + 1, before.repaired + 1)
    assert regions.read("eu", original) == flipped(content)
    assert regions.read("us", original) == content[:-1]
    assert regions.read("us", rendition) == regions.read("eu", rendition)

    regions.write("us", original, content)  # somebody has found a backup
    report = await scrubbed(stack, "eu")
    assert (report.altered, report.repaired) == (before.altered // 2 + 1, before.repaired + 1)
    assert regions.read("eu", original) == content


async def test_a_post_that_is_older_than_copies_gets_them(
    posts: list[dict[str, Any]], regions: Regions, truth: Truth
) -> None:
    original, *_ = regions.keys("eu", posts[1])
    regions.remove("us", original)
    number = {"_id": number_of(posts[1]["id"])}
    await truth.database.posts.update_one(number, {"$unset": {"copies": True}})

    async def copied() -> bool:
        document = await truth.database.posts.find_one(number)
        return document is not None and "copies" in document and document["owed"] == []

    await until(copied, seconds=COPIED_MAX_SECONDS)
    assert regions.read("us", original) == regions.read("eu", original)


class Devices:
    """They ask for photos again and again, and note what they got instead."""

    def __init__(self, photos: dict[str, str]) -> None:
        self._photos = photos
        self._rounds = 0
        self.failures: list[str] = []

    async def ask(self) -> None:
        """Go on for ever."""
        async with httpx2.AsyncClient(timeout=30) as http:
            while True:
                for url, expected in self._photos.items():
                    answer = await http.get(url)
                    if sha256(answer.content).hexdigest() != expected:
                        self.failures.append(f"{answer.status_code} {url}")
                self._rounds += 1
                await asyncio.sleep(0.05)  # the machine has other things to do

    async def have_asked_again(self) -> None:
        """Wait until every photo was asked for since."""
        wanted = self._rounds + 2

        async def asked() -> bool:
            return self._rounds >= wanted

        await until(asked)


@asynccontextmanager
async def asking(photos: dict[str, str]) -> AsyncIterator[Devices]:
    """Devices that ask for photos, whose SHA-256 are given by their URLs, meanwhile."""
    devices = Devices(photos)
    task = asyncio.create_task(devices.ask())
    yield devices
    if task.done():
        await task
    task.cancel()


def forget_cached(stack: TestStack) -> None:
    """Have the edge ask the regions for everything."""
    for path in (stack.home / "data/nginx/photos").rglob("*"):
        if path.is_file():
            path.unlink(missing_ok=True)


async def test_a_region_whose_disk_is_lost_is_made_whole_again_while_all_is_readable(
    stack: TestStack, posts: list[dict[str, Any]], regions: Regions, timed: Timed
) -> None:
    before = await scrubbed(stack)
    whole = await asyncio.to_thread(regions.all_of, posts)
    variants = [each for post in posts for each in post["image"]["variants"]]
    async with asking({each["url"]: each["sha256"] for each in variants}) as devices:
        with timed("a region's data is lost, its store is back, and it is scrubbed"):
            stack.stop("store-eu")
            for folder in (stack.home / "data").glob("store-eu-*"):
                for entry in folder.iterdir():
                    shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
            forget_cached(stack)
            stack.start("store-eu")
            await asyncio.to_thread(stack.wait_until_ready, "store-eu")
            assert (await photofeed(stack, "init"))[0] == 0
            forget_cached(stack)
            report = await scrubbed(stack)
        forget_cached(stack)
        await devices.have_asked_again()
    assert devices.failures == []
    assert report.objects == before.objects
    assert report.missing - before.missing == report.repaired == before.intact // 2
    assert await asyncio.to_thread(regions.all_of, posts) == whole
    assert await scrubbed(stack) == before
