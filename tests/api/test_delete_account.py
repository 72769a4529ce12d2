"""Whoever deletes their account is gone at once, for everybody."""

import time
from typing import Any, Final

import pytest

from tests.api.applications import application, client_of
from tests.api.auth import VIEWER, is_unauthenticated, log_in, refresh, sign_up
from tests.api.conftest import PublishSketches
from tests.api.sockets import LISTENING, begun, close_code, subscribe
from tests.client import PASSWORD, POST, Api, Person
from tests.faults.truth import open_truth
from tests.live import listening
from tests.own_account import DELETE_ACCOUNT, delete_account
from tests.stack import TestStack

OVER_MAX_SECONDS: Final = 5.0
LOOK: Final = f"""query($id: ID!, $name: String!, $post: ID!) {{
  node(id: $id) {{ id }} user(username: $name) {{ id }} nodes(ids: [$id, $post]) {{ id }}
  post(id: $post) {{ {POST} }} }}"""
LISTS: Final = """query($id: ID!) { node(id: $id) { ... on User {
  followerCount followers { edges { node { id } } }
  followingCount following { edges { node { id } } } } } }"""


async def test_nothing_is_left_of_an_account_in_the_next_read(
    api: Api, sketch: PublishSketches, stack: TestStack
) -> None:
    leaving, follower, followee = await api.sign_up_many(3)
    await follower.follow(leaving)
    await leaving.follow(followee)
    post_id, *_ = await sketch(leaving, 3)
    kept, *_ = await sketch(followee, 1)
    await follower.follow(followee)
    assert len(await follower.walk_feed()) == 4

    async with listening(stack.graphql_ws_url, follower) as feed:
        assert await delete_account(leaving) == {"userId": leaving.id, "errors": []}
        assert [post["id"] for post in await follower.walk_feed()] == [kept]
        asked = {"id": leaving.id, "name": leaving.username, "post": post_id}
        nobody = {"node": None, "user": None, "nodes": [None, None], "post": None}
        for token in (None, follower.access_token):
            assert (await api.ask(LOOK, asked, token=token)).data == nobody
        assert await lists_of(follower) == ([], [followee.id])
        assert await lists_of(followee) == ([follower.id], [])
        await feed.until(lambda heard: heard.of("FeedAuthorRemoved"), seconds=OVER_MAX_SECONDS)
        assert [update["authorId"] for update in feed.updates] == [leaving.id]
    payload = await follower.follow(leaving)
    assert [error["code"] for error in payload["errors"]] == ["NOT_FOUND"]


async def lists_of(person: Person) -> tuple[list[str], list[str]]:
    """Who follows somebody, and whom they follow; as many as are counted."""
    user = (await person.ask(LISTS, id=person.id))["node"]
    lists = [
        [edge["node"]["id"] for edge in user[name]["edges"]] for name in ("followers", "following")
    ]
    assert [len(each) for each in lists] == [user["followerCount"], user["followingCount"]]
    return lists[0], lists[1]


async def test_whoever_is_signed_in_to_it_is_signed_out_everywhere(
    api: Api, stack: TestStack
) -> None:
    leaving = await api.sign_up()
    elsewhere = await log_in(api, leaving.username)
    async with begun(stack.graphql_ws_url, token=elsewhere["accessToken"]) as socket:
        await subscribe(socket, LISTENING)
        await delete_account(leaving)
        began = time.monotonic()
        assert await close_code(socket) == 4403
        assert time.monotonic() - began < OVER_MAX_SECONDS
    for token in (leaving.access_token, elsewhere["accessToken"]):
        assert is_unauthenticated(await api.ask(VIEWER, token=token))
        again = await api.ask(DELETE_ACCOUNT, {"input": {"password": PASSWORD}}, token=token)
        assert is_unauthenticated(again)
    for token in (leaving.refresh_token, elsewhere["refreshToken"]):
        assert [e["code"] for e in (await refresh(api, token))["errors"]] == ["INVALID_TOKEN"]
    payload = await log_in(api, leaving.username)
    assert [error["code"] for error in payload["errors"]] == ["INVALID_CREDENTIALS"]


async def test_the_username_is_free_and_nothing_of_the_old_account_comes_with_it(
    api: Api, sketch: PublishSketches, stack: TestStack
) -> None:
    leaving, follower = await api.sign_up("leaving"), await api.sign_up()
    await follower.follow(leaving)
    await sketch(leaving, 2)
    await delete_account(leaving)
    async with open_truth(stack.settings) as truth:
        assert await holding(truth.database, leaving.username) == []
    payload = await sign_up(api, username=leaving.username.upper())
    assert payload["errors"] == []
    assert payload["viewer"]["id"] != leaving.id
    assert (payload["viewer"]["postCount"], payload["viewer"]["followerCount"]) == (0, 0)
    assert await follower.walk_feed() == []


async def holding(database: Any, word: str) -> list[str]:
    """The collections that have a document with that word in it somewhere."""
    names = await database.list_collection_names()
    found = {name: await database[name].find().to_list() for name in names}
    return [name for name, documents in found.items() if word in str(documents)]


async def test_a_wrong_password_deletes_nothing_and_is_an_attempt_to_sign_in(
    api: Api, stack: TestStack
) -> None:
    person = await api.sign_up()
    async with application(stack.settings, sign_in_account_max_attempts=2) as built:
        async with client_of(built) as here:
            for _ in range(2):
                asked = {"input": {"password": "not the password"}}
                answer = await here.ask(DELETE_ACCOUNT, asked, token=person.access_token)
                payload = answer.data["deleteAccount"]
                assert payload["userId"] is None
                (error,) = payload["errors"]
                assert (error["code"], error["path"]) == ("INVALID_CREDENTIALS", ["password"])
        async with client_of(built) as elsewhere:
            right = {"input": {"password": PASSWORD}}
            refused = await elsewhere.ask(DELETE_ACCOUNT, right, token=person.access_token)
            assert refused.codes == ["RATE_LIMITED"]
    assert (await person.ask(VIEWER))["viewer"]["id"] == person.id


@pytest.mark.parametrize(
    "next_one", ["follow(input: {userId: $id}) { user { id } }", "logOut { errors { code } }"]
)
async def test_what_the_same_document_asks_for_next_is_asked_by_nobody(
    api: Api, next_one: str
) -> None:
    leaving, other = await api.sign_up_many(2)
    document = f"""mutation($input: DeleteAccountInput!, $id: ID!) {{
      deleteAccount(input: $input) {{ userId }} {next_one} }}"""
    document = document if "$id" in next_one else document.replace(", $id: ID!", "")
    asked = {"input": {"password": PASSWORD}, "id": other.id}
    answer = await api.ask(document, asked, token=leaving.access_token)
    assert is_unauthenticated(answer)
    assert is_unauthenticated(await api.ask(VIEWER, token=leaving.access_token))
