"""Signing up, in and out."""

import asyncio
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from app.accounts.model import Viewer
from app.accounts.tokens import AccessTokens
from schema.nodes import Kind, read_id_of
from tests.client import PASSWORD, SIGN_UP, USER, Answer, Api, Person
from tests.stack import TestStack

AUTH = f"viewer {{ {USER} }} accessToken refreshToken expiresAt errors {{ code message path }}"
LOG_IN = f"mutation($input: LogInInput!) {{ logIn(input: $input) {{ {AUTH} }} }}"
REFRESH = f"mutation($input: RefreshSessionInput!) {{ refreshSession(input: $input) {{ {AUTH} }} }}"
LOG_OUT = "mutation { logOut { errors { code } } }"
VIEWER = "{ viewer { id username } }"


async def _sign_up(api: Api, **fields: Any) -> Any:
    variables = {"input": {"username": f"n_{secrets.token_hex(5)}", "password": PASSWORD, **fields}}
    return (await api.ask(SIGN_UP, variables)).data["signUp"]


async def _log_in(api: Api, username: str, password: str = PASSWORD) -> Any:
    answer = await api.ask(LOG_IN, {"input": {"username": username, "password": password}})
    return answer.data["logIn"]


async def _refresh(api: Api, refresh_token: str, token: str | None = None) -> Any:
    variables = {"input": {"refreshToken": refresh_token}}
    return (await api.ask(REFRESH, variables, token=token)).data["refreshSession"]


def _is_unauthenticated(answer: Answer) -> bool:
    return answer.codes == ["UNAUTHENTICATED"]


async def test_a_new_account_is_signed_in(api: Api) -> None:
    username = f"Ada_{secrets.token_hex(5)}"
    before = datetime.now(UTC)
    payload = await _sign_up(api, username=username, displayName="Ada Lovelace")
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
        payload = await _sign_up(api, **fields)
        (error,) = payload.pop("errors")
        assert (error["code"], error["path"]) == (code, path), fields
        assert error["message"].endswith(".")
        assert set(payload.values()) == {None}


async def test_any_text_of_some_length_is_a_password(api: Api) -> None:
    for password in ("8 chars.", "x" * 128, "🗝" * 128, "nul \0 nul"):
        payload = await _sign_up(api, password=password)
        assert payload["errors"] == []
        username = payload["viewer"]["username"]
        assert (await _log_in(api, username, password))["errors"] == []
        assert (await _log_in(api, username, password[:-1]))["viewer"] is None


async def test_the_username_stands_in_for_a_display_name(api: Api) -> None:
    for fields in ({}, {"displayName": None}, {"displayName": ""}, {"displayName": "x" * 51}):
        viewer = (await _sign_up(api, **fields))["viewer"]
        assert viewer["displayName"] == viewer["username"]
    for name in ("愛 ✂️", "x" * 50):
        assert (await _sign_up(api, displayName=name))["viewer"]["displayName"] == name


async def test_a_username_is_taken_whatever_its_case(api: Api) -> None:
    username = f"Taken_{secrets.token_hex(5)}"
    spellings = [username, username.lower(), username.upper(), username.swapcase()] * 2
    payloads = await asyncio.gather(*(_sign_up(api, username=each) for each in spellings))
    codes = sorted(error["code"] for payload in payloads for error in payload["errors"])
    assert codes == ["USERNAME_TAKEN"] * 7
    later = await _sign_up(api, username=username.upper())
    assert [(e["code"], e["path"]) for e in later["errors"]] == [("USERNAME_TAKEN", ["username"])]


async def test_signing_in_takes_the_username_in_any_case(api: Api) -> None:
    person = await api.sign_up("Any_Case")
    payload = await _log_in(api, person.username.upper())
    assert payload["errors"] == []
    assert payload["viewer"]["id"] == person.id
    assert payload["viewer"]["username"] == person.username
    assert (await api.ask(VIEWER, token=payload["accessToken"])).data["viewer"]["id"] == person.id


async def test_a_wrong_password_and_an_unknown_name_are_answered_alike(api: Api) -> None:
    person = await api.sign_up()
    wrong = await _log_in(api, person.username, PASSWORD + "!")
    unknown = await _log_in(api, person.username + "_", PASSWORD)
    odd = await _log_in(api, "\0" * 10_000, "")
    assert wrong == unknown == odd
    assert [(error["code"], error["path"]) for error in wrong["errors"]] == [
        ("INVALID_CREDENTIALS", None)
    ]


async def test_a_refresh_token_works_once(api: Api) -> None:
    person = await api.sign_up()
    answers = await asyncio.gather(*(_refresh(api, person.refresh_token) for _ in range(4)))
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
        payload = await _refresh(api, refresh_token)
        assert payload["errors"] == []
        refresh_token = payload["refreshToken"]
        viewer = (await api.ask(VIEWER, token=payload["accessToken"])).data["viewer"]
        assert viewer["id"] == person.id
    # The access tokens before are good until they expire.
    assert (await api.ask(VIEWER, token=person.access_token)).data["viewer"]["id"] == person.id


async def test_a_refresh_token_used_again_ends_its_session_and_no_other(api: Api) -> None:
    person = await api.sign_up()
    elsewhere = await _log_in(api, person.username)
    newest = await _refresh(api, person.refresh_token)
    assert (await _refresh(api, person.refresh_token))["errors"] != []
    for token in (person.access_token, newest["accessToken"]):
        assert _is_unauthenticated(await api.ask(VIEWER, token=token))
    assert (await _refresh(api, newest["refreshToken"]))["errors"][0]["code"] == "INVALID_TOKEN"
    asked = await api.ask(VIEWER, token=elsewhere["accessToken"])
    assert asked.data["viewer"]["id"] == person.id


