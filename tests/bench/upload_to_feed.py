"""How long a photo takes from the phone to the feeds of those who follow."""

import asyncio
import io
import time
from dataclasses import dataclass, field
from statistics import median

from app.images.service import Images
from app.wiring import open_house
from tests.bench import seeds
from tests.bench.arrivals import Arrivals, listening
from tests.bench.report import Figure, shown
from tests.bench.rounds import BenchError, Say, between
from tests.client import Person, open_api
from tests.photographs import photograph
from tests.stack import TestStack

PHOTOGRAPH = "retina.jpg"
UPLOADS = 15
DEADLINE_SECONDS = 30.0
POLL_SECONDS = 0.02
FIRST_IDS = "{ feed(first: 5) { edges { node { id } } } }"


@dataclass(kw_only=True)
class _Times:
    """Milliseconds of each upload, by where it arrived, and of the same work done inline."""

    feed_ms: list[float] = field(default_factory=list)
    subscriber_ms: list[float] = field(default_factory=list)
    inline_ms: list[float] = field(default_factory=list)
    answer_ms: list[float] = field(default_factory=list)


async def measure(stack: TestStack, say: Say) -> list[Figure]:
    """Milliseconds from sending `uploadPhoto` to a follower's feed page and FeedPostAdded.

    Through the load balancer, on a stack that does nothing else; the page is asked for every 20 ms,
    so its figures are that coarse. The limit is the same photo inspected, stored, rendered by the
    same child process and its renditions stored, by one process without queue, API or feed.
    """
    photo, times = photograph(PHOTOGRAPH), _Times()
    async with open_api(stack.graphql_url) as api, open_house(stack.settings) as house:
        author, follower = await api.sign_up_many(2)
        await follower.follow(author)
        async with listening(stack.graphql_ws_url, follower) as arrivals:
            await _upload(author, follower, photo, arrivals, _Times())
            await _inline(house.images, stack.settings.region, photo)
            for number in range(UPLOADS):
                await _upload(author, follower, photo, arrivals, times)
                times.inline_ms.append(await _inline(house.images, stack.settings.region, photo))
                say(
                    f"{number + 1}/{UPLOADS}: feed {shown(times.feed_ms[-1])}, subscriber "
                    f"{shown(times.subscriber_ms[-1])}, limit {shown(times.inline_ms[-1])}"
                )
    return _figures(times)


async def _upload(
    author: Person, follower: Person, photo: bytes, arrivals: Arrivals, times: _Times
) -> None:
    """Upload once, and wait until it is in the follower's page and at the subscriber."""
    sent = time.perf_counter()
    payload = await author.upload(photo, description="As seen from here")
    if payload["errors"]:
        raise BenchError(f"The upload was refused: {payload['errors']}")
    post_id = payload["post"]["id"]
    times.answer_ms.append((time.perf_counter() - sent) * 1000)
    async with asyncio.timeout(DEADLINE_SECONDS):
        times.feed_ms.append((await _until_in_page(follower, post_id) - sent) * 1000)
        times.subscriber_ms.append((await arrivals.of(post_id) - sent) * 1000)


async def _until_in_page(follower: Person, post_id: str) -> float:
    """Ask for the follower's newest posts until this is among them; returns the moment."""
    while True:
        page = (await follower.ask(FIRST_IDS))["feed"]
        if post_id in {edge["node"]["id"] for edge in page["edges"]}:
            return time.perf_counter()
        await asyncio.sleep(POLL_SECONDS)


async def _inline(images: Images, region: str, photo: bytes) -> float:
    """Milliseconds of storing, rendering and storing what was rendered; it is erased after that."""
    (post_id,) = seeds.new_ids(1)
    begin = time.perf_counter()
    found = await images.inspect(file := io.BytesIO(photo))
    await images.keep_original(post_id, file, found)
    await images.render(post_id, region, found.sha256)
    seconds = time.perf_counter() - begin
    await images.erase(post_id)
    return seconds * 1000


def _figures(times: _Times) -> list[Figure]:
    return [
        Figure(
            name=f"upload_to_{where}_{kind}",
            value=of(found),
            unit="ms",
            limit=of(times.inline_ms),
            less_is_better=True,
            note=f"{between(found)}; limit {between(times.inline_ms)}; the upload is answered "
            f"after {median(times.answer_ms):.0f} ms",
        )
        for where, found in (("feed", times.feed_ms), ("subscriber", times.subscriber_ms))
        for kind, of in (("p50", median), ("max", max))
    ]
