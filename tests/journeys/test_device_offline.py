"""Recent posts are on the device: they open without a network, and are brought up to date later."""

import asyncio

import pytest
from playwright.async_api import Page, expect

from tests.browser.device import Device
from tests.browser.kept import kept_pictures, kept_records
from tests.browser.steps import (
    follow_link,
    link_of_time,
    new_posts,
    posts,
    until_installed,
    until_live,
)
from tests.client import Api, Person, until
from tests.journeys.conftest import Devices
from tests.journeys.seeding import seed_posts
from tests.photographs import jpeg, photograph
from tests.stack import TestStack

pytestmark = pytest.mark.asyncio(loop_scope="module")

RECENT_POSTS = 50
PUBLISHED = 2
SEEDED = 60
DRAWN = "img => img.complete && img.naturalWidth > 0"
TO_THE_END = """async (count) => {
  const found = new Map();
  while (found.size < count) {
    const seen = found.size;
    for (const article of document.querySelectorAll("[role=feed] article")) {
      const image = article.querySelector("img");
      if (image?.complete && image.naturalWidth) found.set(article.ariaPosInSet, article.innerText);
    }
    if (found.size === seen) scrollBy(0, 200);
    await new Promise(requestAnimationFrame);
  }
  return [...found.values()];
}"""
"""Scrolls until so many posts were seen with their pictures; what is said about them."""


async def author_and_viewer(api: Api, stack: TestStack) -> tuple[Person, Person]:
    """Somebody with 50 posts and more, and whoever follows them."""
    ada, bob = await api.sign_up("ada", displayName="Ada"), await api.sign_up("bob")
    real = await asyncio.gather(*(ada.publish(jpeg((640, 480 + 8 * n))) for n in range(PUBLISHED)))
    await seed_posts(stack, ada, SEEDED, real)
    await bob.follow(ada)
    return ada, bob


async def settled(device: Device, *texts: str, count: int = 1) -> None:
    """Wait until the feed is live, and its posts, pictures and the app itself are on the device."""
    await until_live(device)
    await until_installed(device)

    async def kept() -> bool:
        records = "".join((await kept_records(device)).values())
        is_told = all(text in records for text in texts)
        return is_told and len(await kept_pictures(device)) >= count

    await until(kept)


async def reload_offline(device: Device) -> None:
    """Open the page again with no network at all."""
    await device.go_offline()
    await device.page.reload()


async def test_fifty_posts_open_without_any_network(
    api: Api, devices: Devices, stack: TestStack
) -> None:
    ada, bob = await author_and_viewer(api, stack)
    device = await devices(bob)
    await settled(device, "Number 60", count=PUBLISHED)
    await reload_offline(device)
    await expect(device.page.get_by_text("You are offline").first).to_be_visible()
    texts = await device.page.evaluate(TO_THE_END, RECENT_POSTS)
    for number in range(SEEDED, SEEDED + PUBLISHED - RECENT_POSTS, -1):
        assert [text for text in texts if f"Number {number}" in text and "Ada" in text]
    await device.page.evaluate("scrollTo(0, 0)")
    await see_post_and_profile(device, ada)
    await say_what_is_not_there(device)


async def see_post_and_profile(device: Device, ada: Person) -> None:
    await link_of_time(posts(device).filter(has_text="Number 60")).click()
    await expect(device.heading("Photo by Ada")).to_be_visible()
    await expect(device.page.get_by_text("Number 60")).to_be_visible()
    await until_drawn(device.page)
    await device.page.reload()
    await expect(device.heading("Photo by Ada")).to_be_visible()
    await device.page.get_by_role("link", name="Ada", exact=True).first.click()
    await expect(device.heading("Ada")).to_be_visible()
    await expect(device.page.get_by_text(f"@{ada.username}")).to_be_visible()


async def until_drawn(page: Page) -> None:
    image = await page.get_by_role("main").get_by_role("img").first.element_handle()
    assert image is not None
    await page.wait_for_function(DRAWN, arg=image)


async def say_what_is_not_there(device: Device) -> None:
    await follow_link(device, "People")
    await device.field("Username").fill("nobody_here")
    await device.button("Find").click()
    await expect(device.page.get_by_text("cannot be reached").first).to_be_visible()


async def test_what_happened_meanwhile_comes_as_updates(
    api: Api, devices: Devices, stack: TestStack
) -> None:
    ada, bob = await api.sign_up("ada", displayName="Ada"), await api.sign_up("bob")
    await bob.follow(ada)
    stays = await ada.publish(jpeg(), description="Stays")
    goes = await ada.publish(photograph("chelsea.png"), description="Goes")
    device = await devices(bob)
    await expect(posts(device)).to_have_count(2)
    await settled(device, "Stays", "Goes", count=2)
    gone = {variant["url"] for variant in goes["image"]["variants"]}
    assert gone & set(await kept_pictures(device))

    await reload_offline(device)
    await expect(posts(device)).to_have_count(2)
    await ada.delete(goes["id"])
    new = await ada.publish(photograph("rocket.jpg"), description="Came")
    await bob.until_in_feed(new["id"], stays["id"])
    await device.go_online()
    await expect(new_posts(device, 1)).to_be_visible()
    await expect(posts(device)).to_have_count(1)
    await new_posts(device, 1).click()
    await expect(posts(device)).to_have_count(2)
    assert device.operations().count("FeedPage") == 1

    async def picture_is_gone() -> bool:
        return not gone & set(await kept_pictures(device))

    await until(picture_is_gone)


async def test_a_normal_start_shows_what_is_there_and_asks_for_what_is_new(
    api: Api, devices: Devices
) -> None:
    ada, bob = await api.sign_up("ada", displayName="Ada"), await api.sign_up("bob")
    await bob.follow(ada)
    await ada.publish(jpeg(), description="Was there")
    device = await devices(bob)
    await settled(device, "Was there")
    await device.page.close()
    await ada.publish(photograph("rocket.jpg"), description="Is new")
    await device.open_tab()
    await expect(posts(device)).to_have_count(2)
    assert device.operations().count("FeedPage") == 1
    assert device.operations().count("FeedUpdates") == 2


async def test_who_was_looked_at_before_they_posted_opens_without_a_network(
    api: Api, devices: Devices
) -> None:
    ada, bob = await api.sign_up("ada", displayName="Ada"), await api.sign_up("bob")
    await bob.follow(ada)
    device = await devices(bob)
    await until_live(device)
    await device.go(f"/people/{ada.username}")
    await expect(device.heading("Ada")).to_be_visible()
    await follow_link(device, "Feed")
    await until_live(device)
    await ada.publish(jpeg(), description="Her first")
    await expect(posts(device)).to_have_count(1)
    await settled(device, "Her first")
    await reload_offline(device)
    await expect(posts(device).filter(has_text="Her first")).to_contain_text("Ada")
