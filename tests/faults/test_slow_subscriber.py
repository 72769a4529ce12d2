"""A device that does not read what it is sent costs little, and nobody else anything."""

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect

from app.live.model import ChangeKind
from schema.moments import moment_of
from tests.client import Api, Person
from tests.faults.conftest import Noted
from tests.faults.truth import Truth, number_of
from tests.live import PROTOCOL, LiveFeed, listening
from tests.photographs import jpeg
from tests.stack import TestStack

pytestmark = pytest.mark.asyncio(loop_scope="module")

COPIES = 10
CHARACTERS = 2_000
WARM_UP_BATCHES = 5
BATCHES = 20
BATCH = 100
"""Together 2,000 updates of 20 kB each for whoever asks for so many copies."""

RECEIVE_BUFFER_BYTES = 4_096
GROWTH_MAX_BYTES = 8 * 1024**2
HEARD_MAX_SECONDS = 10.0
UPDATES = """subscription($after: String) {{ feedUpdates(after: $after) {{
  __typename ... on FeedPostAdded {{ cursor post {{ id {copies} }} }}
  ... on FeedGap {{ cursor }} }} }}""".format(
    copies=" ".join(f"copy{number}: description" for number in range(COPIES))
)


@dataclass(kw_only=True)
class Publishing:
    """Very many updates, each batch as soon as another device has heard the one before."""

    truth: Truth
    author: Person
    post: Any
    prompt: LiveFeed
    longest_seconds: float = 0.0

    async def go_on(self, batches: int) -> list[int]:
        """Publish so many batches; returns their moments."""
        moments: list[int] = []
        for _ in range(batches):
            heard = len(self.prompt.updates)
            moments += await self.truth.append_changes(
                ChangeKind.POST_PUBLISHED,
                actor_id=number_of(self.author.id),
                subject_ids=[number_of(self.post["id"])] * BATCH,
            )
            began = time.monotonic()
            await self.prompt.until(lambda it, wanted=heard + BATCH: len(it.updates) >= wanted)  # type: ignore[misc] # a default argument of a lambda
            self.longest_seconds = max(self.longest_seconds, time.monotonic() - began)
        return moments


@asynccontextmanager
async def subscribed(port: int, viewer: Person) -> AsyncIterator[ClientConnection]:
    """A socket that takes in next to nothing unless somebody reads from it."""
    after = (await viewer.feed(first=1))["updatesCursor"]
    plain = socket.socket()
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
    plain.setblocking(False)  # noqa: FBT003 - as it is called
    await asyncio.get_running_loop().sock_connect(plain, ("127.0.0.1", port))
    async with connect(
        f"ws://127.0.0.1:{port}/graphql",
        sock=plain,
        subprotocols=[PROTOCOL],
        compression=None,
        max_queue=1,
        ping_interval=None,
    ) as connection:
        await connection.send(
            json.dumps(
                {
                    "type": "connection_init",
                    "payload": {"Authorization": f"Bearer {viewer.access_token}"},
                }
            )
        )
        assert json.loads(await connection.recv())["type"] == "connection_ack"
        payload = {"query": UPDATES, "variables": {"after": after}}
        await connection.send(json.dumps({"type": "subscribe", "id": "1", "payload": payload}))
        yield connection


async def read_until(connection: ClientConnection, moment: int, viewer: Person) -> list[Any]:
    """Every update up to a moment."""
    heard: list[Any] = []
    async with asyncio.timeout(HEARD_MAX_SECONDS):
        while not heard or moment_in(heard[-1], viewer) < moment:
            message = json.loads(await connection.recv())
            assert message["type"] == "next", message
            heard.append(message["payload"]["data"]["feedUpdates"])
    return heard


def moment_in(update: Any, viewer: Person) -> int:
    """The moment that an update tells of."""
    return moment_of(update["cursor"], number_of(viewer.id))


def resident_bytes(pids: Sequence[int]) -> int:
    """The memory that these processes have."""
    said = [Path(f"/proc/{pid}/status").read_text() for pid in pids]
    return 1024 * sum(int(each.partition("VmRSS:")[2].split()[0]) for each in said)


async def test_a_device_that_does_not_read_is_kept_for_little_and_told_of_its_gap(
    api: Api, stack: TestStack, truth: Truth, noted: Noted
) -> None:
    author, slow, prompt = await api.sign_up_many(3)
    for viewer in (slow, prompt):
        await viewer.follow(author)
    post = await author.publish(jpeg((64, 48)), description="x" * CHARACTERS)
    port = stack.port("api-1")
    url = f"ws://127.0.0.1:{port}/graphql"
    async with listening(url, prompt) as feed:
        publishing = Publishing(truth=truth, author=author, post=post, prompt=feed)
        await publishing.go_on(WARM_UP_BATCHES)  # what memory this takes anyway is taken now
        async with subscribed(port, slow) as unread:
            before = resident_bytes(stack.pids("api-1"))
            moments = await publishing.go_on(BATCHES)
            assert resident_bytes(stack.pids("api-1")) - before < GROWTH_MAX_BYTES
            noted(f"{BATCH} updates, while another does not read", publishing.longest_seconds)
            assert publishing.longest_seconds < HEARD_MAX_SECONDS
            assert not feed.of("FeedGap")

            heard = await read_until(unread, moments[-1], slow)
            gap_moment = assert_one_gap(heard, moments, slow)
            moments += await publishing.go_on(1)
            live = await read_until(unread, moments[-1], slow)
            assert [moment_in(each, slow) for each in live] == moments[-BATCH:]
    cursor = next(each["cursor"] for each in heard if each["__typename"] == "FeedGap")
    async with listening(url, slow, cursor) as back:
        behind = moments[moments.index(gap_moment) + 1 :]
        await back.until(lambda it: len(it.updates) >= len(behind))
        assert [moment_in(each, slow) for each in back.updates] == behind


def assert_one_gap(heard: list[Any], moments: list[int], viewer: Person) -> int:
    """What was in flight is heard, then of one gap, then all behind it; returns its moment."""
    kinds = [each["__typename"] for each in heard]
    in_flight = kinds.index("FeedGap")
    assert kinds.count("FeedGap") == 1
    assert in_flight > 0
    told = [moment_in(each, viewer) for each in heard]
    assert told[:in_flight] == moments[:in_flight]
    gap_moment = told[in_flight]
    assert gap_moment > moments[in_flight]
    assert told[in_flight + 1 :] == moments[moments.index(gap_moment) + 1 :]
    return gap_moment
