"""Very many followers of one author do not keep a post from the few of another."""

import asyncio
from random import Random

import pytest

from app.jobs import FanOut
from tests.client import Api, until
from tests.faults.conftest import Timed
from tests.faults.feeds import until_ready
from tests.faults.truth import Truth
from tests.photographs import jpeg

pytestmark = pytest.mark.asyncio(loop_scope="module")

MANY = 90_000
FEW = 1_000
POSTS = 4
SAMPLE = 2_000


async def test_a_post_for_few_passes_those_for_very_many(
    api: Api, truth: Truth, timed: Timed
) -> None:
    famous, author = await api.sign_up_many(2)
    many = await truth.add_followers(famous, MANY)
    few = await truth.add_followers(author, FEW)
    await truth.warm([*many, *few])
    photo = jpeg((64, 48))
    payloads = await asyncio.gather(*(famous.upload(photo) for _ in range(POSTS)))
    post_ids = [payload["post"]["id"] for payload in payloads]
    await until_ready(famous, post_ids)
    with timed(f"{POSTS} posts in the timelines of {MANY:,} followers"):
        payload = await author.upload(photo)
        await until_ready(author, [payload["post"]["id"]])
        with timed(f"meanwhile, a post in the timelines of {FEW:,} others"):

            async def is_held_by_all() -> bool:
                return await truth.holding(payload["post"]["id"], few) == FEW

            await until(is_held_by_all)
        assert await truth.is_owed(post_ids, FanOut)  # it has not waited for them
        await truth.until_nothing_is_owed(post_ids)
    sample = Random(0).sample(many, SAMPLE)  # noqa: S311 - which ones does not matter
    for post_id in post_ids:
        assert await truth.holding(post_id, sample) == SAMPLE
