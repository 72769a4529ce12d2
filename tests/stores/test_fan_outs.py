"""A fan-out, chunk by chunk, on the real stores; the queue between is a list."""

from functools import partial

import pytest

from app.feeds.fan_out import FanOuts
from app.feeds.store import TimelineStore
from app.follows.model import Edge, FollowerChunk
from app.follows.store import FollowStore
from app.ids import IdSource, random_shard, shard_of
from app.jobs import FanOut, FanOutChunk, Job
from app.posts.model import Post, PostState
from app.posts.outbox import Outbox
from app.posts.store import PostStore
from app.transactions import Transactions
from tests.stores.samples import a_post, build, read

CHUNK = 3
CHUNKS = 3
AUTHOR_SHARD = 5


class Sent:
    """A queue that keeps what it is given."""

    def __init__(self) -> None:
        self.jobs: list[Job] = []

    async def send(self, job: Job) -> None:
        self.jobs.append(job)


class Interrupted:
    """The followers; as if the worker died once they were read `reads_left` times."""

    def __init__(self, follows: FollowStore) -> None:
        self._follows = follows
        self.reads_left: int | None = None

    async def followers_after(self, followee_id: int, *, after: int, limit: int) -> FollowerChunk:
        if self.reads_left is not None:
            self.reads_left -= 1
            if self.reads_left < 0:
                raise ConnectionError("The worker dies here")
        return await self._follows.followers_after(followee_id, after=after, limit=limit)


class Fixture:
    """An author, followers with warm timelines, a post that owes its fan-out, and its outbox."""

    def __init__(
        self, posts: PostStore, follows: FollowStore, timelines: TimelineStore, ids: IdSource
    ) -> None:
        self.posts = posts
        self.timelines = timelines
        self.sent = Sent()
        self.follows = Interrupted(follows)
        self.post = a_post(ids, ids.next(AUTHOR_SHARD), PostState.READY)
        self.follower_ids = [ids.next(random_shard()) for _ in range(CHUNK * CHUNKS)]

    def fan_outs(self, job_seconds: float) -> FanOuts:
        return FanOuts(
            follows=self.follows,
            timelines=self.timelines,
            outbox=Outbox(posts=self.posts, jobs=self.sent),
            chunk_followers=CHUNK,
            job_seconds=job_seconds,
        )

    async def reached(self) -> list[int]:
        """How often the post is in each follower's timeline, in the order of the edges."""
        return [
            (await read(self.timelines, follower_id)).post_ids.count(self.post.id)
            for follower_id in self.follower_ids
        ]


@pytest.fixture
async def fixture(
    posts: PostStore,
    follow_store: FollowStore,
    timelines: TimelineStore,
    transactions: Transactions,
    ids: IdSource,
) -> Fixture:
    """Everything in place, nothing pushed."""
    made = Fixture(posts, follow_store, timelines, ids)
    await posts.insert(made.post, None)
    for follower_id in made.follower_ids:
        edge = Edge(
            id=ids.next(shard_of(follower_id)),
            follower_id=follower_id,
            followee_id=made.post.author_id,
        )
        await transactions.run(partial(follow_store.insert, edge))
        await build(timelines, follower_id, [])
    return made


async def _is_owed(posts: PostStore, post: Post) -> bool:
    return bool(await posts.owing_fan_out([post.id]))


async def test_one_job_goes_through_all_chunks(fixture: Fixture) -> None:
    await fixture.fan_outs(60).push(fixture.post.id, 0)
    assert await fixture.reached() == [1] * CHUNK * CHUNKS
    assert not await _is_owed(fixture.posts, fixture.post)
    assert fixture.sent.jobs == []


async def test_a_job_that_takes_long_leaves_the_rest_to_another(fixture: Fixture) -> None:
    await fixture.fan_outs(0).push(fixture.post.id, 0)
    assert await fixture.reached() == [1] * CHUNK + [0] * CHUNK * (CHUNKS - 1)
    jobs = 1
    while fixture.sent.jobs:
        job = fixture.sent.jobs.pop()
        assert isinstance(job, FanOutChunk)
        await fixture.fan_outs(0).push(job.post_id, job.after)
        jobs += 1
    assert await fixture.reached() == [1] * CHUNK * CHUNKS
    assert not await _is_owed(fixture.posts, fixture.post)
    assert jobs == CHUNKS + 1  # a chunk that is full does not tell that it is the last


async def test_who_dies_repeats_one_chunk(fixture: Fixture) -> None:
    fixture.follows.reads_left = 2
    with pytest.raises(ConnectionError):
        await fixture.fan_outs(60).push(fixture.post.id, 0)
    state = await fixture.posts.fan_out_state(fixture.post.id)
    assert state is not None
    fixture.follows.reads_left = None
    await fixture.fan_outs(60).push(fixture.post.id, state.reached)
    assert state.reached > 0
    assert await fixture.reached() == [1] * CHUNK * CHUNKS
    assert not await _is_owed(fixture.posts, fixture.post)


async def test_a_run_behind_another_does_nothing(fixture: Fixture) -> None:
    await fixture.fan_outs(0).push(fixture.post.id, 0)
    fixture.follows.reads_left = 0
    await fixture.fan_outs(60).push(fixture.post.id, 0)
    assert [type(job) for job in fixture.sent.jobs] == [FanOutChunk]


async def test_of_two_runs_side_by_side_one_goes_on(fixture: Fixture) -> None:
    """The second finds the checkpoint taken, after the chunk that both had pushed."""
    await Overtaken(fixture).fan_outs.push(fixture.post.id, 0)
    assert await fixture.reached() == [1] * CHUNK * CHUNKS
    assert not await _is_owed(fixture.posts, fixture.post)
    assert fixture.sent.jobs == []


class Overtaken:
    """Runs the whole fan-out once more between the first chunk and its checkpoint."""

    def __init__(self, fixture: Fixture) -> None:
        self._fixture = fixture
        self._has_run = False
        self.fan_outs = FanOuts(
            follows=self,
            timelines=fixture.timelines,
            outbox=Outbox(posts=fixture.posts, jobs=fixture.sent),
            chunk_followers=CHUNK,
            job_seconds=60,
        )

    async def followers_after(self, followee_id: int, *, after: int, limit: int) -> FollowerChunk:
        if after and not self._has_run:
            self._has_run = True
            await self._fixture.fan_outs(60).push(self._fixture.post.id, 0)
        return await self._fixture.follows.followers_after(followee_id, after=after, limit=limit)


@pytest.mark.parametrize("end", ["settled", "deleted"])
async def test_what_is_not_owed_any_more_is_not_pushed_on(
    fixture: Fixture, transactions: Transactions, end: str
) -> None:
    await fixture.fan_outs(0).push(fixture.post.id, 0)
    (job,) = fixture.sent.jobs
    assert isinstance(job, FanOutChunk)
    if end == "settled":
        await fixture.posts.settle(fixture.post.id, FanOut)
    else:
        await transactions.run(lambda tx: fixture.posts.become_deleted(fixture.post.id, tx))
    for after in (0, job.after):
        await fixture.fan_outs(60).push(fixture.post.id, after)
    assert await fixture.reached() == [1] * CHUNK + [0] * CHUNK * (CHUNKS - 1)
