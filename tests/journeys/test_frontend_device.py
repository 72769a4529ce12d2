"""FRONTEND.md, the device: its files are an app that works, its tables say what the code says."""

import json
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import httpx2
import pytest
import pytest_asyncio
from playwright.async_api import Browser, ConsoleMessage, FilePayload, Page, Route, expect

from docker.local import REPOSITORY
from tests.client import Api, Person
from tests.journeys.apps import CODEGEN, TSC, VITE, node, write_files
from tests.journeys.pages import Page as Words
from tests.photographs import jpeg
from tests.stack import TestStack

pytestmark = pytest.mark.asyncio(loop_scope="module")

WORDS = Words("FRONTEND.md")
APP = REPOSITORY / "tests/journeys/frontend_device"
WEB = REPOSITORY / "web"
DEVICE = WEB / "src/device"
TESTS = shutil.ignore_patterns("*.test.ts", "testing")
BASE = "/photos/"
LOCAL = "local-network-access"
"""A page that no server of this machine has sent needs leave to open sockets to one."""
TAKEN = ("codegen.ts", "tsconfig.base.json", "src/frame/trust.ts")
"""What the app has of the web app, beside the device."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def app(stack: TestStack, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An app that has taken the device, with documents made for it alone."""
    folder = tmp_path_factory.mktemp("frontend") / "app"
    shutil.copytree(APP, folder)
    shutil.copytree(DEVICE, folder / "src/device", ignore=TESTS)
    for name in TAKEN:
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copyfile(WEB / name, folder / name)
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "node_modules").symlink_to(WEB / "node_modules")
    (folder.parent / "schema").symlink_to(REPOSITORY / "schema")
    page = Words("FRONTEND.md", stack.graphql_url)
    write_files(folder, page.section("The device"))
    (folder / "src/session.ts").write_text(page.files()["src/session.ts"])
    await node(folder, CODEGEN)
    return folder


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def built(app: Path) -> Path:
    """What a browser loads of it."""
    await node(app, VITE, "build", "--base", BASE, "--logLevel", "error")
    return app / "dist"


class Visits:
    """Pages of the app, which come from the gateway's own origin and under its policy."""

    def __init__(self, browser: Browser, gateway_url: str, built: Path, policy: str) -> None:
        self._browser = browser
        self._url = gateway_url + BASE
        self._built = built
        self._policy = policy
        self.complaints: list[str] = []

    async def open(self, person: Person) -> Page:
        """Open the app where somebody is signed in, and wait until the feed is live."""
        page = await self._browser.new_page(permissions=[LOCAL])
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        await page.context.route(f"{self._url}**", self._serve)
        names = {
            "viewerId": person.id,
            "accessToken": person.access_token,
            "refreshToken": person.refresh_token,
        }
        await page.goto(f"{self._url}#{quote(json.dumps(names))}")
        await expect(page.locator("#feed")).to_have_attribute("data-connection", "live")
        return page

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(message.text)

    async def _serve(self, route: Route) -> None:
        name = urlsplit(route.request.url).path.removeprefix(BASE) or "index.html"
        headers = {"Content-Security-Policy": self._policy}
        await route.fulfill(path=self._built / name, headers=headers)


@pytest_asyncio.fixture(loop_scope="module")
async def visits(
    browser: Browser, stack: TestStack, built: Path, http: httpx2.AsyncClient
) -> AsyncIterator[Visits]:
    """Afterwards nothing must have been complained of."""
    policy = (await http.get(stack.gateway_url)).headers["content-security-policy"]
    visits = Visits(browser, stack.gateway_url, built, policy)
    yield visits
    assert visits.complaints == []


async def test_the_files_compile_as_strictly_as_the_web_app(app: Path) -> None:
    await node(app, TSC, "--project", ".")


async def test_an_app_that_has_taken_the_device_works(visits: Visits, api: Api) -> None:
    ada, bob = await api.sign_up_many(2)
    await bob.follow(ada)
    await ada.publish(jpeg((64, 64)), altText="A saucer")
    hers, his = await visits.open(ada), await visits.open(bob)
    pictures = his.get_by_role("img")
    await expect(pictures).to_have_count(1)

    await hers.get_by_label("What is to be seen").fill("A cup of coffee")
    photo = FilePayload(name="coffee.jpg", mimeType="image/jpeg", buffer=jpeg((3000, 2000)))
    await hers.get_by_label("Photo").set_input_files(photo)
    steps = hers.locator("#steps")
    await expect(steps).to_have_text(re.compile("^ready: "))
    sent, chosen = map(int, re.findall(r"\d+", await steps.inner_text()))
    assert sent < chosen / 2

    await his.get_by_role("button", name="New posts: 1").click()
    await expect(pictures).to_have_count(2)
    await expect(pictures.first).to_have_attribute("alt", "A cup of coffee")


def unions_of(file: Path, name: str) -> set[str]:
    """The strings that a type may be."""
    found = re.search(rf"^export type {name} =([^;]*);", file.read_text(), re.MULTILINE)
    assert found is not None
    return set(re.findall(r'"(\w+)"', found[1]))


async def test_every_step_of_a_photo_is_told_of() -> None:
    steps = unions_of(DEVICE / "uploads/model.ts", "UploadStep")
    assert set(WORDS.table("steps")) == steps


async def test_every_state_of_a_connection_is_told_of() -> None:
    states = unions_of(DEVICE / "feed/model.ts", "FeedConnection")
    assert set(WORDS.table("connections")) == states


async def test_every_refusal_of_the_device_s_own_is_told_of() -> None:
    text = (DEVICE / "refusals.ts").read_text()
    codes = re.findall(r'^export const \w+ = "(\w+)";', text, re.MULTILINE)
    assert set(WORDS.table("refusals of the device")) == set(codes)
