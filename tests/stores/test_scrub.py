"""A scrub over MongoDB and object stores in memory: what it finds, mends, and leaves alone."""

import asyncio
import time
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, cast

import pytest

from app.ids import IdSource
from app.images.conditions import Found
from app.images.model import original_prefix
from app.jobs import ReplicatePhoto
from app.posts.store import PostStore
from app.scrub.model import Progress, Report
from app.scrub.pace import BytesPerSecond
from tests.broken_objects import keys_of, put, put_photo
from tests.stores.conftest import Database
from tests.stores.copying import EVERYWHERE, OBJECTS, Gallery, a_gallery

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

DRY = replace(EVERYWHERE, is_dry=True)
HOUR = timedelta(hours=1, seconds=5)


@pytest.fixture
async def gallery(posts: PostStore, database: Database, ids: IdSource) -> Gallery:
    return await a_gallery(database, ids)


async def whole(gallery: Gallery, posts: int) -> Report:
    """What a scrub says of so many posts with which nothing is wrong."""
    objects = 2 * OBJECTS * posts
    stored = sum(map(len, gallery.objects.objects.values()))
    return Report(posts=posts, objects=objects, bytes_read=stored, intact=objects)


async def test_what_is_whole_is_read_back_and_recorded(gallery: Gallery) -> None:
    posts = [await gallery.post("eu", "us") for _ in range(3)]
    expected = await whole(gallery, 3)
    assert await gallery.scrubbed() == expected
    assert expected.is_whole
    assert [await gallery.copied_to(post) for post in posts] == [["eu", "us"]] * 3


