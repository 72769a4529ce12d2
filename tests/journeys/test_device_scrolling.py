"""A feed without an end on a device with one: 2,000 posts, of which few are drawn at a time."""

from typing import Any

import pytest
from playwright.async_api import CDPSession, expect

from tests.browser.device import Device
from tests.browser.steps import posts
from tests.client import Api
from tests.faults.truth import number_of
from tests.journeys.conftest import Devices
from tests.journeys.seeding import seed_posts
from tests.photographs import jpeg
from tests.stack import TestStack

pytestmark = pytest.mark.asyncio(loop_scope="module")

POSTS = 2000
ELEMENTS_MAX = 600
HEAP_MAX_BYTES = 32 << 20
HEAP_GROWTH_MAX_BYTES = 16 << 20
"""From 200 posts to 2,000: the posts themselves, but neither their elements nor their pictures."""

SCROLL_MAX_MS = 60_000
SCROLL = """async ({ count, milliseconds }) => {
  const seen = new Map();
  const deadline = performance.now() + milliseconds;
  let elements = 0;
  for (let last = 0; last < count && performance.now() < deadline; ) {
    const drawn = [...document.querySelectorAll("[role=feed] article")];
    for (const article of drawn) {
      const link = article.querySelector('a[href^="/posts/"]');
      if (link) seen.set(Number(article.getAttribute("aria-posinset")), link.pathname.slice(7));
    }
    elements = Math.max(elements, document.querySelectorAll("*").length);
    const place = Number(drawn.at(-1)?.getAttribute("aria-posinset"));
    if (place > last && seen.has(place)) {
      last = place;
      drawn.at(-1).scrollIntoView();
    }
    await new Promise(requestAnimationFrame);
  }
  return { seen: [...seen], elements };
}"""
"""Scrolls down, as far as is drawn each time; the place and id of each post, and most elements."""


async def test_two_thousand_posts_are_seen_once_and_in_order_in_bounded_memory(
    api: Api, devices: Devices, stack: TestStack
) -> None:
    ada, bob = await api.sign_up("ada"), await api.sign_up("bob")
    real = [await ada.publish(jpeg((640, 200 + 60 * n))) for n in range(4)]
    seeded = await seed_posts(stack, ada, POSTS - len(real), real)
    await bob.follow(ada)
    device = await devices(bob, viewport={"width": 390, "height": 3000})
    await expect(posts(device).first).to_be_visible()
    session = await device.context.new_cdp_session(device.page)
    await session.send("Performance.enable")
    early = await scroll_to(device, 200)
    before = await heap_bytes(session)
    late = await scroll_to(device, POSTS)
    after = await heap_bytes(session)

    seen = {**dict(early["seen"]), **dict(late["seen"])}
    assert sorted(seen) == list(range(1, POSTS + 1))
    wanted = sorted([*(post["id"] for post in real), *seeded], key=number_of, reverse=True)
    assert [seen[place] for place in sorted(seen)] == wanted
    assert max(early["elements"], late["elements"]) < ELEMENTS_MAX
    assert after < HEAP_MAX_BYTES
    assert after - before < HEAP_GROWTH_MAX_BYTES


async def scroll_to(device: Device, count: int) -> Any:
    return await device.page.evaluate(SCROLL, {"count": count, "milliseconds": SCROLL_MAX_MS})


async def heap_bytes(session: CDPSession) -> float:
    """What is alive after everything else was collected."""
    await session.send("HeapProfiler.collectGarbage")
    metrics = (await session.send("Performance.getMetrics"))["metrics"]
    return {str(each["name"]): float(each["value"]) for each in metrics}["JSHeapUsedSize"]
