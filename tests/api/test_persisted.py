"""Documents that clients persist on the way: once sent, they are named by their hash."""

import secrets
import signal
from typing import Any, Final

import pytest
from pydantic import SecretStr

from tests.api.applications import application, client_of, running
from tests.api.persisting import NOT_FOUND, a_document, get, hash_of, named, send
from tests.client import Api
from tests.stack import TestStack

METHODS: Final = ("GET", "POST")
NOTHING_LISTENS: Final = SecretStr("redis://127.0.0.1:1/0")


@pytest.fixture
def document() -> str:
    """A document that nobody has sent yet."""
    return a_document(f"q{secrets.token_hex(8)}")


@pytest.mark.parametrize("method", METHODS)
async def test_a_hash_is_unknown_until_its_document_is_sent_along(
    api: Api, document: str, method: str
) -> None:
    sha256 = hash_of(document)
    missed = await send(api, method, named(sha256))
    assert (missed.status, missed.codes) == (200, NOT_FOUND)
    assert missed.body["errors"][0]["message"] == "PersistedQueryNotFound"
    assert missed.headers["cache-control"] == "no-store"
    assert (await send(api, method, named(sha256, query=document))).data == {"__typename": "Query"}
    for other in METHODS:
        assert (await send(api, other, named(sha256))).data == {"__typename": "Query"}
        assert (await send(api, other, named(sha256.upper()))).data == {"__typename": "Query"}
        empty = named(sha256, query="")  # what some clients send for none
        assert (await send(api, other, empty)).data == {"__typename": "Query"}


@pytest.mark.parametrize("method", METHODS)
async def test_a_hash_has_to_be_its_document_s(api: Api, document: str, method: str) -> None:
    wrong = hash_of(document + " ")
    refused = await send(api, method, named(wrong, query=document))
    assert (refused.status, refused.codes) == (400, ["BAD_REQUEST"])
    for sha256 in (wrong, hash_of(document)):
        assert (await send(api, method, named(sha256))).codes == NOT_FOUND


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "persisted",
    [
        {"version": 2, "sha256Hash": "0" * 64},
        {"version": "1", "sha256Hash": "0" * 64},
        {"sha256Hash": "0" * 64},
        {"version": 1},
        {"version": 1, "sha256Hash": None},
        {"version": 1, "sha256Hash": 5},
        {"version": 1, "sha256Hash": ["0" * 64]},
        {"version": 1, "sha256Hash": "0" * 63},
        {"version": 1, "sha256Hash": "0" * 65},
        {"version": 1, "sha256Hash": "0" * 64 + "\n"},
        {"version": 1, "sha256Hash": "g" * 64},
        {"version": 1, "sha256Hash": "\u0660" * 64},
        [],
        "0" * 64,
        True,
    ],
)
async def test_what_names_no_document_is_refused(api: Api, method: str, persisted: Any) -> None:
    asked = {"extensions": {"persistedQuery": persisted}}
    for request in (asked, {"query": "{ __typename }", **asked}):
        refused = await send(api, method, request)
        assert (refused.status, refused.codes) == (400, ["BAD_REQUEST"])


