"""What a photo costs that is compressed on the device before it is sent, and one that is not."""

import asyncio
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from PIL import Image
from playwright.async_api import CDPSession

from tests.bench.mosaics import mosaic
from tests.bench.report import Figure, shown
from tests.bench.rounds import BenchError, Say, between
from tests.browser.chromium import open_browser
from tests.browser.device import Device, open_device
from tests.browser.session import new_record, storage_of
from tests.client import Person, open_api
from tests.photographs import encoded, picture
from tests.stack import TestStack

ROUNDS = 5
UP_BITS_PER_SECOND = 5e6
LATENCY_MS = 40
DEADLINE_SECONDS = 60.0
POLL_SECONDS = 0.02
QUALITY = 92
MARK_PX = 16
LAST_POST = """query($name: String!) { user(username: $name) { posts(first: 1) { edges { node {
  id status failure } } } } }"""

LISTEN = """() => {
  const choose = () => performance.mark("chosen");
  addEventListener("change", choose, { capture: true, once: true });
}"""
PREPARED = """async () => {
  const isShown = () => /\\d\\s?[kM]?B/.test(document.querySelector("figcaption")?.innerText);
  while (!isShown()) await new Promise(requestAnimationFrame);
  return performance.measure("prepared", "chosen").duration / 1000;
}"""


@dataclass(frozen=True, kw_only=True)
class _Cost:
    """Of one photo, from choosing it until everybody can see it; bytes are all that it sent."""

    seconds: float
    preparing_seconds: float
    sent_bytes: int


async def measure(stack: TestStack, say: Say) -> list[Figure]:
    """Seconds from choosing a file on the upload page to the post being READY, and bytes sent.

    A browser signed in, over a link of 5 Mbit/s up with 40 ms to the answer, as DevTools make one.
    The peer is the same page with "Send the original", by turns. Each photo is another one, so that
    nothing can be taken from one before. Whoever posts does so as soon as the page lets them.
    """
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as folder:
        async with open_api(stack.graphql_url) as api, open_browser() as browser:
            author = await api.sign_up("author")
            storage = storage_of(stack.gateway_url, await new_record(author))
            async with open_device(browser, stack, storage_state=storage) as device:
                await _slow_down(await device.context.new_cdp_session(device.page))
                for name, photo in _photos():
                    figures += await _measured(name, photo, device, author, Path(folder), say)
    return figures


def _photos() -> Iterator[tuple[str, Image.Image]]:
    yield "12 MP", mosaic((4032, 3024))
    yield "3 MP", mosaic((2048, 1536))
    yield "2 MP, an eye", picture(name="retina.jpg")


async def _slow_down(session: CDPSession) -> None:
    await session.send("Network.enable")
    await session.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": LATENCY_MS,
            "downloadThroughput": -1,
            "uploadThroughput": UP_BITS_PER_SECOND / 8,
        },
    )


async def _measured(
    name: str, photo: Image.Image, device: Device, author: Person, folder: Path, say: Say
) -> list[Figure]:
    found: dict[bool, list[_Cost]] = {False: [], True: []}
    for number in range(-1, ROUNDS):
        for original in (False, True)[:: 1 if number % 2 == 0 else -1]:
            file = folder / f"{name}.jpg"
            file.write_bytes(_marked(photo, 2 * (number + 1) + original))
            cost = await _post(device, author, file, original=original)
            if number >= 0:  # the one before them warms up what is loaded late
                found[original].append(cost)
                way = "original" if original else "compressed"
                say(f"{name} {number + 1}/{ROUNDS}, {way}: {shown(cost.seconds)} s")
    return _figures(name, found[False], found[True])


def _marked(photo: Image.Image, number: int) -> bytes:
    """The photo with a corner of its own."""
    marked = photo.copy()
    marked.paste((number * 16, 255 - number * 16, 128), (0, 0, MARK_PX, MARK_PX))
    return encoded(marked, "JPEG", quality=QUALITY)


async def _post(device: Device, author: Person, file: Path, *, original: bool) -> _Cost:
    await device.go("/upload")
    if original:
        await device.field("Send the original").check()
    before, earlier = device.link.sent_bytes, await _last_post(author)
    await device.page.evaluate(LISTEN)
    begin = time.perf_counter()
    await device.page.locator("input[type=file]").first.set_input_files(file)
    preparing_seconds = await device.page.evaluate(PREPARED)
    await device.button("Post").click()
    async with asyncio.timeout(DEADLINE_SECONDS):
        while (post := await _last_post(author)) == earlier or post[1] == "PROCESSING":
            await asyncio.sleep(POLL_SECONDS)
        seconds = time.perf_counter() - begin
        if post[1] != "READY":
            raise BenchError(f"{file.name} became {post[1]}")
        return _Cost(
            seconds=seconds,
            preparing_seconds=preparing_seconds,
            sent_bytes=device.link.sent_bytes - before,
        )


async def _last_post(author: Person) -> tuple[str, str]:
    """Id and status; empty without one."""
    page = await author.ask(LAST_POST, name=author.username)
    nodes = [edge["node"] for edge in page["user"]["posts"]["edges"]]
    return (nodes[0]["id"], nodes[0]["status"]) if nodes else ("", "")


def _figures(name: str, ours: list[_Cost], originals: list[_Cost]) -> list[Figure]:
    seconds, peers = ([each.seconds for each in costs] for costs in (ours, originals))
    preparing = [each.preparing_seconds for each in ours]
    sent, whole = (median(each.sent_bytes for each in costs) for costs in (ours, originals))
    return [
        Figure(
            name=f"device_photos: {name}, chosen to READY",
            value=median(seconds),
            unit="s",
            limit=sent * 8 / UP_BITS_PER_SECOND,
            peer=median(peers),
            less_is_better=True,
            note=f"{between(seconds)}; peer, the original, {between(peers)}; limit: the link alone",
        ),
        Figure(
            name=f"device_photos: {name}, sent",
            value=sent / 1000,
            unit="kB",
            peer=whole / 1000,
            less_is_better=True,
            note="peer: the original; all that goes out, headers and questions too",
        ),
        Figure(
            name=f"device_photos: {name}, preparing",
            value=median(preparing),
            unit="s",
            less_is_better=True,
            note=f"{between(preparing)}; to the sizes on the page",
        ),
    ]
