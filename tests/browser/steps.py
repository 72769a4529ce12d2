"""What somebody does in the web app, by the names of things on its pages."""

import re
from typing import Any

from playwright.async_api import Locator, expect

from tests.browser.device import Device
from tests.client import PASSWORD, Person


async def sign_up(device: Device, username: str, name: str) -> None:
    """Open an account on the page for that."""
    await follow_link(device, "Sign up")
    await device.field("Username").fill(username)
    await device.field("Name").fill(name)
    await device.field("Password").fill(PASSWORD)
    await device.button("Sign up").click()
    await until_feed(device)


async def sign_in(device: Device, person: Person, password: str = PASSWORD) -> None:
    """Sign in on the page for that."""
    await device.go("/sign-in")
    await device.field("Username").fill(person.username)
    await device.field("Password").fill(password)
    await device.button("Sign in").click()


async def until_feed(device: Device) -> None:
    """Wait until the feed is shown."""
    await expect(device.heading("Feed")).to_be_visible()


async def until_live(device: Device) -> None:
    """Wait until what happens is heard."""
    await expect(connection(device)).to_have_attribute("data-connection", "live")


async def until_installed(device: Device) -> None:
    """Wait until the app itself is on the device."""
    await device.page.wait_for_function("() => navigator.serviceWorker.controller !== null")


async def follow_link(device: Device, name: str) -> None:
    """Go somewhere by the navigation."""
    navigation = device.page.get_by_role("navigation", name="Main")
    await navigation.get_by_role("link", name=name, exact=True).click()


async def compose(
    device: Device,
    photo: bytes,
    *,
    description: str = "",
    alt_text: str = "",
    original: bool = False,
) -> None:
    """Choose a photo on the page for new ones, and say something about it."""
    await follow_link(device, "New photo")
    if original:
        await device.field("Send the original").check()
    await choose(device, photo)
    await device.field("Description").fill(description)
    await device.field("Alternative text").fill(alt_text)


async def choose(device: Device, photo: bytes, name: str = "photo.jpg") -> None:
    """Choose a file as the photo."""
    file: Any = {"name": name, "mimeType": "image/jpeg", "buffer": photo}
    await device.page.get_by_label(re.compile("^Choose a")).set_input_files(file)


def posts(device: Device) -> Locator:
    """The posts of the feed that are drawn."""
    return device.page.get_by_role("feed").get_by_role("article")


def connection(device: Device) -> Locator:
    """What tells whether the feed is live."""
    return device.page.locator("[data-connection]")


def new_posts(device: Device, count: int) -> Locator:
    """The button that shows the posts that wait."""
    return device.button(f"{count} new post{'s' if count > 1 else ''}")


def on_its_way(device: Device, step: str | None = None) -> Locator:
    """The bars of photos on their way, at any step or at one."""
    region = device.page.get_by_role("region", name="On its way")
    return region.get_by_role("progressbar", name=step, exact=True)


def link_of_time(post: Locator) -> Locator:
    """A post's link to its own page, which is named by its age."""
    return post.get_by_role("link", name=re.compile(r"now|ago|yesterday"))