async def test_what_is_no_refresh_token_is_refused(api: Api) -> None:
    for token in ("", ".", "x", "a.b", "🗝.🗝", "\0.\0", "x" * 10_000):
        payload = await _refresh(api, token)
        assert [error["code"] for error in payload["errors"]] == ["INVALID_TOKEN"]


async def test_signing_out_ends_the_session(api: Api) -> None:
    person = await api.sign_up()
    elsewhere = await _log_in(api, person.username)
    answer = await api.ask(LOG_OUT, token=person.access_token)
    assert answer.data["logOut"] == {"errors": []}
    assert _is_unauthenticated(await api.ask(VIEWER, token=person.access_token))
    assert _is_unauthenticated(await api.ask(LOG_OUT, token=person.access_token))
    assert (await _refresh(api, person.refresh_token))["errors"][0]["code"] == "INVALID_TOKEN"
    asked = await api.ask(VIEWER, token=elsewhere["accessToken"])
    assert asked.data["viewer"]["id"] == person.id


async def test_signing_out_needs_somebody(api: Api) -> None:
    assert _is_unauthenticated(await api.ask(LOG_OUT))


def _viewer(person: Person) -> Viewer:
    account_id = read_id_of(Kind.USER, person.id)
    assert account_id is not None
    return Viewer(account_id=account_id, session_id=person.refresh_token.partition(".")[0])


def _tokens(stack: TestStack, life_seconds: int = 60) -> AccessTokens:
    secret = stack.settings.token_secret.get_secret_value()
    return AccessTokens(secret=secret, life_seconds=life_seconds)


async def test_an_access_token_expires(api: Api, stack: TestStack) -> None:
    person = await api.sign_up()
    good, _ = _tokens(stack).sign(_viewer(person))
    assert (await api.ask(VIEWER, token=good)).data["viewer"]["id"] == person.id
    expired, _ = _tokens(stack, life_seconds=-1).sign(_viewer(person))
    answer = await api.ask(VIEWER, token=expired)
    assert _is_unauthenticated(answer)
    assert answer.body["data"] == {"viewer": None}


async def test_a_token_of_another_s_session_is_nobody_s(api: Api, stack: TestStack) -> None:
    person, other = await api.sign_up_many(2)
    mixed = Viewer(account_id=_viewer(person).account_id, session_id=_viewer(other).session_id)
    token, _ = _tokens(stack).sign(mixed)
    assert _is_unauthenticated(await api.ask(VIEWER, token=token))


BAD_AUTHORIZATIONS = ("Bearer", "Bearer x", "Bearer a.b.c", "Basic YTpi", "x")


async def test_a_broken_token_is_never_taken_for_nobody(api: Api) -> None:
    queries = (
        VIEWER,
        '{ user(username: "nobody") { id } }',
        '{ node(id: "x") { id } }',
        "{ nodes(ids: []) { id } }",
        '{ post(id: "x") { id } }',
        "{ feed { updatesCursor } }",
        LOG_OUT,
        'mutation { follow(input: {userId: "x"}) { errors { code } } }',
        'mutation { unfollow(input: {userId: "x"}) { errors { code } } }',
        'mutation { deletePost(input: {postId: "x"}) { errors { code } } }',
        "mutation { uploadPhoto(input: {}) { errors { code } } }",
    )
    for query in queries:
        for bad in BAD_AUTHORIZATIONS:
            answer = await api.post(json={"query": query}, headers={"Authorization": bad})
            assert _is_unauthenticated(answer), (query, bad, answer.body)


async def test_signing_in_does_not_look_at_the_token(api: Api, stack: TestStack) -> None:
    person = await api.sign_up()
    expired, _ = _tokens(stack, life_seconds=-1).sign(_viewer(person))
    refresh_token = person.refresh_token
    for bad in (*BAD_AUTHORIZATIONS, f"Bearer {expired}"):
        name = f"n_{secrets.token_hex(5)}"
        for query, fields in (
            (SIGN_UP, {"username": name, "password": PASSWORD}),
            (LOG_IN, {"username": person.username, "password": PASSWORD}),
            (REFRESH, {"refreshToken": refresh_token}),
        ):
            answer = await api.post(
                json={"query": query, "variables": {"input": fields}},
                headers={"Authorization": bad},
            )
            (payload,) = answer.data.values()
            assert payload["errors"] == []
            assert payload["viewer"]["viewerFollows"] is False
            refresh_token = payload["refreshToken"] if query is REFRESH else refresh_token


async def test_whoever_signs_in_is_the_viewer_of_what_is_asked_with_it(api: Api) -> None:
    person, followed, other = await api.sign_up_many(3)
    await person.follow(followed)
    query = """mutation($input: LogInInput!) { logIn(input: $input) { viewer {
      following { edges { node { id viewerFollows } } } } } }"""
    fields = {"username": person.username, "password": PASSWORD}
    for token in (None, "broken", other.access_token):
        answer = await api.ask(query, {"input": fields}, token=token)
        assert answer.data["logIn"]["viewer"]["following"]["edges"] == [
            {"node": {"id": followed.id, "viewerFollows": True}}
        ]


async def test_the_scheme_is_written_in_any_case(api: Api) -> None:
    person = await api.sign_up()
    for scheme in ("bearer", "BEARER", "bEARER "):
        headers = {"Authorization": f"{scheme} {person.access_token}"}
        answer = await api.post(json={"query": VIEWER}, headers=headers)
        assert answer.data["viewer"]["id"] == person.id
