"""Who asks: access tokens, good, bad and none."""

import secrets

from app.accounts.model import Viewer
from app.accounts.tokens import AccessTokens
from schema.nodes import Kind, read_id_of
from tests.api.auth import LOG_IN, LOG_OUT, REFRESH, VIEWER, is_unauthenticated
from tests.client import PASSWORD, SIGN_UP, Api, Person
from tests.stack import TestStack


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
    assert is_unauthenticated(answer)
    assert answer.body["data"] == {"viewer": None}


async def test_a_token_of_another_s_session_is_nobody_s(api: Api, stack: TestStack) -> None:
    person, other = await api.sign_up_many(2)
    mixed = Viewer(account_id=_viewer(person).account_id, session_id=_viewer(other).session_id)
    token, _ = _tokens(stack).sign(mixed)
    assert is_unauthenticated(await api.ask(VIEWER, token=token))


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
            assert is_unauthenticated(answer), (query, bad, answer.body)


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