async def test_every_harm_is_counted_and_repaired(gallery: Gallery) -> None:
    posts = [await gallery.post("eu", "us") for _ in range(4)]
    before = dict(gallery.objects.objects)
    harms = ["missing", "missing", "truncated", "altered", "altered", "altered", "unreadable"]
    for number, harm in enumerate(harms):
        key = keys_of(posts[number // OBJECTS].id)[number % OBJECTS]
        gallery.objects.break_object((("eu", "us")[number % 2], key), harm)
    report = await gallery.scrubbed()
    assert (report.missing, report.truncated, report.altered, report.unreadable) == (2, 1, 3, 1)
    assert (report.repaired, report.lost, report.intact) == (7, 0, report.objects - 7)
    assert report.is_whole
    assert gallery.objects.objects == before
    assert await gallery.scrubbed() == await whole(gallery, 4)


async def test_what_is_lost_is_said_and_the_rest_repaired(gallery: Gallery) -> None:
    post, other = [await gallery.post("eu", "us") for _ in range(2)]
    *_, original = keys_of(post.id)
    for region in ("eu", "us"):
        gallery.objects.break_object((region, original), "altered")
    gallery.objects.break_object(("us", keys_of(other.id)[0]), "missing")
    broken = gallery.objects.objects["us", original]
    report = await gallery.scrubbed()
    assert (report.lost, report.altered, report.missing, report.repaired) == (1, 2, 1, 1)
    assert not report.is_whole
    assert gallery.objects.objects["us", original] == broken
    assert (await gallery.copied_to(post), await gallery.copied_to(other)) == ([], ["eu", "us"])

    put_photo(gallery.objects, post.id, "us")  # somebody has found a backup
    assert (await gallery.scrubbed()).is_whole
    assert await gallery.copied_to(post) == ["eu", "us"]


async def test_lost_renditions_that_are_made_anew_count_as_repaired(gallery: Gallery) -> None:
    post = await gallery.post("eu", "us")
    for region, harm in (("eu", "missing"), ("us", "truncated")):
        gallery.objects.break_object((region, keys_of(post.id)[0]), harm)
    report = await gallery.scrubbed()
    assert (report.missing, report.truncated, report.repaired, report.lost) == (1, 1, 2, 0)
    assert report.is_whole


async def test_a_dry_run_changes_nothing(gallery: Gallery) -> None:
    posts = [await gallery.post("eu", "us") for _ in range(2)]
    gallery.objects.break_object(("us", keys_of(posts[0].id)[0]), "altered")
    put(gallery.objects, "eu", f"{original_prefix(5)}0123456789abcdef", b"an orphan")
    gallery.objects.modified_at -= HOUR
    objects = dict(gallery.objects.objects)
    documents = [await gallery.document(post) for post in posts]
    for _ in range(2):
        report = await gallery.scrubbed(DRY)
        assert (report.altered, report.repaired, report.orphans) == (1, 0, 1)
        assert not report.is_whole
    assert gallery.objects.objects == objects
    assert [await gallery.document(post) for post in posts] == documents
    assert await gallery.database["scrubs"].count_documents({}) == 0


async def test_an_interrupted_run_goes_on_where_it_was(
    gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.scrub.photos.BATCH_POSTS", 2)
    for _ in range(5):
        await gallery.post("eu", "us")
    steps = cast("AsyncGenerator[Progress]", gallery.scrub.run(EVERYWHERE, from_start=False))
    async with aclosing(steps):
        reports = [(await anext(steps)).report.posts for _ in range(3)]
    assert reports == [0, 2, 4]
    gallery.objects.fetched.clear()
    assert await gallery.scrubbed() == await whole(gallery, 5)
    assert len(gallery.objects.fetched) == 2 * OBJECTS
    gallery.objects.fetched.clear()
    assert await gallery.scrubbed() == await whole(gallery, 5)  # the one before was done
    assert len(gallery.objects.fetched) == 2 * OBJECTS * 5


async def test_a_run_may_begin_anew(gallery: Gallery) -> None:
    await gallery.post("eu", "us")
    steps = cast("AsyncGenerator[Progress]", gallery.scrub.run(EVERYWHERE, from_start=False))
    async with aclosing(steps):
        assert [(await anext(steps)).report.posts for _ in range(2)] == [0, 1]
    assert (await gallery.scrubbed(from_start=True)).posts == 1
    assert await gallery.database["scrubs"].count_documents({}) == 0


async def test_one_region_is_repaired_from_what_is_not_looked_at(gallery: Gallery) -> None:
    verified = {"region": "eu", "verified_at": datetime(2020, 1, 1, tzinfo=UTC)}
    post = await gallery.post("eu", "us", copies=[verified])
    gallery.objects.break_object(("us", keys_of(post.id)[0]), "truncated")
    report = await gallery.scrubbed(replace(EVERYWHERE, region="us"))
    assert (report.objects, report.truncated, report.repaired) == (OBJECTS, 1, 1)
    copies = (await gallery.document(post))["copies"]
    assert [copy["region"] for copy in copies] == ["eu", "us"]
    assert copies[0]["verified_at"].year == 2020


async def test_posts_whose_copies_are_being_made_are_left_to_that_job(gallery: Gallery) -> None:
    await gallery.post("eu", owed=[ReplicatePhoto.name])
    assert await gallery.scrubbed() == Report(posts_awaited=1)
    assert gallery.objects.fetched == []


async def test_what_cannot_be_repaired_is_owed(gallery: Gallery) -> None:
    post = await gallery.post(
        "eu", "us", copies=[{"region": "us", "verified_at": datetime.now(UTC)}]
    )
    gallery.objects.break_object(("us", keys_of(post.id)[0]), "altered")
    gallery.objects.full = {"us"}
    report = await gallery.scrubbed()
    assert (report.altered, report.repaired, report.lost) == (1, 0, 0)
    assert not report.is_whole
    assert await gallery.copied_to(post) is None
    assert (await gallery.document(post))["owed"] == [ReplicatePhoto.name]
    gallery.objects.full = set()
    await gallery.replication.replicate(post.id)
    assert (await gallery.scrubbed()).is_whole


async def test_a_region_that_is_away_is_said_not_to_have_been_looked_at(gallery: Gallery) -> None:
    copies = [{"region": "us", "verified_at": datetime(2020, 1, 1, tzinfo=UTC)}]
    post = await gallery.post("eu", "us", copies=copies)
    gallery.objects.away = {"us"}
    report = await gallery.scrubbed()
    assert (report.intact, report.away, report.lost, report.unlisted) == (OBJECTS, OBJECTS, 0, 2)
    assert not report.is_whole
    assert await gallery.copied_to(post) == ["us"]


async def test_what_is_deleted_meanwhile_is_not_put_back(gallery: Gallery) -> None:
    post = await gallery.post("eu")

    async def deleted() -> None:
        await gallery.database["posts"].update_one({"_id": post.id}, {"$set": {"state": "DELETED"}})

    gallery.meanwhile.happens = deleted
    assert (await gallery.scrubbed()).missing == OBJECTS
    assert gallery.objects.objects == {}


async def test_two_at_once_do_no_harm(gallery: Gallery, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.scrub.photos.BATCH_POSTS", 2)
    posts = [await gallery.post("eu", "us") for _ in range(5)]
    before = dict(gallery.objects.objects)
    for post in posts:
        gallery.objects.break_object(("eu", keys_of(post.id)[1]), "altered")
    reports = await asyncio.gather(*(gallery.scrubbed(from_start=True) for _ in range(2)))
    assert all(report.is_whole for report in reports)
    assert gallery.objects.objects == before
    assert await gallery.scrubbed(from_start=True) == await whole(gallery, 5)


async def test_what_is_wrong_is_named(gallery: Gallery) -> None:
    post = await gallery.post("eu", "us")
    gallery.objects.break_object(("us", keys_of(post.id)[0]), "missing")
    found = [each for step in await gallery.steps() for each in step.findings]
    assert [
        (each.region, each.key, each.condition, each.is_repaired)
        for each in found
        if isinstance(each, Found)
    ] == [("us", keys_of(post.id)[0], "missing", True)]


async def test_reading_keeps_to_its_pace(gallery: Gallery) -> None:
    for _ in range(3):
        await gallery.post("eu", "us")
    gallery.objects.break_object(("us", next(key for _, key in gallery.objects.objects)), "missing")
    begin, pace = time.monotonic(), BytesPerSecond(10_000)
    report = await gallery.scrubbed(replace(EVERYWHERE, pace=pace))
    assert report.bytes_read == sum(map(len, gallery.objects.objects.values()))
    assert time.monotonic() - begin >= report.bytes_read / 10_000
