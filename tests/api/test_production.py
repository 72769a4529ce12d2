"""Production hides what development opens, each unless a setting asks for it."""

import secrets
from collections.abc import AsyncIterator
from typing import Any, Final

import pytest
from graphql import get_introspection_query

from tests.api.applications import running
from tests.api.persisting import a_document, get, hash_of, named
from tests.client import Answer, Api
from tests.stack import TestStack

SCHEMA: Final = "{ __schema { queryType { name } } }"
TYPE: Final = '{ __type(name: "User") { name } }'
PAGE: Final = {"Accept": "text/html"}
EVENTS: Final = {"Accept": "text/event-stream"}
MISTAKES: Final[tuple[dict[str, Any], ...]] = (
    {"query": "{ viewr { id } }"},
    {"query": "{ viewer { usernme } }"},
    {"query": '{ user(usernam: "a") { id } }'},
    {"query": "{ viewer { ... on Usr { id } } }"},
    {"query": "{ ...nam } fragment name on Query { __typename }"},
    {"query": "query($n: Strin) { user(username: $n) { id } }"},
    {"query": "{ __typename @skp(if: true) }"},
    {
        "query": "mutation($i: LogInInput!) { logIn(input: $i) { accessToken } }",
        "variables": {"i": {"usrname": "a", "password": "b"}},
    },
    {"query": 'mutation { logIn(input: {usrname: "a", password: "b"}) { accessToken } }'},
)
OPENED: Final = (
    "introspection_open",
    "sdl_open",
    "playground_open",
    "suggestions_shown",
    "get_runs_anything",
)


@pytest.fixture
async def hidden(stack: TestStack) -> AsyncIterator[Api]:
    """An application in production."""
    async with running(stack.settings, environment="production") as api:
        yield api


async def open_things(api: Api) -> set[str]:
    """Which of the things that production hides can be had."""
    text = f"query q{secrets.token_hex(8)} {{ __typename }}"
    page = await api.http.get(api.url, headers=PAGE)
    sdl = await api.http.get("/schema.graphql")
    mistake = (await api.ask("{ viewr { id } }")).body["errors"][0]["message"]
    can_be_had = {
        "introspection_open": "data" in (await api.ask(SCHEMA)).body,
        "sdl_open": sdl.status_code == 200,
        "playground_open": page.headers["content-type"].startswith("text/html"),
        "suggestions_shown": "Did you mean" in mistake,
        "get_runs_anything": "data" in (await get(api, {"query": text})).body,
    }
    return {name for name, is_open in can_be_had.items() if is_open}


async def test_development_opens_everything(stack: TestStack) -> None:
    async with running(stack.settings, environment="development") as api:
        assert await open_things(api) == set(OPENED)
        introspected = (await api.ask(get_introspection_query(input_value_deprecation=True))).data
        assert introspected["__schema"]["queryType"]["name"] == "Query"


async def test_production_hides_everything(hidden: Api) -> None:
    assert await open_things(hidden) == set()


@pytest.mark.parametrize("name", OPENED)
async def test_each_setting_opens_one_thing_in_production(stack: TestStack, name: str) -> None:
    async with running(stack.settings, environment="production", **{name: True}) as api:
        assert await open_things(api) == {name}


@pytest.mark.parametrize("name", OPENED)
async def test_each_setting_hides_one_thing_in_development(stack: TestStack, name: str) -> None:
    async with running(stack.settings, environment="development", **{name: False}) as api:
        assert await open_things(api) == set(OPENED) - {name}


@pytest.mark.parametrize(
    "query", [SCHEMA, TYPE, get_introspection_query(), f"{{ viewer {{ id }} {SCHEMA[1:]}"]
)
async def test_in_production_the_schema_cannot_be_asked_for(hidden: Api, query: str) -> None:
    person = await hidden.sign_up()
    for token in (None, person.access_token):
        refused = await hidden.ask(query, token=token)
        assert set(refused.codes) == {"GRAPHQL_VALIDATION_FAILED"}
        assert "data" not in refused.body


async def test_in_production_clients_still_get_typenames(hidden: Api) -> None:
    person = await hidden.sign_up()
    answer = await hidden.ask("{ __typename viewer { __typename } }", token=person.access_token)
    assert answer.data == {"__typename": "Query", "viewer": {"__typename": "User"}}


async def test_in_production_there_is_no_address_of_the_schema(hidden: Api) -> None:
    answer = await hidden.http.get("/schema.graphql")
    assert answer.status_code == 404
    assert answer.json()["errors"][0]["extensions"]["code"] == "NOT_FOUND"


@pytest.mark.parametrize("asked", MISTAKES)
async def test_in_production_no_mistake_is_answered_with_a_suggestion(
    hidden: Api, asked: dict[str, Any]
) -> None:
    refused = await hidden.post(json=asked)
    assert refused.codes
    assert "Did you mean" not in str(refused.body)


async def test_in_production_a_get_needs_a_header_to_run_what_is_unknown(hidden: Api) -> None:
    text = {"query": a_document(f"q{secrets.token_hex(8)}")}
    refused = await get(hidden, text)
    assert (refused.status, refused.codes) == (403, ["FORBIDDEN"])
    for name in ("GraphQL-Require-Preflight", "Apollo-Require-Preflight", "X-Requested-With"):
        for value in ("1", "", "anything"):
            assert (await get(hidden, text, headers={name: value})).data
    assert (await hidden.post(json=text)).data


async def test_in_production_a_get_that_is_refused_changes_nothing(hidden: Api) -> None:
    """It neither persists its document nor spends of a rate."""
    document = a_document(f"q{secrets.token_hex(8)}")

    async def remaining() -> int:
        return int((await hidden.ask("{ __typename }")).headers["RateLimit-Remaining"])

    before = await remaining()
    assert (await get(hidden, named(hash_of(document), query=document))).codes == ["FORBIDDEN"]
    assert before - await remaining() == 1
    assert (await hidden.post(json=named(hash_of(document)))).codes == ["PERSISTED_QUERY_NOT_FOUND"]


async def test_in_production_a_get_runs_what_is_persisted(hidden: Api) -> None:
    document = a_document(f"q{secrets.token_hex(8)}")
    await hidden.post(json=named(hash_of(document), query=document))
    assert (await get(hidden, named(hash_of(document)))).data == {"__typename": "Query"}


async def test_in_production_a_get_runs_event_streams(hidden: Api) -> None:
    parameters = {"query": a_document(f"q{secrets.token_hex(8)}")}
    answer = await hidden.http.get(hidden.url, params=parameters, headers=EVENTS)
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert '{"__typename":"Query"}' in answer.text


async def test_mutations_never_come_by_get(stack: TestStack) -> None:
    for environment in ("production", "development"):
        async with running(stack.settings, environment=environment) as api:
            asked = {"query": "mutation { logOut { errors { code } } }"}
            for headers in ({}, {"GraphQL-Require-Preflight": "1"}, EVENTS):
                refused: Answer = await get(api, asked, headers=headers)
                assert (refused.status, refused.codes) == (405, ["METHOD_NOT_ALLOWED"])
                assert refused.headers["allow"] == "GET, POST"
