"""Servers are away: a process says which, and an upload that needs one is answered."""

import asyncio
import time

import httpx2
import pytest

from tests.client import Api, until
from tests.faults.conftest import Timed
from tests.faults.feeds import follow_and_warm, until_in_all_feeds, until_ready
from tests.faults.truth import Truth
from tests.photographs import jpeg, photograph
from tests.stack import TestStack

pytestmark = pytest.mark.asyncio(loop_scope="module")

UPLOAD_MAX_SECONDS = 15.0
SAID_MAX_SECONDS = 10.0


async def test_readyz_names_whatever_is_missing(api: Api, stack: TestStack, timed: Timed) -> None:
    home, other = f"store-{stack.settings.region}", "store-us"
    missing = [f"object store {other.removeprefix('store-')}", "broker", "cache"]
    async with httpx2.AsyncClient(timeout=10) as http:

        async def said() -> tuple[int, list[str]]:
            answer = await http.get(f"{stack.gateway_url}/readyz")
            return answer.status_code, answer.json()["missing"]

        async def says(expected: tuple[int, list[str]]) -> None:
            async def it_does() -> bool:
                return await said() == expected

            await until(it_does, seconds=SAID_MAX_SECONDS)

        assert await said() == (200, [])
        for name in ("broker", "cache", other):
            stack.stop(name)
        await says((200, missing))
        assert (await http.get(f"{stack.gateway_url}/healthz")).status_code == 200
        stack.stop(home)
        await says((503, [f"object store {stack.settings.region}", *missing]))
        assert (await http.get(f"{stack.gateway_url}/healthz")).status_code == 200
        for name in ("broker", "cache", other, home):
            stack.start(name)
        with timed("ready again after both stores, the broker and the cache were away"):
            await asyncio.to_thread(stack.wait_until_ready)
            await says((200, []))


async def test_an_upload_without_any_store_is_answered_and_works_again_after(
    api: Api, stack: TestStack, truth: Truth, timed: Timed
) -> None:
    author, follower = await api.sign_up_many(2)
    await follow_and_warm([follower], author)
    earlier = [(await author.upload(jpeg()))["post"]["id"] for _ in range(3)]
    stores = ("store-eu", "store-us")
    for store in stores:
        stack.stop(store)
    try:
        begin = time.monotonic()
        with timed("an upload is answered, while both stores are away"):
            answer = await api.upload(photograph("rocket.jpg"), {}, token=author.access_token)
        assert answer.codes == ["INTERNAL_SERVER_ERROR"]
        assert time.monotonic() - begin < UPLOAD_MAX_SECONDS
        assert len(await truth.posts_of(author)) == len(earlier)  # no post without its photo
        assert (await author.ask("{ viewer { id } }"))["viewer"] == {"id": author.id}
    finally:
        for store in stores:
            stack.start(store)
    await asyncio.to_thread(stack.wait_until_ready, *stores)
    with timed("READY, what was uploaded just before both stores went away"):
        await until_ready(author, earlier)
    last = await author.publish(photograph("rocket.jpg"))
    assert last["status"] == "READY"
    await until_in_all_feeds([follower], [*earlier, last["id"]])
    await truth.until_nothing_is_owed([*earlier, last["id"]])
    await truth.assert_counted(author)
