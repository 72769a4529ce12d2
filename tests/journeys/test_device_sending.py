"""What a device makes of a photo before it sends it, and what it says when there is no photo."""

import io
import re
from typing import Any

import pytest
from PIL import Image
from playwright.async_api import expect

from tests.browser.device import Device
from tests.browser.steps import choose, compose, follow_link, on_its_way
from tests.client import Api, Person, until
from tests.journeys.conftest import Devices
from tests.journeys.originals import original_of
from tests.photographs import CANARY, encoded, exif, picture
from tests.stack import TestStack

pytestmark = pytest.mark.asyncio(loop_scope="module")

LYING_PX = (2800, 2100)
TURN_RIGHT = 6
SECRETS = (CANARY, b"Exif", b"http://ns.adobe.com")
SIZES = re.compile(r"[\d.]+ [MkK]B → [\d.]+ [kK]B")


def camera_photo() -> bytes:
    """Six megapixels, lying, with a place and the name of the camera."""
    return encoded(
        picture(LYING_PX),
        "JPEG",
        quality=92,
        exif=exif(TURN_RIGHT),
        xmp=b"<x:xmpmeta>" + CANARY + b"</x:xmpmeta>",
        comment=CANARY,
    )


async def published(author: Person, device: Device) -> Any:
    """Wait until what was on its way is a post that everybody sees; the post."""

    async def ready() -> Any:
        page = await author.ask(
            """query($name: String!) { user(username: $name) { posts(first: 1) { edges { node {
                id status description altText image { width height } } } } } }""",
            name=author.username,
        )
        posts = [edge["node"] for edge in page["user"]["posts"]["edges"]]
        return next((post for post in posts if post["status"] == "READY"), None)

    post = await until(ready)
    await expect(on_its_way(device)).to_have_count(0)
    return post


async def test_a_photo_is_upright_small_and_without_metadata_before_it_is_sent(
    api: Api, devices: Devices, stack: TestStack
) -> None:
    ada = await api.sign_up("ada")
    device = await devices(ada)
    photo = camera_photo()
    await compose(device, photo, description="From the camera", alt_text="A cup")
    await expect(device.page.get_by_text(SIZES)).to_be_visible()
    await device.button("Post").click()
    post = await published(ada, device)
    assert (post["description"], post["altText"]) == ("From the camera", "A cup")
    sent = await original_of(stack, post["id"])
    with Image.open(io.BytesIO(sent)) as opened:
        assert (opened.format, opened.size) == ("WEBP", (1536, 2048))
    assert not [secret for secret in SECRETS if secret in sent]
    assert len(sent) < len(photo) / 2


async def test_the_original_is_sent_when_asked_for_but_not_its_metadata(
    api: Api, devices: Devices, stack: TestStack
) -> None:
    ada = await api.sign_up("ada")
    device = await devices(ada)
    photo = camera_photo()
    await compose(device, photo, original=True)
    await device.button("Post").click()
    post = await published(ada, device)
    sent = await original_of(stack, post["id"])
    assert CANARY not in sent
    with Image.open(io.BytesIO(sent)) as opened, Image.open(io.BytesIO(photo)) as chosen:
        assert (opened.format, opened.size) == ("JPEG", LYING_PX)
        assert opened.tobytes() == chosen.tobytes()
    assert post["image"]["width"] < post["image"]["height"]


async def test_a_file_that_is_no_photo_is_refused_in_words(api: Api, devices: Devices) -> None:
    device = await devices(await api.sign_up("ada"))
    await follow_link(device, "New photo")
    await choose(device, b"GIF89a is what a text may begin with", "notes.jpg")
    await expect(device.page.get_by_role("alert")).to_contain_text("Please choose")
    await choose(device, encoded(picture((300, 200)), "PNG"))
    await expect(device.page.get_by_role("alert")).to_have_count(0)
    await expect(device.button("Post")).to_be_enabled()


async def test_alternative_text_is_asked_for_by_those_who_want_to_be_asked(
    api: Api, devices: Devices
) -> None:
    ada = await api.sign_up("ada")
    device = await devices(ada)
    await follow_link(device, "Settings")
    await device.field("Ask me for alternative text").check()
    await compose(device, encoded(picture((300, 200)), "PNG"))
    await device.button("Post").click()
    await expect(device.field("Alternative text")).to_have_attribute("aria-invalid", "true")
    await device.field("Alternative text").fill("A cup of coffee")
    await device.button("Post").click()
    assert (await published(ada, device))["altText"] == "A cup of coffee"
