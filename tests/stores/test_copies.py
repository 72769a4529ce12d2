"""Posts owe their copies until both regions have all of a photo, in MongoDB."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.ids import IdSource
from app.jobs import FanOut, ReplicatePhoto
from app.posts.census import BACKLOG_MAX_POSTS, PostCensus
from app.posts.documents import to_document
from app.posts.model import Post, PostState
from app.posts.store import PostStore
from tests.broken_objects import SHA256, keys_of, put_photo
from tests.mongodb import Asked
from tests.stores.conftest import Database
from tests.stores.copying import Gallery, a_gallery
from tests.stores.samples import a_post

OWED = [FanOut.name, ReplicatePhoto.name]


@pytest.fixture
async def gallery(posts: PostStore, database: Database, ids: IdSource) -> Gallery:
    return await a_gallery(database, ids)


async def owing(gallery: Gallery, *regions: str) -> Post:
    """A post that has just become READY."""
    return await gallery.post(*regions, owed=OWED, owed_due_at=datetime.now(UTC))


async def test_a_post_owes_its_copies_until_they_are_verified(gallery: Gallery) -> None:
    post = await owing(gallery, "eu")
    begin = datetime.now(UTC) - timedelta(milliseconds=1)
    await gallery.replication.replicate(post.id)
    for key in keys_of(post.id):
        assert gallery.objects.objects["us", key] == gallery.objects.objects["eu", key]
        assert gallery.objects.headers["us", key] == gallery.objects.headers["eu", key]
    document = await gallery.document(post)
    assert document["owed"] == [FanOut.name]
    assert [copy["region"] for copy in document["copies"]] == ["eu", "us"]
    assert all(copy["verified_at"].replace(tzinfo=UTC) >= begin for copy in document["copies"])


async def test_what_is_not_owed_is_not_looked_at(gallery: Gallery) -> None:
    copied = await gallery.post("eu", "us")
    new = await gallery.post("eu", state=PostState.PROCESSING, owed=["render_photo"])
    gone = await gallery.post(state=PostState.DELETED, owed=["erase_photo"])
    for post_id in (copied.id, new.id, gone.id, 5):
        await gallery.replication.replicate(post_id)
    assert gallery.objects.fetched == []


async def test_renditions_that_had_to_go_to_the_partner_come_home(gallery: Gallery) -> None:
    post = await owing(gallery, "us")
    await gallery.replication.replicate(post.id)
    assert ("eu", keys_of(post.id)[0]) in gallery.objects.objects
    assert await gallery.copied_to(post) == ["eu", "us"]


@pytest.mark.parametrize("region", ["eu", "us"])
async def test_while_a_region_is_away_copies_stay_owed(gallery: Gallery, region: str) -> None:
    post = await owing(gallery, "eu")
    gallery.objects.away = {region}
    await gallery.replication.replicate(post.id)
    assert gallery.objects.fetched == []  # it is not worth while
    assert (await gallery.document(post))["owed"] == OWED
    assert await gallery.copied_to(post) is None


async def test_what_cannot_be_put_stays_owed(gallery: Gallery) -> None:
    post = await owing(gallery, "eu")
    gallery.objects.full = {"us"}
    await gallery.replication.replicate(post.id)
    assert (await gallery.document(post))["owed"] == OWED
    gallery.objects.full = set()
    await gallery.replication.replicate(post.id)
    assert await gallery.copied_to(post) == ["eu", "us"]


async def test_a_deletion_meanwhile_leaves_no_copy(gallery: Gallery, posts: PostStore) -> None:
    post = await owing(gallery, "eu")

    async def deleted() -> None:
        assert gallery.objects.was_put
        await gallery.database["posts"].update_one(
            {"_id": post.id}, {"$set": {"state": "DELETED", "owed": []}}
        )

    gallery.meanwhile.happens = deleted
    await gallery.replication.replicate(post.id)
    assert gallery.objects.objects == {}
    assert await gallery.copied_to(post) is None


async def test_what_is_lost_is_owed_no_more(
    gallery: Gallery, caplog: pytest.LogCaptureFixture
) -> None:
    post = await owing(gallery, "eu")
    original = keys_of(post.id)[-1]
    gallery.objects.break_object(("eu", original), "missing")
    gallery.images.rendered = [b"one", b"two", b"three"]
    gallery.objects.break_object(("eu", keys_of(post.id)[0]), "altered")
    await gallery.replication.replicate(post.id)
    document = await gallery.document(post)
    assert (document["owed"], document["copies"]) == ([FanOut.name], [])
    assert original in caplog.text
    assert await gallery.replication.owe_missing() == 0
    assert ("us", keys_of(post.id)[1]) in gallery.objects.objects  # the rest is copied


async def test_lost_renditions_are_made_anew_if_they_come_out_the_same(gallery: Gallery) -> None:
    post = await owing(gallery, "eu")
    gallery.objects.break_object(("eu", keys_of(post.id)[0]), "altered")
    before = gallery.objects.objects["eu", keys_of(post.id)[1]]
    await gallery.replication.replicate(post.id)
    assert await gallery.copied_to(post) == ["eu", "us"]
    assert gallery.objects.objects["us", keys_of(post.id)[1]] == before

    other = await owing(gallery, "eu")
    gallery.objects.break_object(("eu", keys_of(other.id)[0]), "altered")
    gallery.images.rendered = [b"made by", b"another version", b"of an encoder"]
    await gallery.replication.replicate(other.id)
    assert await gallery.copied_to(other) == []


async def test_without_a_partner_one_region_will_do(gallery: Gallery) -> None:
    post = await owing(gallery, "eu")
    gallery.replication._pair = lambda region: (region,)
    await gallery.replication.replicate(post.id)
    assert await gallery.copied_to(post) == ["eu"]
    assert {region for region, _ in gallery.objects.objects} == {"eu"}


async def test_posts_without_copies_that_owe_nothing_are_found(
    gallery: Gallery, posts: PostStore
) -> None:
    old = [await gallery.post("eu") for _ in range(3)]
    others: tuple[dict[str, Any], ...] = (
        {"copies": []},
        {"copies": [{"region": "eu", "verified_at": datetime.now(UTC)}]},
        {"owed": OWED, "owed_due_at": datetime(2100, 1, 1, tzinfo=UTC)},
        {"state": PostState.DELETED},
        {"state": PostState.FAILED},
    )
    for other in others:
        await gallery.post("eu", **other)
    assert await gallery.replication.owe_missing() == 3
    assert await gallery.replication.owe_missing() == 0
    overdue = await posts.take_overdue(100)
    assert sorted(owed.post_id for owed in overdue) == sorted(post.id for post in old)
    assert {owed.names for owed in overdue} == {(ReplicatePhoto.name,)}
    for post in old:
        await gallery.replication.replicate(post.id)
        assert await gallery.copied_to(post) == ["eu", "us"]
        assert "owed_due_at" not in await gallery.document(post)


async def test_posts_without_copies_are_found_by_their_index_and_only_some_at_a_time(
    gallery: Gallery, watched: Database, asked: Asked, ids: IdSource
) -> None:
    now = datetime.now(UTC)
    many = [
        {**to_document(a_post(ids, state=PostState.READY)), "owed": [], "copies": copies}
        for copies in ([{"region": "eu", "verified_at": now}],) * 1_000 + (None,) * 300
    ]
    await gallery.database["posts"].insert_many(many)
    census = PostCensus(watched)
    with asked.recording() as commands:
        assert await census.owe_missing() == BACKLOG_MAX_POSTS
    finds = [command for command in commands if "find" in command]
    plan = await watched.command({"explain": finds[0], "verbosity": "executionStats"})
    assert plan["executionStats"]["totalDocsExamined"] == 300  # those that it has made owe, too
    with asked.recording() as commands:
        assert await census.owe_missing() == 0  # there is enough to do
    assert len(commands) == 1


async def test_a_photo_that_was_copied_by_two_at_once_is_copied_once_more(gallery: Gallery) -> None:
    post = await owing(gallery, "eu")
    put_photo(gallery.objects, post.id, "us")
    copied = await gallery.census.owing_copies(post.id)
    assert copied is not None
    assert copied.post.original_sha256 == SHA256
    await gallery.replication.replicate(post.id)
    await gallery.replication.see_to(copied, ("eu", "us"))  # the other is late
    assert await gallery.copied_to(post) == ["eu", "us"]
    assert (await gallery.document(post))["owed"] == [FanOut.name]
