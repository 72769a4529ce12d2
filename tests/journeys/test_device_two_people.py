"""Two people with a device each: one publishes, the other sees it, and sees it go."""

import secrets

import pytest
from playwright.async_api import Locator, expect

from tests.browser.device import PHONE, Device
from tests.browser.kept import kept_pictures
from tests.browser.steps import (
    compose,
    follow_link,
    link_of_time,
    new_posts,
    on_its_way,
    posts,
    sign_up,
    until_live,
)
from tests.client import GET_POST, Api, Person, until
from tests.journeys.conftest import Devices
from tests.journeys.seeding import seed_posts
from tests.photographs import photograph
from tests.stack import TestStack

pytestmark = pytest.mark.asyncio(loop_scope="module")

EARLIER_POSTS = 12
SCROLLED_PX = 900
ROCKET = "A rocket on its pad"


async def test_somebody_new_finds_whom_to_follow(api: Api, devices: Devices) -> None:
    ada = await api.sign_up("ada", displayName="Ada Lovelace")
    await ada.publish(photograph(), description="Coffee at last", altText="A cup of coffee")
    bob = await devices(viewport=PHONE)
    await sign_up(bob, f"bob_{secrets.token_hex(4)}", "Bob")

    await follow_link(bob, "People")
    await bob.field("Username").fill(ada.username)
    await bob.button("Find").click()
    await expect(bob.heading("Ada Lovelace")).to_be_visible()
    await expect(bob.page.get_by_text(f"@{ada.username}")).to_be_visible()
    await bob.button("Follow").click()
    await expect(bob.button("Unfollow")).to_be_visible()
    await expect(bob.page.get_by_role("link", name="1 follower", exact=True)).to_be_visible()

    await follow_link(bob, "Feed")
    await expect(posts(bob)).to_have_count(1)
    shown = posts(bob).first
    await expect(shown).to_have_accessible_name("Photo by Ada Lovelace")
    await expect(shown.get_by_text("Coffee at last")).to_be_visible()
    await expect(shown.get_by_role("img", name="A cup of coffee")).to_be_visible()
    await follow_link(bob, "You")
    await expect(bob.heading("Bob")).to_be_visible()
    await expect(bob.page.get_by_role("link", name="1 following", exact=True)).to_be_visible()


async def test_a_photo_reaches_the_other_device_and_leaves_it_again(
    api: Api, devices: Devices, stack: TestStack
) -> None:
    ada, bob = await two_who_have_met(api, stack)
    at_ada, at_bob = await devices(ada), await devices(bob)
    await until_live(at_bob)
    watched = await scrolled(at_bob)
    place = await watched.bounding_box()

    await compose(at_ada, photograph("rocket.jpg"), description="Lift-off", alt_text=ROCKET)
    await at_ada.button("Post").click()
    await expect(new_posts(at_bob, 1)).to_be_visible()
    assert await watched.bounding_box() == place
    await expect(at_bob.page.get_by_text("Lift-off")).to_have_count(0)
    await new_posts(at_bob, 1).click()
    shown = posts(at_bob).first
    await expect(shown.get_by_role("img", name=ROCKET)).to_be_in_viewport()
    await expect(new_posts(at_bob, 1)).to_have_count(0)
    await expect(on_its_way(at_ada)).to_have_count(0)

    urls = await addresses(bob, shown)
    await until_kept(at_bob, urls)
    await look_closer(at_bob, shown)
    await delete_newest(at_ada)
    await expect(at_bob.page.get_by_role("img", name=ROCKET)).to_have_count(0)
    await expect(posts(at_bob).first).to_be_visible()
    await until_not_kept(at_bob, urls)


async def two_who_have_met(api: Api, stack: TestStack) -> tuple[Person, Person]:
    """Somebody who has published before, and whoever follows them."""
    ada = await api.sign_up("ada", displayName="Ada")
    bob = await api.sign_up("bob", displayName="Bob")
    seen = await ada.publish(photograph("chelsea.png"), altText="A cat")
    await seed_posts(stack, ada, EARLIER_POSTS, [seen])
    await bob.follow(ada)
    return ada, bob


async def look_closer(device: Device, post: Locator) -> None:
    """Open the post's own page, and come back."""
    await link_of_time(post).click()
    await expect(device.heading("Photo by Ada")).to_be_visible()
    await expect(device.page.get_by_text("Lift-off")).to_be_visible()
    await expect(device.page.get_by_role("img", name=ROCKET)).to_be_visible()
    await device.page.go_back()
    await expect(device.page.get_by_role("img", name=ROCKET)).to_be_visible()


async def scrolled(device: Device) -> Locator:
    """Scroll down a bit; a post in the middle of what is seen then."""
    await expect(posts(device).first).to_be_visible()
    await device.page.mouse.move(600, 400)
    await device.page.mouse.wheel(0, SCROLLED_PX)
    await device.page.wait_for_function("() => scrollY >= 400")
    middle = posts(device).filter(has_text="Number 11")
    await expect(middle).to_be_visible()
    return middle


async def addresses(person: Person, post: Locator) -> set[str]:
    """Every address of the picture of a post that is shown."""
    href = await link_of_time(post).get_attribute("href")
    assert href is not None
    found = (await person.ask(GET_POST, id=href.rpartition("/")[2]))["post"]
    return {variant["url"] for variant in found["image"]["variants"]}


async def until_kept(device: Device, urls: set[str]) -> None:
    async def kept() -> bool:
        return bool(urls & set(await kept_pictures(device)))

    await until(kept)


async def until_not_kept(device: Device, urls: set[str]) -> None:
    async def gone() -> bool:
        return not urls & set(await kept_pictures(device))

    await until(gone)


async def delete_newest(device: Device) -> None:
    """Delete the last photo of one's own, on its page."""
    await follow_link(device, "You")
    await device.page.get_by_role("img", name=ROCKET).click()
    await device.button("Delete").click()
    dialog = device.page.get_by_role("dialog", name="Delete this photo?")
    await dialog.get_by_role("button", name="Keep").click()
    await expect(dialog).to_have_count(0)
    await device.button("Delete").click()
    await dialog.get_by_role("button", name="Delete").click()
    await expect(dialog).to_have_count(0)
