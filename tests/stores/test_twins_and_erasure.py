"""Jobs that render the same photo again, and jobs that erase."""

from datetime import timedelta

import pytest

from app.clients import Clients
from app.ids import IdSource, random_shard
from app.images.regions import LEFT_ALONE_SECONDS
from app.jobs import JOBS_ENDED_SECONDS
from app.live.store import ChangeLog
from app.posts.model import OwedJobs, PostState
from app.posts.store import PostStore
from tests.stores.conftest import RETRY_SECONDS, Database
from tests.stores.scene import Scene


@pytest.fixture
def scene(
    clients: Clients, database: Database, posts: PostStore, log: ChangeLog, ids: IdSource
) -> Scene:
    return Scene(clients, database, posts, log, ids)


async def test_the_same_photo_again_is_not_decoded_again(scene: Scene) -> None:
    published = [await scene.publish() for _ in range(3)]
    assert {post.state for post in published} == {PostState.READY}
    assert len(scene.stamp.decoded) == 1
    images = [post.image for post in published]
    assert images == scene.surroundings.warmed
    keys = {variant.key for image in images if image for variant in image.variants}
    assert len(keys) == 6


async def test_anothers_photo_is_no_twin(scene: Scene, ids: IdSource) -> None:
    await scene.publish()
    assert (await scene.publish(ids.next(random_shard()))).state is PostState.READY
    assert len(scene.stamp.decoded) == 2


@pytest.mark.parametrize("which", [0, 1])
async def test_deleting_a_twin_leaves_the_other_whole(scene: Scene, which: int) -> None:
    twins = [await scene.publish(), await scene.publish()]
    gone, kept = twins[which], twins[1 - which]
    before = scene.keys_of(kept)
    await scene.delete(gone)
    await scene.rendering.erase(gone.id)
    assert scene.keys_of(gone) == set()
    assert scene.keys_of(kept) == before
    assert len(before) == 3


async def test_a_twin_that_is_erased_in_the_middle_is_done_without(scene: Scene) -> None:
    twin = await scene.publish()

    def erase() -> None:
        for region in ("eu", "us"):
            scene.objects.remove_all(region, scene.keys_of(twin))

    scene.objects.meanwhile = erase
    post = await scene.publish()
    assert post.state is PostState.READY
    assert post.image
    assert len(scene.stamp.decoded) == 2
    assert {variant.key for variant in post.image.variants} < scene.keys_of(post)


async def test_a_deleted_post_is_nobodys_twin(scene: Scene) -> None:
    await scene.delete(await scene.publish())
    await scene.publish()
    assert len(scene.stamp.decoded) == 2


async def test_an_erasure_is_struck_off_once_no_job_can_put_anything_any_more(
    scene: Scene,
) -> None:
    post = await scene.publish()
    await scene.delete(post)
    await scene.rendering.erase(post.id)
    assert scene.objects.objects == {}
    document = await scene.document(post)
    assert document["owed"] == ["erase_photo"]
    assert document["owed_due_at"] - document["deleted_at"] == timedelta(seconds=JOBS_ENDED_SECONDS)
    scene.put_late(post)  # and whoever did it dies before it sees that the post is deleted
    await scene.end_jobs()
    assert await scene.posts.take_overdue(10) == [OwedJobs(post_id=post.id, names=("erase_photo",))]
    await scene.rendering.erase(post.id)
    assert scene.objects.objects == {}
    document = await scene.document(post)
    assert document["owed"] == []
    assert "owed_due_at" not in document


async def test_whoever_renders_what_was_erased_meanwhile_erases_it_again(scene: Scene) -> None:
    post = await scene.upload()

    async def erase() -> None:
        await scene.delete(post)
        await scene.rendering.erase(post.id)
        await scene.end_jobs()
        await scene.rendering.erase(post.id)
        assert (await scene.document(post))["owed"] == []
        scene.put_late(post)

    scene.surroundings.meanwhile = erase
    await scene.rendering.render(post.id)
    assert len(scene.surroundings.warmed) == 1
    assert scene.objects.objects == {}
    assert (await scene.document(post))["owed"] == []


async def test_a_region_that_is_away_keeps_its_erasure_owed(scene: Scene) -> None:
    post = await scene.publish()
    await scene.delete(post)
    scene.put_late(post)
    scene.objects.away.add("us")
    await scene.rendering.erase(post.id)
    assert {region for region, _ in scene.objects.objects} == {"us"}
    document = await scene.document(post)
    assert document["owed"] == ["erase_photo"]
    assert document["owed_due_at"] - document["deleted_at"] <= timedelta(seconds=RETRY_SECONDS + 1)
    scene.objects.away.clear()
    scene.clock.seconds += LEFT_ALONE_SECONDS
    await scene.rendering.erase(post.id)
    assert scene.objects.objects == {}
