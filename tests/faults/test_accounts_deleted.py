"""An account is deleted while things break: it is gone at once, and all it had a moment later."""

import asyncio
from contextlib import suppress
from typing import Any, Final

import httpx2
import pytest

from app.images.model import original_prefix, rendition_prefix
from app.images.store import ObjectStores
from tests.api.auth import VIEWER, is_unauthenticated, sign_up
from tests.client import PASSWORD, Api, Person, until
from tests.faults.conftest import Timed
from tests.faults.feeds import follow_and_warm, until_in_all_feeds
from tests.faults.truth import RECOVERY_MAX_SECONDS, Truth, number_of
from tests.live import listening
from tests.own_account import DELETE_ACCOUNT, delete_account
from tests.photographs import jpeg
from tests.stack import TestStack

pytestmark = pytest.mark.asyncio(loop_scope="module")

GONE_MAX_SECONDS: Final = 60.0
SOON_SECONDS: Final = 5.0
FOLLOWERS: Final = 10_000
SAID: Final = "a description that is nowhere else"
SEEN: Final = "an alternative text that is nowhere else"
PROCESSES: Final = ("api-1", "api-2")


async def test_an_account_is_gone_from_everywhere_though_the_broker_was_away(
    api: Api, stack: TestStack, truth: Truth, timed: Timed
) -> None:
    leaving, follower = await api.sign_up_many(2)
    await follow_and_warm([follower], leaving)
    published = [await leaving.publish(jpeg((64, 48 + n)), **texts(n)) for n in range(2)]
    post_ids = [post["id"] for post in published]
    await until_in_all_feeds([follower], post_ids)
    urls = [variant["url"] for post in published for variant in post["image"]["variants"]]
    async with httpx2.AsyncClient(timeout=10) as http:
        assert {(await http.get(url)).status_code for url in urls} == {200}

        stack.stop("broker")
        async with listening(stack.graphql_ws_url, follower) as feed:
            assert await delete_account(leaving) == {"userId": leaving.id, "errors": []}
            assert await follower.walk_feed() == []
            await feed.until(lambda heard: heard.of("FeedAuthorRemoved"), seconds=SOON_SECONDS)
            assert [update["authorId"] for update in feed.updates] == [leaving.id]
        assert is_unauthenticated(await api.ask(VIEWER, token=leaving.access_token))
        await assert_nothing_left(truth, leaving)
        assert (await sign_up(api, username=leaving.username))["errors"] == []
        stack.start("broker")

        async def gone() -> bool:
            statuses = {(await http.get(url)).status_code for url in urls}
            return statuses == {404} and not await asyncio.to_thread(keys_of, stack, post_ids)

        with timed("a deleted account's photos are gone from stores and edges, broker and all"):
            await until(gone, seconds=GONE_MAX_SECONDS)


def texts(number: int) -> dict[str, str]:
    """What is said of a photo, and what its upload is called."""
    return {"description": SAID, "altText": SEEN, "idempotencyKey": f"{number} {SAID}"}


def keys_of(stack: TestStack, post_ids: list[str]) -> list[str]:
    """Keys of all objects of some posts, in all regions."""
    stores = ObjectStores.from_settings(stack.settings)
    return [
        key
        for region in stack.settings.object_stores
        for number in map(number_of, post_ids)
        for prefix in (original_prefix(number), rendition_prefix(number))
        for key in stores.keys(region, prefix)
    ]


async def assert_nothing_left(truth: Truth, gone: Person) -> None:
    """No document has the name, or says anything of the photos; one stands for the account."""
    for name in await truth.database.list_collection_names():
        for document in await truth.database[name].find().to_list():
            written = str(document)
            assert not any(word in written for word in (gone.username, SAID, SEEN)), name
    left = await truth.database.accounts.find_one({"_id": number_of(gone.id)})
    assert left is not None
    assert left.keys() == {
        *("_id", "shard", "deleted_at", "is_pulled"),
        *("post_count", "follower_count", "following_count"),
    }
    await truth.assert_counted(gone)


async def test_what_an_api_that_is_killed_has_not_erased_is_erased_by_a_job(
    api: Api, stack: TestStack, truth: Truth, timed: Timed
) -> None:
    leaving, follower = await api.sign_up_many(2)
    await follower.follow(leaving)
    post = await leaving.publish(jpeg((64, 48)), **texts(0))
    await until_in_all_feeds([follower], [post["id"]])
    await truth.add_followers(leaving, FOLLOWERS)
    await truth.count_followers(leaving)

    leaves = asyncio.create_task(leave(api, leaving))
    with timed("an account's end is known to all, and half erased"):
        async with asyncio.timeout(RECOVERY_MAX_SECONDS):
            while await edges_left(truth, leaving) > FOLLOWERS:
                await asyncio.sleep(0)
    for name in PROCESSES:
        stack.kill(name)
    await leaves
    assert 0 < await edges_left(truth, leaving) <= FOLLOWERS
    await asyncio.to_thread(stack.wait_until_ready, *PROCESSES)
    assert await follower.walk_feed() == []

    async def erased() -> bool:
        departure = await truth.database.departures.find_one({"_id": number_of(leaving.id)})
        return departure is not None and departure["is_erased"]

    with timed("an account is erased whose API was killed in the middle"):
        await until(erased, seconds=RECOVERY_MAX_SECONDS)
    assert await edges_left(truth, leaving) == 0
    await assert_nothing_left(truth, leaving)
    await truth.assert_counted(follower)
    assert (await sign_up(api, username=leaving.username))["errors"] == []


async def leave(api: Api, person: Person) -> Any:
    """Delete an account; whoever answers may die of it."""
    with suppress(httpx2.TransportError):
        return await api.ask(
            DELETE_ACCOUNT, {"input": {"password": PASSWORD}}, token=person.access_token
        )


async def edges_left(truth: Truth, followee: Person) -> int:
    return await truth.database.follows.count_documents({"followee_id": number_of(followee.id)})
