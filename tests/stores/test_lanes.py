"""Two lanes for photos: whoever takes long, or sends many, does not keep others waiting."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from app.clients import Clients
from app.ids import IdSource
from app.images.model import Image, NotAPhotoError, OutOfTimeError
from app.jobs import FanOut, Job, RenderPhoto, RenderPhotoSlowly
from app.live.bus import LiveBus
from app.live.changes import Changes
from app.live.store import ChangeLog
from app.posts.model import Post, PostState
from app.posts.outbox import Outbox
from app.posts.rendering import Rendering
from app.posts.store import PostStore
from app.transactions import Transaction, Transactions
from tests.stores.conftest import RETRY_SECONDS, Database
from tests.stores.samples import IMAGE, a_post

QUICK_MAX = 2


class Queue:
    """Keeps what is sent."""

    def __init__(self) -> None:
        self.jobs: list[Job] = []

    async def send(self, job: Job) -> None:
        self.jobs.append(job)


class Images:
    """Renditions that take long, or do not; `asked` says in which lanes they were asked for."""

    def __init__(self) -> None:
        self.error: NotAPhotoError | None = None
        self.asked: list[bool] = []

    async def render(
        self, post_id: int, region: str, original_sha256: str, *, is_quick: bool
    ) -> Image:
        self.asked.append(is_quick)
        if self.error is not None:
            raise self.error
        return IMAGE

    async def copy(self, post_id: int, region: str, twin: Image) -> Image | None:
        return None

    async def erase(self, post_id: int) -> None:
        raise AssertionError("Nothing here is deleted")

    async def warm(self, image: Image) -> None:
        """There are no edges."""


class Counts:
    """Counts nothing."""

    async def count_post(self, *, author_id: int, change: int, transaction: Transaction) -> bool:
        return False


@pytest.fixture
def queue() -> Queue:
    return Queue()


@pytest.fixture
def images() -> Images:
    return Images()


@pytest.fixture
def rendering(
    posts: PostStore,
    log: ChangeLog,
    clients: Clients,
    transactions: Transactions,
    queue: Queue,
    images: Images,
) -> Rendering:
    return Rendering(
        posts=posts,
        images=images,
        edges=images,
        counts=Counts(),
        changes=Changes(log=log, bus=LiveBus(clients.bus), kept_seconds=60),
        outbox=Outbox(posts=posts, jobs=queue),
        transactions=transactions,
        quick_max=QUICK_MAX,
    )


async def insert(posts: PostStore, ids: IdSource, count: int, author_id: int = 1) -> list[Post]:
    new = [a_post(ids, author_id) for _ in range(count)]
    for post in new:
        await posts.insert(post, None)
    return new


async def state(posts: PostStore, post: Post) -> PostState:
    found = await posts.find(post.id)
    assert found is not None
    return found.state


async def test_a_photo_that_takes_long_goes_on_in_the_slow_lane(
    rendering: Rendering, posts: PostStore, ids: IdSource, queue: Queue, images: Images
) -> None:
    (post,) = await insert(posts, ids, 1)
    images.error = OutOfTimeError("Too long.")
    await rendering.render(post.id)
    assert queue.jobs == [RenderPhotoSlowly(post_id=post.id)]
    assert await state(posts, post) is PostState.PROCESSING
    images.error = None
    await rendering.render_slowly(post.id)
    assert images.asked == [True, False]
    assert await state(posts, post) is PostState.READY


async def test_what_takes_too_long_even_there_is_refused_in_words(
    rendering: Rendering, posts: PostStore, ids: IdSource, images: Images
) -> None:
    (post,) = await insert(posts, ids, 1)
    images.error = OutOfTimeError("Too long.")
    await rendering.render_slowly(post.id)
    found = await posts.find(post.id)
    assert found is not None
    assert (found.state, found.failure) == (PostState.FAILED, "Too long.")


async def test_the_quick_lane_leaves_alone_what_is_in_the_slow_one(
    rendering: Rendering, posts: PostStore, ids: IdSource, images: Images
) -> None:
    (post,) = await insert(posts, ids, 1)
    assert await posts.slow_down(post.id)
    await rendering.render(post.id)
    assert images.asked == []


async def test_who_has_several_photos_under_way_waits_for_himself(
    rendering: Rendering, posts: PostStore, ids: IdSource, queue: Queue, images: Images
) -> None:
    first, second, third = await insert(posts, ids, QUICK_MAX + 1)
    (other,) = await insert(posts, ids, 1, author_id=2)
    await rendering.render(third.id)
    assert queue.jobs == [RenderPhotoSlowly(post_id=third.id)]
    assert images.asked == []
    for post in (first, second, other):
        await rendering.render(post.id)
        assert await state(posts, post) is PostState.READY
    assert images.asked == [True] * 3


async def test_what_is_done_makes_room_in_the_quick_lane(
    rendering: Rendering, posts: PostStore, ids: IdSource, images: Images
) -> None:
    uploaded = await insert(posts, ids, 3 * QUICK_MAX)
    for post in uploaded:
        await rendering.render(post.id)
    assert images.asked == [True] * len(uploaded)


async def test_both_lanes_at_once_publish_a_post_once(
    rendering: Rendering, posts: PostStore, ids: IdSource, log: ChangeLog
) -> None:
    (post,) = await insert(posts, ids, 1)
    await asyncio.gather(rendering.render(post.id), rendering.render_slowly(post.id))
    assert await state(posts, post) is PostState.READY
    assert len(await log.read_after(0, limit=10)) == 1


async def test_what_waits_in_the_slow_lane_is_sent_there_again_and_seldom(
    posts: PostStore, ids: IdSource, database: Database, transactions: Transactions
) -> None:
    quick, slow, done = await insert(posts, ids, 3)
    for post in (slow, done):
        await posts.slow_down(post.id)
    await transactions.run(lambda tx: posts.become_ready(done.id, IMAGE, tx))
    overdue = {"$set": {"owed_due_at": datetime.now(UTC) - timedelta(seconds=1)}}
    await database["posts"].update_many({}, overdue)
    jobs = {job for owed in await posts.take_overdue(10) for job in owed.jobs()}
    assert {
        RenderPhoto(post_id=quick.id),
        RenderPhotoSlowly(post_id=slow.id),
        FanOut(post_id=done.id),
    } <= jobs
    due = {each["_id"]: each["owed_due_at"] async for each in database["posts"].find()}
    soon = datetime.now(UTC).replace(tzinfo=None) + timedelta(seconds=RETRY_SECONDS)
    assert max(due[quick.id], due[done.id]) <= soon < due[slow.id]
