"""Sessions: going on, signing out, and what ends them."""

import asyncio

from tests.api.auth import (
    LOG_OUT,
    VIEWER,
    is_unauthenticated,
    log_in,
    refresh,
)
from tests.client import Api


async def test_a_refresh_token_works_once(api: Api) -> None:
    person = await api.sign_up()
    answers = await asyncio.gather(*(refresh(api, person.refresh_token) for _ in range(4)))
    fresh = [answer for answer in answers if not answer["errors"]]
    assert len(fresh) == 1
    assert fresh[0]["viewer"]["id"] == person.id
    assert fresh[0]["refreshToken"] != person.refresh_token
    refused = [error for answer in answers for error in answer["errors"]]
    assert [(e["code"], e["path"]) for e in refused] == [("INVALID_TOKEN", ["refreshToken"])] * 3


async def test_a_session_goes_on_with_each_new_pair(api: Api) -> None:
    person = await api.sign_up()
    refresh_token = person.refresh_token
    for _ in range(3):
        payload = await refresh(api, refresh_token)
        assert payload["errors"] == []
        refresh_token = payload["refreshToken"]
        viewer = (await api.ask(VIEWER, token=payload["accessToken"])).data["viewer"]
        assert viewer["id"] == person.id
    # The access tokens before are good until they expire.
    assert (await api.ask(VIEWER, token=person.access_token)).data["viewer"]["id"] == person.id


async def test_a_refresh_token_used_again_ends_its_session_and_no_other(api: Api) -> None:
    person = await api.sign_up()
    elsewhere = await log_in(api, person.username)
    newest = await refresh(api, person.refresh_token)
    assert (await refresh(api, person.refresh_token))["errors"] != []
    for token in (person.access_token, newest["accessToken"]):
        assert is_unauthenticated(await api.ask(VIEWER, token=token))
    assert (await refresh(api, newest["refreshToken"]))["errors"][0]["code"] == "INVALID_TOKEN"
    asked = await api.ask(VIEWER, token=elsewhere["accessToken"])
    assert asked.data["viewer"]["id"] == person.id


async def test_what_is_no_refresh_token_is_refused(api: Api) -> None:
    for token in ("", ".", "x", "a.b", "🗝.🗝", "\0.\0", "x" * 10_000):
        payload = await refresh(api, token)
        assert [error["code"] for error in payload["errors"]] == ["INVALID_TOKEN"]


async def test_signing_out_ends_the_session(api: Api) -> None:
    person = await api.sign_up()
    elsewhere = await log_in(api, person.username)
    answer = await api.ask(LOG_OUT, token=person.access_token)
    assert answer.data["logOut"] == {"errors": []}
    assert is_unauthenticated(await api.ask(VIEWER, token=person.access_token))
    assert is_unauthenticated(await api.ask(LOG_OUT, token=person.access_token))
    assert (await refresh(api, person.refresh_token))["errors"][0]["code"] == "INVALID_TOKEN"
    asked = await api.ask(VIEWER, token=elsewhere["accessToken"])
    assert asked.data["viewer"]["id"] == person.id


async def test_signing_out_needs_somebody(api: Api) -> None:
    assert is_unauthenticated(await api.ask(LOG_OUT))
