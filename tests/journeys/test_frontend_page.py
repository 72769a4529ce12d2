"""FRONTEND.md: its examples run as they stand there, and its tables say what the code says."""

import json
from typing import Any

import pytest
import pytest_asyncio
from gql import Client, GraphQLRequest
from graphql import GraphQLSchema, build_schema, parse, validate

from app.errors import RefusalCode
from app.settings import ENV_PREFIX, Settings
from app.settings.door import DoorSettings
from docker.local import REPOSITORY
from schema.codes import ErrorCode
from schema.sockets.protocol import CloseCode
from tests.client import Api, Person
from tests.journeys.pages import Page
from tests.live import transport
from tests.photographs import jpeg
from tests.stack import TestStack

pytestmark = pytest.mark.asyncio(loop_scope="module")

PAGE = Page("FRONTEND.md")
LIMITS = ("operation_", "socket_", "rate_", "sign_in_")
LIMITS_OF_THE_HOUSE = {"image_max_bytes", "image_max_pixels", "image_max_side_px", "following_max"}
OPERATIONS = PAGE.blocks("graphql")
PHOTO = jpeg((96, 64))


def name_of(document: str) -> str:
    return document.split("(", maxsplit=1)[0].split()[1]


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return build_schema((REPOSITORY / "schema/schema.graphql").read_text())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bob(api: Api) -> Person:
    """Somebody who follows nobody yet."""
    return await api.sign_up("bob")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def variables(api: Api, bob: Person) -> dict[str, Any]:
    """Variables of the operations of the page, by their names."""
    ada = await api.sign_up("ada")
    moment = (await bob.feed(first=1))["updatesCursor"]
    post = await ada.publish(PHOTO, description="Lift-off")
    return {
        "SignUp": {"input": {"username": f"{ada.username}_2", "password": "a long password"}},
        "Refresh": {"input": {"refreshToken": ada.refresh_token}},
        "Feed": {"first": 20},
        "Status": {"id": post["id"]},
        "Follow": {"input": {"userId": ada.id}},
        "Updates": {"after": moment},
        "Cost": {},
    }


@pytest.mark.parametrize("document", OPERATIONS, ids=name_of)
async def test_every_operation_fits_the_schema_and_runs(
    document: str,
    schema: GraphQLSchema,
    stack: TestStack,
    bob: Person,
    variables: dict[str, Any],
) -> None:
    assert validate(schema, parse(document)) == []
    given = variables[name_of(document)]
    if document.startswith("subscription"):
        socket = transport(stack.graphql_ws_url, bob.access_token)
        async with Client(transport=socket) as session:
            request = GraphQLRequest(document, variable_values=given)
            update = await anext(session.subscribe(request))
        assert update["feedUpdates"]["__typename"] == "FeedAuthorAdded"
        return
    data = await bob.ask(document, **given)
    payloads = [value for value in data.values() if "errors" in value]
    assert [payload["errors"] for payload in payloads if payload["errors"]] == []


async def test_an_operation_costs_what_the_page_says(api: Api, bob: Person) -> None:
    document = next(each for each in OPERATIONS if name_of(each) == "Cost")
    answer = await api.ask(document, token=bob.access_token)
    assert answer.body["extensions"] == json.loads(PAGE.blocks("json")[0])
    assert {"ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"} <= set(answer.headers)


async def test_every_refusal_is_told_of() -> None:
    assert set(PAGE.table("refusals")) == set(RefusalCode)


async def test_every_code_is_told_of() -> None:
    assert set(PAGE.table("errors")) == set(ErrorCode)


async def test_every_close_code_is_told_of() -> None:
    assert {code for code in PAGE.rows("Live") if code.isdigit()} == {
        str(int(c)) for c in CloseCode
    }


async def test_every_update_is_told_of(schema: GraphQLSchema) -> None:
    told = {name for name in PAGE.rows("Live") if not name.isdigit()}
    union: Any = schema.type_map["FeedUpdate"]
    assert told == {member.name for member in union.types}


async def test_every_limit_is_told_with_its_default() -> None:
    limits = {name for name in DoorSettings.model_fields if name.startswith(LIMITS)}
    told = {name: cells[0] for name, cells in PAGE.table("limits").items()}
    assert told == {
        f"{ENV_PREFIX}{name}".upper(): f"{Settings.model_fields[name].default:,}"
        for name in limits | LIMITS_OF_THE_HOUSE
    }


REQUESTS: dict[str, dict[str, Any]] = {
    "BAD_REQUEST": {"json": []},
    "FORBIDDEN": {"data": {"operations": "{}", "map": "{}"}, "files": {"0": b"x"}},
    "METHOD_NOT_ALLOWED": {"json": {"query": "subscription { feedUpdates { __typename } }"}},
    "NOT_ACCEPTABLE": {"headers": {"Accept": "image/png"}, "json": {"query": "{ __typename }"}},
    "PAYLOAD_TOO_LARGE": {"json": {"query": "#" * 300_000}},
    "UNSUPPORTED_MEDIA_TYPE": {"content": b"{ __typename }"},
    "GRAPHQL_PARSE_FAILED": {"json": {"query": "{"}},
    "GRAPHQL_VALIDATION_FAILED": {"json": {"query": "{ feeed }"}},
    "OPERATION_TOO_COMPLEX": {"json": {"query": "{" + "a:__typename " * 31 + "}"}},
    "PERSISTED_QUERY_NOT_FOUND": {
        "json": {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}}
    },
    "BAD_USER_INPUT": {"json": {"query": "query($id: ID!) { post(id: $id) { id } }"}},
    "UNAUTHENTICATED": {"json": {"query": "{ feed { updatesCursor } }"}},
}
"""Requests that each provoke one code."""


@pytest.mark.parametrize("code", REQUESTS)
async def test_a_code_comes_with_the_status_that_the_page_says(api: Api, code: str) -> None:
    told = PAGE.table("errors")[code][0].split(" or ")
    request = REQUESTS[code]
    for accept, status in (
        ("application/json", told[0]),
        ("application/graphql-response+json", told[-1]),
    ):
        headers = {"Accept": accept, **request.get("headers", {})}
        answer = await api.post(**{**request, "headers": headers})
        assert (answer.codes[:1], str(answer.status)) == ([code], status)
