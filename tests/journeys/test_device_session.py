"""Who is signed in on a device, in all of its tabs, and what is left when nobody is."""

import asyncio
import json
import re
from typing import Any

import jwt
import pytest
from playwright.async_api import expect

from app.accounts.model import Viewer
from app.accounts.tokens import AccessTokens
from tests.browser.device import Device
from tests.browser.kept import kept_pictures, kept_records, kept_settings
from tests.browser.session import RECORD
from tests.browser.steps import follow_link, new_posts, posts, sign_in, until_feed, until_live
from tests.client import PASSWORD, Api, until
from tests.journeys.conftest import Devices
from tests.photographs import jpeg
from tests.stack import TestStack

pytestmark = pytest.mark.asyncio(loop_scope="module")

SHORT_SECONDS = 4


async def test_signing_out_leaves_nothing_in_any_tab(api: Api, devices: Devices) -> None:
    ada, bob = await api.sign_up_many(2)
    await bob.follow(ada)
    await ada.publish(jpeg(), description="Private")
    device = await devices()
    await sign_in(device, bob)
    await until_feed(device)
    await until_live(device)
    first = device.page
    second = await device.open_tab()
    await expect(posts(device)).to_have_count(1)

    async def kept() -> bool:
        return bool(await kept_pictures(device) and await kept_records(device))

    await until(kept)
    await follow_link(device, "Settings")
    await device.button("Sign out").click()
    for page in (first, second):
        await expect(page.get_by_role("link", name="Sign in").first).to_be_visible()
        await expect(page.get_by_text("Private")).to_have_count(0)

    async def nothing_is_left() -> bool:
        left = (
            await kept_pictures(device),
            await kept_records(device),
            await kept_settings(device),
        )
        return left == ([], {}, {})

    await until(nothing_is_left)


async def test_an_account_is_deleted_with_its_password(api: Api, devices: Devices) -> None:
    ada = await api.sign_up("ada")
    device = await devices(ada)
    await follow_link(device, "Settings")
    await device.button("Delete account").click()
    dialog = device.page.get_by_role("dialog")
    await dialog.get_by_label("Password", exact=True).fill("another one")
    await dialog.get_by_role("button", name="Delete account").click()
    await expect(dialog.get_by_text("not right")).to_be_visible()
    await dialog.get_by_label("Password", exact=True).fill("correct horse")
    await dialog.get_by_role("button", name="Delete account").click()
    await expect(device.page.get_by_role("link", name="Sign up").first).to_be_visible()
    assert await kept_settings(device) == {}


async def test_an_expired_token_is_renewed_unseen_in_all_tabs(
    api: Api, devices: Devices, stack: TestStack
) -> None:
    ada, bob = await api.sign_up_many(2)
    await bob.follow(ada)
    await ada.publish(jpeg(), description="Before")
    device = await devices(bob)
    await until_live(device)
    first = device.page
    old = await shorten(device, stack)
    await first.reload()
    await device.open_tab()  # both listen with the token that is about to expire
    await until_live(device)

    async def renewed() -> bool:
        return bool((await record_of(device))["accessToken"] != old)

    await until(renewed)
    await until_live(device)
    assert 1 <= len(traded_tokens(device)) <= len(device.context.pages)
    await ada.publish(jpeg(), description="After")
    await expect(new_posts(device, 1)).to_be_visible()
    await expect(first.get_by_role("button", name="1 new post")).to_be_visible()
    assert (await record_of(device))["viewer"]["id"] == bob.id


def traded_tokens(device: Device) -> set[str]:
    """The refresh tokens that the tabs have sent; who is told too late may trade once more."""
    bodies = [request.post_data or "" for request in device.requests]
    return {found[1] for body in bodies if (found := re.search(r'"refreshToken":"([^"]+)"', body))}


async def shorten(device: Device, stack: TestStack) -> str:
    """Give the session a token that expires soon, of which the device does not know; the token."""
    record = await record_of(device)
    claims = jwt.decode(record["accessToken"], options={"verify_signature": False})
    signer = AccessTokens(
        secret=stack.settings.token_secret.get_secret_value(), life_seconds=SHORT_SECONDS
    )
    viewer = Viewer(account_id=int(claims["sub"]), session_id=claims["sid"])
    token, _ = signer.sign(viewer)
    await write_record(device, {**record, "accessToken": token})
    return token


async def record_of(device: Device) -> dict[str, Any]:
    record: dict[str, Any] = json.loads((await kept_settings(device))[RECORD])
    return record


async def write_record(device: Device, record: dict[str, Any]) -> None:
    await device.page.evaluate(
        "([key, value]) => localStorage.setItem(key, value)", [RECORD, json.dumps(record)]
    )


async def test_a_session_that_ends_by_itself_says_so_and_leads_back(
    api: Api, devices: Devices
) -> None:
    bob = await api.sign_up("bob")
    device = await devices(bob)
    await until_live(device)
    await device.open_tab("/settings")
    record = await record_of(device)
    gone = {"accessToken": "gone", "refreshToken": "gone", "renewAt": 0}
    await write_record(device, {**record, **gone})
    await device.page.reload()
    told = device.page.get_by_role("main").get_by_text("You have been signed out.")
    await expect(told).to_be_visible()
    await device.field("Username").fill(bob.username)
    await device.field("Password").fill(PASSWORD)
    await device.button("Sign in").click()
    await expect(device.heading("Settings")).to_be_visible()


async def test_refusals_are_words_with_what_to_do_next(api: Api, devices: Devices) -> None:
    ada = await api.sign_up("ada")
    device = await devices()
    await sign_in(device, ada, "not the password")
    await expect(device.page.get_by_text("Please check them, and try again.")).to_be_visible()
    await follow_link(device, "Sign up")
    await device.field("Username").fill(ada.username.upper())
    await device.field("Password").fill("correct horse")
    await device.button("Sign up").click()
    await expect(device.page.get_by_text("Somebody has this username already.")).to_be_visible()
    await expect(device.field("Username")).to_have_attribute("aria-invalid", "true")
    device.link.cut()
    await sign_in_again(device, ada.username)
    await expect(device.page.get_by_text("Photofeed cannot be reached.")).to_be_visible()
    device.link.mend()
    await device.button("Sign in").click()
    await until_feed(device)


async def sign_in_again(device: Device, username: str) -> None:
    await follow_link(device, "Sign in")
    await device.field("Username").fill(username)
    await device.field("Password").fill("correct horse")
    await device.button("Sign in").click()


async def test_a_server_that_is_down_is_told_from_a_network_that_is(
    api: Api, devices: Devices, stack: TestStack
) -> None:
    device = await devices()
    device.tolerates += ("Failed to load resource: the server responded with a status of 50",)
    for name in ("api-1", "api-2"):
        stack.stop(name)
    await device.go("/sign-in")
    await device.field("Username").fill("ada")
    await device.field("Password").fill("correct horse")
    await device.button("Sign in").click()
    await expect(device.page.get_by_text("Please try again in a minute.")).to_be_visible()
    stack.mend()
    await asyncio.to_thread(stack.wait_until_ready)

    async def is_back() -> bool:
        return (await device.page.request.get(f"{stack.gateway_url}/healthz")).ok

    await until(is_back)
    await device.button("Sign in").click()
    await expect(device.page.get_by_text("Please check them, and try again.")).to_be_visible()
