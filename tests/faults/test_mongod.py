"""The database dies, and hangs, under load: everybody is answered, what was acknowledged stays."""

import asyncio
import signal
import time
from dataclasses import dataclass, field
from itertools import cycle

import httpx2
import pytest

from tests.client import FEED, FOLLOW, UNFOLLOW, Answer, Api, Person, until
from tests.faults.conftest import Timed
from tests.faults.feeds import until_in_all_feeds, until_ready
from tests.faults.truth import Truth
from tests.photographs import jpeg
from tests.stack import TestStack

pytestmark = pytest.mark.asyncio(loop_scope="module")

ANSWER_MAX_SECONDS = 40.0
PAUSE_SECONDS = 0.05


@dataclass
class History:
    """What was asked for: acknowledged, or answered with a code, or neither in time."""

    done: list[str] = field(default_factory=list)
    codes: set[str] = field(default_factory=set)
    longest_seconds: float = 0.0

    def note(self, answer: Answer, what: str | None, began: float) -> None:
        """Every answer is data or an error with a code, and comes in time."""
        self.longest_seconds = max(self.longest_seconds, time.monotonic() - began)
        if what is not None:
            self.done.append(what)
        else:
            assert answer.codes
            self.codes |= set(answer.codes)


async def upload_until(over: asyncio.Event, author: Person, history: History) -> None:
    photo = jpeg((64, 48))
    while not over.is_set():
        began = time.monotonic()
        answer = await author.api.upload(photo, {}, token=author.access_token)
        payload = (answer.body.get("data") or {}).get("uploadPhoto")
        history.note(answer, payload and payload["post"]["id"], began)
        await asyncio.sleep(PAUSE_SECONDS)


async def follow_until(over: asyncio.Event, authors: list[Person], history: History) -> None:
    """Each of these people follows the first, as often as it takes."""
    followee, *followers = authors
    for follower in followers:
        followed = False
        while not followed and not over.is_set():
            began = time.monotonic()
            answer = await follower.api.ask(
                FOLLOW, {"input": {"userId": followee.id}}, token=follower.access_token
            )
            followed = (answer.body.get("data") or {}).get("follow") is not None
            history.note(answer, follower.id if followed else None, began)
            await asyncio.sleep(PAUSE_SECONDS)


async def test_nothing_acknowledged_is_lost_when_the_database_is_killed(
    api: Api, stack: TestStack, truth: Truth, timed: Timed
) -> None:
    author, follower, *crowd = await api.sign_up_many(30)
    await follower.follow(author)
    uploads, follows = History(), History()
    over = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        for _ in range(2):
            tasks.create_task(upload_until(over, author, uploads))
        tasks.create_task(follow_until(over, [author, *crowd], follows))
        await asyncio.sleep(1)
        stack.kill("mongod")
        with timed("the database is back"):
            await asyncio.to_thread(stack.wait_until_ready, "mongod")
        acknowledged = len(uploads.done)

        async def goes_on() -> bool:
            return len(uploads.done) > acknowledged

        with timed("uploads go on after the database is back"):
            await until(goes_on)
        over.set()
    assert uploads.longest_seconds < ANSWER_MAX_SECONDS
    assert follows.longest_seconds < ANSWER_MAX_SECONDS
    assert uploads.codes | follows.codes <= {"INTERNAL_SERVER_ERROR"}

    with timed("in the feed, all that was acknowledged around the kill"):
        await until_ready(author, uploads.done)
        await until_in_all_feeds([follower], uploads.done)
    posts = {post["_id"]: post["state"] for post in await truth.posts_of(author)}
    assert len(await follower.walk_feed()) == len(posts)  # an error may be a success, never a half
    assert set(posts.values()) == {"READY"}
    for person in crowd:
        if person.id in follows.done:
            assert await person.walk_feed() != []
    await truth.assert_counted(author)


async def test_requests_are_answered_while_the_database_hangs(
    api: Api, stack: TestStack, truth: Truth, timed: Timed
) -> None:
    viewer, author, *crowd = await api.sign_up_many(14)
    await viewer.follow(author)
    post = await author.publish(jpeg((64, 48)))
    await viewer.until_in_feed(post["id"])
    async with asyncio.TaskGroup() as tasks:
        # Some of these are in the middle of a transaction when it stops.
        changes = [tasks.create_task(change_until_refused(viewer, each)) for each in crowd]
        await asyncio.sleep(1)
        stack.kill("mongod", signal.SIGSTOP)
        try:
            with timed("an answer to everybody, while the database hangs"):
                asked = [
                    tasks.create_task(api.ask(FEED, token=viewer.access_token)),
                    tasks.create_task(api.upload(jpeg((64, 48)), {}, token=author.access_token)),
                    tasks.create_task(api.ask('{ user(username: "somebody") { id } }')),
                ]
                async with httpx2.AsyncClient(timeout=10) as http:
                    assert (await http.get(f"{stack.gateway_url}/healthz")).status_code == 200
                    ready = await http.get(f"{stack.gateway_url}/readyz")
                    assert (ready.status_code, ready.json()["missing"]) == (503, ["mongodb"])
                await asyncio.wait([*asked, *changes])
        finally:
            stack.kill("mongod", signal.SIGCONT)
    # On a busy machine, an operation's own deadline may come first.
    told = {code for task in asked for code in task.result().codes or ["none"]}
    assert told <= {"INTERNAL_SERVER_ERROR", "DEADLINE_EXCEEDED"}
    assert max(task.result() for task in changes) < ANSWER_MAX_SECONDS

    await asyncio.to_thread(stack.wait_until_ready)
    assert [node["id"] for node in await viewer.walk_feed()] == [post["id"]]
    assert (await author.follow(viewer))["errors"] == []
    assert (await author.publish(jpeg((64, 48))))["status"] == "READY"
    for person in (viewer, author, *crowd):
        await truth.assert_counted(person)


async def change_until_refused(followee: Person, follower: Person) -> float:
    """Follow and unfollow until there is an error; returns how long its answer took."""
    mutations = cycle((FOLLOW, UNFOLLOW))
    while True:
        began = time.monotonic()
        answer = await follower.api.ask(
            next(mutations), {"input": {"userId": followee.id}}, token=follower.access_token
        )
        if answer.codes:
            assert answer.codes in (["INTERNAL_SERVER_ERROR"], ["DEADLINE_EXCEEDED"])
            return time.monotonic() - began
