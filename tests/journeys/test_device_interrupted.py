"""Whatever ends in the middle of an upload, it goes on, and ends with exactly one post."""

import asyncio
import signal
from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.device import Device
from tests.browser.steps import compose, on_its_way, until_installed
from tests.client import Api, Person, until
from tests.journeys.conftest import Devices
from tests.photographs import encoded, picture
from tests.stack import TestStack

pytestmark = pytest.mark.asyncio(loop_scope="module")

SLOW_BYTES_PER_SECOND = 100_000
BEGUN_BYTES = 100_000
PHOTO_PX = (1600, 1200)
CONFLICT = "Failed to load resource: the server responded with a status of 409"
"""Should the server not have noticed yet that a connection is lost."""

POSTS = """query($name: String!) { user(username: $name) { posts(first: 9) { edges {
  node { id status description } } } } }"""


def photo() -> bytes:
    """Half a megabyte, which takes some seconds on a slow link."""
    return encoded(picture(PHOTO_PX), "JPEG", quality=97)


async def begin(device: Device) -> None:
    """Have a photo on its way, over a slow link."""
    await compose(device, photo(), description="Once", original=True)
    device.link.bytes_per_second = SLOW_BYTES_PER_SECOND
    before = device.link.sent_bytes
    await device.button("Post").click()

    async def begun() -> bool:
        return device.link.sent_bytes > before + BEGUN_BYTES

    await until(begun)
    await expect(on_its_way(device, "Sending")).to_be_visible()


async def posts_of(author: Person) -> list[Any]:
    """What somebody has published; nothing while nobody can tell."""
    answer = await author.api.ask(POSTS, {"name": author.username}, token=author.access_token)
    if "errors" in answer.body:
        return []
    return [edge["node"] for edge in answer.data["user"]["posts"]["edges"]]


async def until_one_post(author: Person, device: Device) -> None:
    """Wait until nothing is on its way any more: there is one post, and it can be seen."""

    async def ready() -> bool:
        return [post["status"] for post in await posts_of(author)] == ["READY"]

    await until(ready)
    await expect(on_its_way(device)).to_have_count(0)
    assert [post["description"] for post in await posts_of(author)] == ["Once"]


async def come_back(device: Device) -> None:
    device.link.mend()
    await device.open_tab("/upload")
    await expect(device.heading("New photo")).to_be_visible()


async def test_a_tab_that_is_killed_while_it_sends_goes_on_when_it_is_back(
    api: Api, devices: Devices
) -> None:
    ada = await api.sign_up("ada")
    device = await devices(ada)
    await begin(device)
    device.link.cut()
    await device.kill_tab()
    assert await posts_of(ada) == []
    await come_back(device)
    await until_one_post(ada, device)


async def test_a_tab_that_is_killed_while_it_publishes_has_published_once(
    api: Api, devices: Devices
) -> None:
    ada = await api.sign_up("ada")
    device = await devices(ada)
    await compose(device, photo(), description="Once")
    publishing = device.page.wait_for_event(
        "request", lambda request: "PublishPhoto" in (request.post_data or "")
    )
    sent = asyncio.ensure_future(publishing)
    await device.button("Post").click()
    await sent
    device.link.silence()  # what was asked arrives or not; no answer does
    await device.kill_tab()
    device.link.drop()
    await come_back(device)
    await until_one_post(ada, device)


async def test_a_network_that_breaks_and_comes_back_does_not_begin_anew(
    api: Api, devices: Devices
) -> None:
    ada = await api.sign_up("ada")
    device = await devices(ada)
    device.tolerates += (CONFLICT,)
    await begin(device)
    await device.go_offline()
    await expect(on_its_way(device, "Waiting for the network")).to_be_visible()
    await device.go_online()
    device.link.bytes_per_second = SLOW_BYTES_PER_SECOND
    await resumed(device)
    device.link.drop()
    await until_one_post(ada, device)


async def resumed(device: Device) -> None:
    """Wait until bytes go over tus."""

    async def over_tus() -> bool:
        return any(request.method == "PATCH" for request in device.requests)

    await until(over_tus)


async def test_an_api_that_is_restarted_meanwhile_is_waited_for(
    api: Api, devices: Devices, stack: TestStack
) -> None:
    ada = await api.sign_up("ada")
    device = await devices(ada)
    device.tolerates += (
        "Failed to load resource: the server responded with a status of 50",
        "WebSocket connection to ",
    )
    await begin(device)
    for name in ("api-1", "api-2"):
        stack.kill(name, signal.SIGKILL)
    await until_one_post(ada, device)


async def test_a_photo_that_was_made_without_a_network_waits_for_it(
    api: Api, devices: Devices
) -> None:
    ada = await api.sign_up("ada")
    device = await devices(ada)
    await until_installed(device)
    await device.go_offline()
    await compose(device, photo(), description="Once")
    await device.button("Post").click()
    await expect(on_its_way(device, "Waiting for the network")).to_be_visible()
    await device.kill_tab()
    await device.open_tab("/upload")
    await expect(on_its_way(device, "Waiting for the network")).to_be_visible()
    await device.go_online()
    await until_one_post(ada, device)
