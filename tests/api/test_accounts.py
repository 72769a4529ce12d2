"""Signing up and signing in."""

import asyncio
import secrets
from datetime import UTC, datetime, timedelta

from tests.api.auth import (
    VIEWER,
    log_in,
    sign_up,
)
from tests.client import PASSWORD, Api


async def test_a_new_account_is_signed_in(api: Api) -> None:
    username = f"Ada_{secrets.token_hex(5)}"
    before = datetime.now(UTC)
    payload = await sign_up(api, username=username, displayName="Ada Lovelace")
    assert payload["errors"] == []
    viewer = payload["viewer"]
    created_at = datetime.fromisoformat(viewer.pop("createdAt"))
    assert timedelta(seconds=-1) < created_at - before < timedelta(seconds=10)
    assert {name: value for name, value in viewer.items() if name != "id"} == {
        "username": username,
        "displayName": "Ada Lovelace",
        "postCount": 0,
        "followerCount": 0,
        "followingCount": 0,
        "viewerFollows": False,
    }
    assert payload["expiresAt"].endswith(".000Z")
    life = datetime.fromisoformat(payload["expiresAt"]) - before
    assert timedelta(minutes=14) < life < timedelta(minutes=16)
    asked = await api.ask(VIEWER, token=payload["accessToken"])
    assert asked.data["viewer"] == {"id": viewer["id"], "username": username}


async def test_names_and_passwords_have_rules(api: Api) -> None:
    usernames = ("", "ab", "a" * 31, "a" * 10_000, "a b", "abc\n", "abc\0", "\uff41bc", "\u0430da")
    passwords = ("", "7 chars", "x" * 129, "x" * 10_000)
    refused = [
        *(("INVALID_USERNAME", ["username"], {"username": name}) for name in usernames),
        *(("INVALID_PASSWORD", ["password"], {"password": word}) for word in passwords),
    ]
    for code, path, fields in refused:
        payload = await sign_up(api, **fields)
        (error,) = payload.pop("errors")
        assert (error["code"], error["path"]) == (code, path), fields
        assert error["message"].endswith(".")
        assert set(payload.values()) == {None}


async def test_any_text_of_some_length_is_a_password(api: Api) -> None:
    for password in ("8 chars.", "x" * 128, "🗝" * 128, "nul \0 nul"):
        payload = await sign_up(api, password=password)
        assert payload["errors"] == []
        username = payload["viewer"]["username"]
        assert (await log_in(api, username, password))["errors"] == []
        assert (await log_in(api, username, password[:-1]))["viewer"] is None


async def test_the_username_stands_in_for_a_display_name(api: Api) -> None:
    for fields in ({}, {"displayName": None}, {"displayName": ""}, {"displayName": "x" * 51}):
        viewer = (await sign_up(api, **fields))["viewer"]
        assert viewer["displayName"] == viewer["username"]
    for name in ("愛 ✂️", "x" * 50):
        assert (await sign_up(api, displayName=name))["viewer"]["displayName"] == name


async def test_a_username_is_taken_whatever_its_case(api: Api) -> None:
    username = f"Taken_{secrets.token_hex(5)}"
    spellings = [username, username.lower(), username.upper(), username.swapcase()] * 2
    payloads = await asyncio.gather(*(sign_up(api, username=each) for each in spellings))
    codes = sorted(error["code"] for payload in payloads for error in payload["errors"])
    assert codes == ["USERNAME_TAKEN"] * 7
    later = await sign_up(api, username=username.upper())
    assert [(e["code"], e["path"]) for e in later["errors"]] == [("USERNAME_TAKEN", ["username"])]


async def test_signing_in_takes_the_username_in_any_case(api: Api) -> None:
    person = await api.sign_up("Any_Case")
    payload = await log_in(api, person.username.upper())
    assert payload["errors"] == []
    assert payload["viewer"]["id"] == person.id
    assert payload["viewer"]["username"] == person.username
    assert (await api.ask(VIEWER, token=payload["accessToken"])).data["viewer"]["id"] == person.id


async def test_a_wrong_password_and_an_unknown_name_are_answered_alike(api: Api) -> None:
    person = await api.sign_up()
    wrong = await log_in(api, person.username, PASSWORD + "!")
    unknown = await log_in(api, person.username + "_", PASSWORD)
    odd = await log_in(api, "\0" * 10_000, "")
    assert wrong == unknown == odd
    assert [(error["code"], error["path"]) for error in wrong["errors"]] == [
        ("INVALID_CREDENTIALS", None)
    ]
