"""How soon the feed's first picture is seen on a device, and what scrolling costs it."""

import asyncio
from statistics import median
from typing import Any

from playwright.async_api import Browser, CDPSession

from tests.bench.report import Figure, shown
from tests.bench.rounds import Say, between
from tests.browser.chromium import open_browser
from tests.browser.device import PHONE, Device, open_device
from tests.browser.kept import kept_pictures
from tests.browser.session import new_record, storage_of
from tests.browser.steps import until_live
from tests.client import Api, Person, open_api, until
from tests.journeys.seeding import seed_posts
from tests.photographs import jpeg
from tests.stack import TestStack

ROUNDS = 5
POSTS = 500
PUBLISHED = 4
BITS_PER_SECOND = 5e6
OUTSIDE = "/schema.graphql"  # of the same origin, and nothing of the web app

MARK = """{
  const isSeen = ({ complete, naturalWidth, currentSrc }) =>
    complete && naturalWidth > 0 && currentSrc.includes("/renditions/");
  const look = () => {
    const images = [...document.querySelectorAll("[role=feed] article img")];
    if (images.some(isSeen)) performance.mark("seen");
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""
SEEN = """async () => {
  while (!performance.getEntriesByName("seen").length) await new Promise(requestAnimationFrame);
  return performance.getEntriesByName("seen")[0].startTime;
}"""
SCROLL = """async (count) => {
  const isThere = (article) => Number(article.getAttribute("aria-posinset")) >= count;
  while (![...document.querySelectorAll("[role=feed] article")].some(isThere)) {
    scrollBy(0, innerHeight / 4);
    await new Promise(requestAnimationFrame);
  }
}"""


async def measure(stack: TestStack, say: Say) -> list[Figure]:
    """Milliseconds from the navigation to the first picture drawn, and of scripts while scrolling.

    On the screen of a phone, over 5 Mbit/s. Cold is a browser that was never here but is signed in;
    warm the same one later; offline there is no network at all. Scrolling goes by a quarter of the
    screen each frame, through 500 posts, and includes reading them page by page.
    """
    async with open_api(stack.graphql_url) as api, open_browser() as browser:
        viewer = await _viewer(api, stack)
        found: dict[str, list[float]] = {"cold": [], "warm": [], "offline": [], "scrolling": []}
        for number in range(ROUNDS):
            for name, value in (await _round(stack, browser, viewer)).items():
                found[name].append(value)
            said = (f"{name} {shown(values[-1])}" for name, values in found.items())
            say(f"{number + 1}/{ROUNDS}: {', '.join(said)}")
    names = {
        "cold": "device_feed: first picture, cold",
        "warm": "device_feed: first picture, warm",
        "offline": "device_feed: first picture, offline",
        "scrolling": f"device_feed: scripts, {POSTS} posts scrolled",
    }
    return [
        Figure(
            name=name,
            value=median(found[each]),
            unit="ms",
            less_is_better=True,
            note=between(found[each]),
        )
        for each, name in names.items()
    ]


async def _viewer(api: Api, stack: TestStack) -> Person:
    author, viewer = await api.sign_up_many(2)
    real = await asyncio.gather(
        *(author.publish(jpeg((1200, 800 + 100 * each))) for each in range(PUBLISHED))
    )
    await seed_posts(stack, author, POSTS, real)
    await viewer.follow(author)
    return viewer


async def _round(stack: TestStack, browser: Browser, viewer: Person) -> dict[str, float]:
    storage = storage_of(stack.gateway_url, await new_record(viewer))
    options: dict[str, Any] = {"storage_state": storage, "viewport": PHONE}
    async with open_device(browser, stack, path=OUTSIDE, **options) as device:
        await device.context.add_init_script(MARK)
        found = {"cold": await _seen(device)}
        await _settled(device)
        found["warm"] = await _seen(device)
        await until_live(device)
        await device.go_offline()
        found["offline"] = await _seen(device)
        await device.go_online()
        await device.go("/")
        await until_live(device)
        session = await device.context.new_cdp_session(device.page)
        await session.send("Performance.enable")
        before = await _script_ms(session)
        await device.page.evaluate(SCROLL, POSTS)
        found["scrolling"] = await _script_ms(session) - before
        return found


async def _seen(device: Device) -> float:
    device.link.bytes_per_second = BITS_PER_SECOND / 8
    await device.go("/")
    milliseconds: float = await device.page.evaluate(SEEN)
    return milliseconds


async def _settled(device: Device) -> None:
    """Wait until the app and the pictures are on the device."""
    await until_live(device)
    await device.page.evaluate("async () => void (await navigator.serviceWorker.ready)")

    async def kept() -> bool:
        return len(await kept_pictures(device)) >= PUBLISHED

    await until(kept)


async def _script_ms(session: CDPSession) -> float:
    metrics = (await session.send("Performance.getMetrics"))["metrics"]
    return {each["name"]: float(each["value"]) for each in metrics}["ScriptDuration"] * 1000
