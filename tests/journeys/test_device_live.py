"""New posts arrive while somebody looks: each once, in order, whatever happens to connections."""

import signal

import pytest
from playwright.async_api import expect

from app.live.model import ChangeKind
from tests.bench import seeds
from tests.browser.device import Device
from tests.browser.steps import new_posts, posts, until_live
from tests.client import Api, Person, until
from tests.faults.truth import number_of, open_truth
from tests.journeys.conftest import Devices
from tests.photographs import jpeg
from tests.stack import TestStack

pytestmark = pytest.mark.asyncio(loop_scope="module")

POSTS = 20
BACKOFF_MAX_MS = 60_000
RESTARTS_AT = {5: "api-1", 10: "api-2", 15: None}
"""Before which post which process is killed, or the network's connections are dropped."""

GOING = (
    "WebSocket connection to ",
    "Failed to load resource: the server responded with a status of 50",
)


async def followed(api: Api) -> tuple[Person, Person]:
    ada, bob = await api.sign_up("ada", displayName="Ada"), await api.sign_up("bob")
    await bob.follow(ada)
    await ada.publish(jpeg((64, 48)), description="The first")
    return ada, bob


async def shown_texts(device: Device) -> list[str]:
    """What is said about the posts that are drawn."""
    return await posts(device).all_inner_texts()


async def test_twenty_posts_arrive_once_and_in_order_across_restarts(
    api: Api, devices: Devices, stack: TestStack
) -> None:
    ada, bob = await followed(api)
    device = await devices(bob, viewport={"width": 390, "height": 4000})
    device.tolerates = GOING
    await until_live(device)
    for number in range(POSTS):
        if number in RESTARTS_AT:
            await disturb(device, stack, RESTARTS_AT[number])
        await publish(ada, f"Number {number}.")
    await expect(new_posts(device, POSTS)).to_be_visible(timeout=BACKOFF_MAX_MS)
    await new_posts(device, POSTS).click()
    wanted = [f"Number {number}." for number in range(POSTS - 1, -1, -1)]
    seen = await texts_to_the_end(device, POSTS + 1)
    assert [next(each for each in wanted if each in text) for text in seen[:-1]] == wanted
    assert device.operations().count("FeedPage") == 1


async def disturb(device: Device, stack: TestStack, name: str | None) -> None:
    if name is None:
        device.link.drop()
    else:
        stack.kill(name, signal.SIGKILL)


async def publish(author: Person, description: str) -> None:
    """Publish, again if the process that was asked was killed meanwhile."""

    async def published() -> bool:
        fields = {"description": description, "idempotencyKey": description}
        answer = await author.api.upload(jpeg((64, 48)), fields, token=author.access_token)
        return "errors" not in answer.body

    await until(published)


async def texts_to_the_end(device: Device, count: int) -> list[str]:
    """What is said about each post, from the first to the last."""
    found: dict[int, str] = {}

    async def all_seen() -> bool:
        for article in await posts(device).all():
            place = await article.get_attribute("aria-posinset")
            found[int(place or 0)] = await article.inner_text()
        await device.page.mouse.wheel(0, 1500)
        return len(found) >= count

    await device.page.mouse.move(200, 300)
    await until(all_seen)
    return [found[place] for place in sorted(found)]


async def test_a_gap_is_closed_by_reading_anew(
    api: Api, devices: Devices, stack: TestStack
) -> None:
    ada, bob = await followed(api)
    device = await devices(bob)
    await until_live(device)
    await device.go_offline()
    await ada.publish(jpeg((64, 48)), description="In the gap")
    await ada.publish(jpeg((64, 48)), description="At its end")
    await fall_behind(stack, ada)
    await device.go_online()
    await until_live(device)
    await new_posts(device, 2).click()
    await expect(posts(device)).to_have_count(3)
    assert device.operations().count("FeedPage") == 2
    await ada.publish(jpeg((64, 48)), description="After it")
    await expect(new_posts(device, 1)).to_be_visible()


async def fall_behind(stack: TestStack, author: Person) -> None:
    """Have more happen than a device that comes back is told of."""
    count = stack.settings.live_pending_max_updates + 1
    async with open_truth(stack.settings) as truth:
        await truth.append_changes(
            ChangeKind.POST_DELETED,
            actor_id=number_of(author.id),
            subject_ids=seeds.new_ids(count),
        )


async def test_a_lost_connection_is_told_in_words_and_comes_back(
    api: Api, devices: Devices
) -> None:
    ada, bob = await followed(api)
    device = await devices(bob)
    await until_live(device)
    device.link.cut()
    await expect(device.page.locator('[data-connection="away"]')).to_be_attached()
    await expect(device.page.get_by_text("You are offline").first).to_be_visible()
    await ada.publish(jpeg((64, 48)), description="Meanwhile")
    device.link.mend()
    await expect(new_posts(device, 1)).to_be_visible()
    await expect(device.page.get_by_text("You are offline")).to_have_count(0)
