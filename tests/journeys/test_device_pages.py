"""Every page: on a phone and on a desk, by day and by night, without a mouse, without scripts."""

from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, expect

from docker.local import SHARED
from tests.browser.barriers import barriers
from tests.browser.device import DESK, PHONE, Device
from tests.browser.steps import choose, on_its_way, posts, until_feed, until_live
from tests.client import PASSWORD, Api, Person
from tests.journeys.conftest import Devices
from tests.journeys.seeding import seed_posts
from tests.photographs import encoded, photograph, picture
from tests.stack import TestStack

pytestmark = pytest.mark.asyncio(loop_scope="module")

SCREENSHOTS = SHARED / "screenshots"
"""Kept, for people to look at."""

SCREENS = {"phone": PHONE, "desk": DESK}
PHOTOS = {
    "rocket.jpg": ("Lift-off! We have been waiting for this all week.", "A rocket on its pad"),
    "chelsea.png": ("Guess who has slept on the keyboard again", "A ginger cat, close up"),
    "coffee.png": ("", "A cup of coffee on a wooden table"),
    "astronaut.png": ("Portrait day", None),
}
DRAWN = """() =>
  !document.querySelector("main [aria-busy=true], main [role=progressbar]") &&
  [...document.querySelectorAll("main img")].every(
    (image) => image.getBoundingClientRect().top > innerHeight || image.complete,
  )"""
TAB_MAX = 40


@dataclass(frozen=True, kw_only=True)
class Scene:
    """Some people, and what they have published."""

    ada: Person
    bob: Person
    mine: str
    """The id of a post of Bob's, who looks at all this."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(api: Api, stack: TestStack) -> Scene:
    ada = await api.sign_up("ada", displayName="Ada Lovelace")
    bob = await api.sign_up("bob", displayName="Bob")
    eve = await api.sign_up("eve", displayName="Eve with a name that is rather long, as some are")
    for name, (description, alt_text) in PHOTOS.items():
        await ada.publish(photograph(name), description=description, altText=alt_text)
    mine = await bob.publish(photograph("rocket.jpg"), description="Mine", altText="A rocket")
    for follower, followed in ((bob, ada), (eve, ada), (eve, bob), (bob, eve)):
        await follower.follow(followed)
    await seed_posts(stack, bob, 7, [mine])
    return Scene(ada=ada, bob=bob, mine=mine["id"])


def pages_of(scene: Scene) -> dict[str, str]:
    ada = f"/people/{scene.ada.username}"
    return {
        "feed": "/",
        "post": f"/posts/{scene.mine}",
        "profile": ada,
        "followers": f"{ada}/followers",
        "following": f"/people/{scene.bob.username}/following",
        "own-profile": f"/people/{scene.bob.username}",
        "people": "/people",
        "upload": "/upload",
        "settings": "/settings",
        "nowhere": "/posts/nothing",
    }


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_pages_keep_nobody_out(
    scene: Scene, devices: Devices, screen: str, scheme: str
) -> None:
    looks: Any = {"viewport": SCREENS[screen], "color_scheme": scheme, "reduced_motion": "reduce"}
    visitor, bob = await devices(**looks), await devices(scene.bob, **looks)
    found: dict[str, list[str]] = {}
    for name, path in {"welcome": "/", "sign-in": "/sign-in", "sign-up": "/sign-up"}.items():
        found[name] = await looked_at(visitor, path, f"{name}-{screen}-{scheme}")
    await until_live(bob)
    for name, path in pages_of(scene).items():
        found[name] = await looked_at(bob, path, f"{name}-{screen}-{scheme}")
    await bob.go("/upload")
    await choose(bob, encoded(picture((2400, 1800)), "JPEG", quality=95))
    await expect(bob.page.get_by_text("→")).to_be_visible()
    found["composing"] = await seen(bob.page, f"composing-{screen}-{scheme}")
    await bob.go(f"/posts/{scene.mine}")
    await bob.button("Delete").click()
    found["dialog"] = await seen(bob.page, f"dialog-{screen}-{scheme}")
    assert {name: broken for name, broken in found.items() if broken} == {}


async def looked_at(device: Device, path: str, name: str) -> list[str]:
    """Open a page, and keep a picture of it; what keeps people out."""
    await device.go(path)
    await expect(device.page.get_by_role("heading", level=1)).to_be_attached()
    return await seen(device.page, name)


async def seen(page: Page, name: str) -> list[str]:
    await page.wait_for_function(DRAWN)
    found = await barriers(page)
    await page.screenshot(path=SCREENSHOTS / f"{name}.png")
    return found


async def test_nothing_is_wider_than_a_phone(scene: Scene, devices: Devices) -> None:
    device = await devices(scene.bob, viewport={"width": 320, "height": 640})
    for path in pages_of(scene).values():
        await device.go(path)
        await expect(device.page.get_by_role("heading", level=1)).to_be_attached()
        await device.page.wait_for_function(DRAWN)
        assert await device.page.evaluate("document.documentElement.scrollWidth") <= 320, path


async def test_a_keyboard_is_enough(scene: Scene, devices: Devices) -> None:
    device = await devices()
    keyboard = device.page.keyboard
    await device.go("/sign-in")
    await tab_to(device, device.field("Username"))
    await keyboard.type(scene.bob.username)
    await tab_to(device, device.field("Password"))
    await keyboard.type(PASSWORD)
    await keyboard.press("Enter")
    await until_feed(device)

    await expect(posts(device).first).to_be_visible()
    for key, place in (("j", 1), ("j", 2), ("k", 1)):
        await keyboard.press(key)
        focused = device.page.locator("article:focus, article:focus-within").first
        await expect(focused).to_have_attribute("aria-posinset", str(place))

    new = device.page.get_by_role("navigation", name="Main").get_by_role("link", name="New photo")
    await tab_to(device, new, backwards=True)
    await keyboard.press("Enter")
    await expect(device.heading("New photo")).to_be_focused()
    await choose(device, encoded(picture((320, 240)), "JPEG"))
    await tab_to(device, device.field("Description"))
    await keyboard.type("By keyboard")
    await tab_to(device, device.button("Post"))
    await keyboard.press("Enter")
    await expect(on_its_way(device)).to_have_count(0)
    await device.go(f"/people/{scene.bob.username}")
    await expect(device.page.get_by_role("img").first).to_be_visible()


async def tab_to(device: Device, target: Locator, *, backwards: bool = False) -> None:
    """Press Tab until this has the focus."""
    await expect(target).to_be_visible()
    for _ in range(TAB_MAX):
        if await target.evaluate("(element) => element === document.activeElement"):
            return
        await device.page.keyboard.press("Shift+Tab" if backwards else "Tab")
    raise AssertionError(f"The keyboard does not reach {target}")


async def test_without_scripts_it_says_what_it_needs(devices: Devices) -> None:
    device = await devices(java_script_enabled=False)
    told = device.page.locator("noscript p").first
    await expect(told).to_be_visible()
    await expect(told).to_contain_text("needs JavaScript")