@pytest.mark.parametrize(
    ("tail", "code"),
    [
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{" + "a { " * 20 + "b" + "}" * 21, "OPERATION_TOO_COMPLEX"),
    ],
)
async def test_only_a_document_that_can_be_run_is_kept(api: Api, tail: str, code: str) -> None:
    document = f"query q{secrets.token_hex(8)} {tail}"
    refused = await api.post(json=named(hash_of(document), query=document))
    assert set(refused.codes) == {code}
    assert (await api.post(json=named(hash_of(document)))).codes == NOT_FOUND


async def test_applications_share_what_clients_persist(stack: TestStack, document: str) -> None:
    async with running(stack.settings) as one, running(stack.settings) as other:
        await one.post(json=named(hash_of(document), query=document))
        assert (await other.post(json=named(hash_of(document)))).data == {"__typename": "Query"}
    async with running(stack.settings) as later:
        assert (await later.post(json=named(hash_of(document)))).data == {"__typename": "Query"}


async def test_variables_and_the_operation_s_name_go_along(api: Api) -> None:
    token = secrets.token_hex(8)
    document = f"""query a{token} {{ __typename }}
        query b{token}($name: String!) {{ user(username: $name) {{ username }} }}"""
    person = await api.sign_up()
    request = {"operationName": f"b{token}", "variables": {"name": person.username}}
    await api.post(json=named(hash_of(document), query=document, operationName=f"a{token}"))
    for method in METHODS:
        answer = await send(api, method, named(hash_of(document), **request))
        assert answer.data == {"user": {"username": person.username}}


async def test_without_redis_a_hash_is_only_a_miss(stack: TestStack, document: str) -> None:
    async with running(stack.settings, cache_url=NOTHING_LISTENS) as api:
        for method in METHODS:
            missed = await send(api, method, named(hash_of(document)))
            assert (missed.status, missed.codes) == (200, NOT_FOUND)
        sent = await api.post(json=named(hash_of(document), query=document))
        assert sent.data == {"__typename": "Query"}
        # A process remembers what it has seen itself.
        assert (await api.post(json=named(hash_of(document)))).data == {"__typename": "Query"}


async def test_a_redis_that_hangs_is_only_a_miss(stack: TestStack, document: str) -> None:
    async with running(stack.settings) as api, running(stack.settings) as other:
        await api.post(json=named(hash_of(document), query=document))
        stack.kill("cache", signal.SIGSTOP)
        try:
            assert (await other.post(json=named(hash_of(document)))).codes == NOT_FOUND
            sent = await other.post(json=named(hash_of(document), query=document))
            assert sent.data == {"__typename": "Query"}
        finally:
            stack.kill("cache", signal.SIGCONT)


async def test_what_the_cache_forgets_is_a_miss_and_is_sent_again(
    stack: TestStack, document: str
) -> None:
    async with running(stack.settings, persisted_query_seconds=1) as api:
        await api.post(json=named(hash_of(document), query=document))
    stack.kill("cache")  # it keeps nothing on disk
    stack.wait_until_ready("cache")
    async with running(stack.settings) as api:
        assert (await api.post(json=named(hash_of(document)))).codes == NOT_FOUND
        await api.post(json=named(hash_of(document), query=document))
    async with running(stack.settings) as api:
        assert (await api.post(json=named(hash_of(document)))).data == {"__typename": "Query"}


async def test_a_hashed_get_may_be_cached_where_everybody_gets_the_same(
    stack: TestStack, document: str
) -> None:
    async with application(stack.settings) as built, client_of(built) as api:
        await api.post(json=named(hash_of(document), query=document))
        answer = await get(api, named(hash_of(document)))
        assert answer.headers["cache-control"] == "public, max-age=5"
        vary = {each.strip() for each in answer.headers["vary"].split(",")}
        assert vary >= {"Accept", "Authorization"}
        person = await api.sign_up()
        for token in (person.access_token, "nonsense"):
            private = await get(api, named(hash_of(document)), token=token)
            assert private.headers["cache-control"] == "no-store"
        for other in (
            await get(api, {"query": document}),
            await api.post(json=named(hash_of(document))),
        ):
            assert other.headers["cache-control"] == "no-store"


async def test_an_answer_with_errors_is_never_cached(api: Api) -> None:
    document = f"query q{secrets.token_hex(8)}($f: Int) {{ feed(first: $f) {{ updatesCursor }} }}"
    await api.post(json=named(hash_of(document), query=document))
    for asked in (named(hash_of(document)), named(hash_of(document), variables={"f": "x"})):
        answer = await get(api, asked)
        assert answer.codes
        assert answer.headers["cache-control"] == "no-store"
