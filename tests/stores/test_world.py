"""Feeds are what a plain oracle says, whatever happens, in whatever order, whatever is lost.

Hypothesis drives a world on real servers. Steps that follow each other must show at once, whether
their jobs have run or not; steps at the same time must show when all of them are done. More of it:
`make soak`.
"""

import asyncio
import random
from collections.abc import Coroutine
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test
from pydantic_settings import BaseSettings, SettingsConfigDict

from tests.stack import TestStack
from tests.stores.mending import assert_at_rest
from tests.stores.world import World

SIZES = st.sampled_from([1, 2, 3, 7, 100])
PEOPLE_MIN, PEOPLE_MAX, DEVICES_MAX = 9, 16, 4


class Budget(BaseSettings):
    """How much of it; `make soak` asks for more."""

    model_config = SettingsConfigDict(env_prefix="SOAK_")

    lives: int = 12
    steps: int = 50


class Machine(RuleBasedStateMachine):
    """What may happen next."""

    stack: TestStack

    def __init__(self) -> None:
        super().__init__()
        self._runner = asyncio.Runner()
        self._world: World | None = None

    @property
    def world(self) -> World:
        if self._world is None:
            self._world = World(self.stack.settings, random.Random(0))  # noqa: S311 - reproducible
            self.run(self._world.begin())
        return self._world

    def run(self, step: Coroutine[Any, Any, Any]) -> Any:
        return self._runner.run(step)

    @rule(seed=st.integers(0, 1 << 30))
    def reseed(self, seed: int) -> None:
        self.world.dice.seed(seed)

    @rule()
    def sign_up(self) -> None:
        if len(self.world.oracle.people) < PEOPLE_MAX:
            self.run(self.world.sign_up())

    @rule()
    def follow(self) -> None:
        follower, followee = self.world.dice.sample(self.world.oracle.people, 2)
        self.run(self.world.follow(follower, followee))
        self._check_page(follower)

    @rule()
    def unfollow(self) -> None:
        follower = self.world.person
        followees = sorted(self.world.oracle.followees[follower])
        if followees:
            self.run(self.world.unfollow(follower, self.world.dice.choice(followees)))
            self._check_page(follower)

    @rule()
    def everybody_follows_one(self) -> None:
        """Over the threshold, all at once, while the one publishes and is read."""
        world = self.world
        followee = world.person
        followers = [each for each in world.oracle.people if each != followee]
        self._at_once(
            *(world.follow(each, followee) for each in followers),
            self._publish(followee),
            self._look(world.person),
        )

    @rule()
    def most_turn_away(self) -> None:
        """Below the threshold again."""
        world = self.world
        followee = max(world.oracle.people, key=lambda each: len(world.oracle.followers(each)))
        leaving = sorted(world.oracle.followers(followee))[: world.dice.randint(1, PEOPLE_MAX)]
        self._at_once(
            *(world.unfollow(each, followee) for each in leaving),
            self._publish(followee),
            self._look(world.person),
        )

    @rule(count=st.integers(1, 4))
    def publish(self, count: int) -> None:
        self._at_once(*(self._publish(self.world.person) for _ in range(count)))

    @rule(count=st.integers(1, 9))
    def publish_much(self, count: int) -> None:
        author = self.world.person
        for _ in range(count):
            self.run(self._publish(author))

    @rule()
    def upload(self) -> None:
        self.run(self.world.upload(self.world.person))

    @precondition(lambda self: self._world and self._world.processing)
    @rule()
    def finish(self) -> None:
        """Posts become READY in any order."""
        self.run(self.world.finish(self.world.dice.choice(self.world.processing)))

    @rule()
    def delete(self) -> None:
        world = self.world
        processing = [post for post in world.processing if post.id not in world.deleted]
        posts = world.oracle.author_of | {post.id: post.author_id for post in processing}
        if posts:
            post_id = world.dice.choice(sorted(posts))
            followers = sorted(world.oracle.followers(posts[post_id]))
            self.run(world.delete(post_id, posts[post_id]))
            for each in followers[:1]:
                self._check_page(each)

    @rule(max_seconds=st.sampled_from([0, 5]))
    def delete_account(self, max_seconds: float) -> None:
        """Gone at once, however much is erased by then, and whatever others do meanwhile."""
        world = self.world
        if len(world.oracle.people) > PEOPLE_MIN:
            leaving, one, other = world.dice.sample(world.oracle.people, 3)
            followers = sorted(world.oracle.followers(leaving))[:2]
            self._at_once(
                world.delete_account(leaving, max_seconds),
                *(world.answer(4), world.follow(one, other)),
                *(self._publish(leaving), self._publish(other), self._look(one)),
            )
            for each in followers:
                self._check_page(each)

    @rule(count=st.integers(1, 6))
    def answer_jobs(self, count: int) -> None:
        self.run(self.world.answer(count))

    @rule()
    def answer_and_change(self) -> None:
        """Jobs run while people follow, unfollow, publish and read."""
        world = self.world
        follower, followee, author = world.dice.sample(world.oracle.people, 3)
        change = world.dice.choice([world.follow, world.unfollow])
        self._at_once(
            world.answer(4),
            change(follower, followee),
            self._publish(author),
            self._look(follower),
            self._look(world.person),
        )

    @rule()
    def evict(self) -> None:
        self.run(self.world.evict(self.world.dice.sample(self.world.oracle.people, 3)))

    @rule()
    def flush(self) -> None:
        self.run(self.world.flush())

    @rule(first=SIZES)
    def read(self, first: int) -> None:
        self._check_page(self.world.person, first)

    @rule(first=SIZES)
    def read_on(self, first: int) -> None:
        """From anywhere, also from where a post was that is gone."""
        viewer = self.world.person
        feed = self.world.oracle.feed(viewer)
        if feed:
            before = self.world.dice.choice(feed) + self.world.dice.choice([0, 1])
            below = [post for post in feed if post < before]
            assert self.run(self.world.page(viewer, first, before)) == below[:first]

    @rule(first=SIZES)
    def walk(self, first: int) -> None:
        viewer = self.world.person
        assert self.run(self.world.walk(viewer, first)) == self.world.oracle.feed(viewer)

    @rule()
    def connect(self) -> None:
        if len(self.world.devices) < DEVICES_MAX:
            self.run(self.world.connect(self.world.person))

    @precondition(lambda self: self._world and self._world.devices)
    @rule()
    def reconnect(self) -> None:
        self.run(self.world.reconnect(self.world.dice.choice(self.world.devices)))

    @precondition(lambda self: self._world and self._world.devices)
    @rule()
    def listen(self) -> None:
        self.run(self.world.check_device(self.world.dice.choice(self.world.devices)))

    def teardown(self) -> None:
        if self._world is not None:
            try:
                self.run(assert_at_rest(self._world))
            finally:
                self.run(self._world.end())
        self._runner.close()

    def _at_once(self, *steps: Coroutine[Any, Any, None]) -> None:
        async def gather() -> None:
            await asyncio.gather(*steps)

        self.run(gather())

    async def _publish(self, author_id: int) -> None:
        await self.world.upload(author_id)
        post = next(each for each in self.world.processing if each.author_id == author_id)
        await self.world.finish(post)

    async def _look(self, viewer_id: int) -> None:
        """Read while others change things: in order, READY, each once."""
        await self.world.page(viewer_id, 7, None)

    def _check_page(self, viewer_id: int, first: int = 3) -> None:
        feed = self.world.oracle.feed(viewer_id)
        assert self.run(self.world.page(viewer_id, first, None)) == feed[:first]


def test_feeds_are_what_the_oracle_says(servers: TestStack) -> None:
    Machine.stack = servers
    budget = Budget()
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=budget.lives,
            stateful_step_count=budget.steps,
            deadline=None,
            phases=[Phase.generate],  # what other processes do cannot be repeated, nor made smaller
            suppress_health_check=list(HealthCheck),
        ),
    )
