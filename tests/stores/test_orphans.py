"""A scrub removes objects that belong to no post, or not any more."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.ids import IdSource
from app.images.model import original_prefix, rendition_prefix
from app.jobs import ErasePhoto
from app.posts.model import PostState
from app.posts.store import PostStore
from tests.broken_objects import keys_of, put
from tests.stores.conftest import Database
from tests.stores.copying import EVERYWHERE, OBJECTS, Gallery, a_gallery

DRY = replace(EVERYWHERE, is_dry=True)
HOUR = timedelta(hours=1, seconds=5)


@pytest.fixture
async def gallery(posts: PostStore, database: Database, ids: IdSource) -> Gallery:
    return await a_gallery(database, ids)


async def test_objects_of_no_post_are_removed_when_they_are_old(gallery: Gallery) -> None:
    ready = await gallery.post("eu", "us")
    failed = await gallery.post("eu", state=PostState.FAILED)
    await gallery.post("eu", state=PostState.PROCESSING)
    await gallery.post("eu", state=PostState.DELETED, owed=[ErasePhoto.name])
    put(gallery.objects, "eu", "staging/0123456789abcdef", b"an upload")
    kept = {
        where: content
        for where, content in gallery.objects.objects.items()
        if not where[1].startswith(rendition_prefix(failed.id))
    }
    orphans = {
        *(where for where in gallery.objects.objects if where not in kept),
        ("us", f"{original_prefix(ready.id)}fedcba9876543210"),
        ("us", f"{rendition_prefix(ready.id)}fedcba9876543210/320.jpg"),
        ("eu", f"{original_prefix(5)}fedcba9876543210"),
        ("eu", f"originals/{'f' * 16}/fedcba9876543210"),
        ("eu", "renditions/nobody"),
    }
    for region, key in orphans:
        put(gallery.objects, region, key, b"an orphan")
    assert await gallery.orphans() == set()  # they may be somebody's in a moment
    gallery.objects.modified_at -= HOUR
    assert await gallery.orphans(DRY) == orphans
    assert (await gallery.scrubbed()).orphans == len(orphans)
    assert gallery.objects.objects == kept
    assert await gallery.orphans() == set()


async def test_a_region_that_was_restored_brings_nothing_back(gallery: Gallery) -> None:
    gone = await gallery.post("us", state=PostState.DELETED)
    shown = await gallery.post("eu", "us")
    report = await gallery.scrubbed()  # however young
    assert (report.orphans, report.is_whole) == (OBJECTS, True)
    assert {key for _, key in gallery.objects.objects} == {*keys_of(shown.id)}
    assert await gallery.copied_to(gone) is None


async def test_orphans_are_looked_for_a_page_at_a_time(
    gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.scrub.orphans.PAGE_OBJECTS", 3)
    for _ in range(4):
        await gallery.post("eu", "us", state=PostState.DELETED)
    steps = await gallery.steps()
    assert max(len(step.findings) for step in steps) == 3
    assert steps[-1].report.orphans == 2 * 4 * OBJECTS
    assert gallery.objects.objects == {}
