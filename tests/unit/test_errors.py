"""Every error has a code, and our own faults are told to the log alone."""

import logging
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from graphql import GraphQLError

from app.errors import BadInputError, Refusal, RefusalCode, UnauthenticatedError
from app.telemetry import request_id
from schema.errors import UserError, code_errors, user_errors
from schema.nodes import Kind, global_id
from tests.memory_house import POST_IDS, World
from tests.operations import ask, house_of

SECRET = "mongodb://root:hunter2@10.0.0.7"
BROKEN = global_id(Kind.POST, POST_IDS[2])
USER = "query($name: String!) { user(username: $name) { id } }"


@pytest.fixture
def request_42() -> Iterator[None]:
    token = request_id.set("request42")
    yield
    request_id.reset(token)


async def _ask(
    query: str,
    variables: dict[str, Any] | None = None,
    error: Exception | None = None,
) -> list[Any]:
    """The errors of an operation in a house where finding a username raises `error`."""

    async def find_by_username(_: str) -> None:
        if error:
            raise error

    house = house_of(accounts=SimpleNamespace(find_by_username=find_by_username))
    answer = await ask(house, query, variables)
    return list(answer.get("errors", []))


@pytest.mark.parametrize(
    "fault",
    [
        RuntimeError(SECRET),
        KeyError(SECRET),
        TypeError(f"Argument of type {SECRET}"),
        ValueError("Argument 'first' of 'feed' has an invalid value"),
        Refusal(RefusalCode.NOT_FOUND, SECRET),
    ],
    ids=["RuntimeError", "KeyError", "Argument", "like graphql-core's", "a refusal astray"],
)
async def test_an_unforeseen_exception_is_masked_and_logged(
    caplog: pytest.LogCaptureFixture, request_42: None, fault: Exception
) -> None:
    with caplog.at_level(logging.ERROR):
        errors = await _ask(USER, {"name": "ada"}, fault)
    assert errors == [
        {
            "message": "Something went wrong on our side.",
            "locations": [{"line": 1, "column": 25}],
            "path": ["user"],
            "extensions": {"code": "INTERNAL_SERVER_ERROR", "requestId": "request42"},
        }
    ]
    assert [record.exc_info[1] for record in caplog.records if record.exc_info] == [fault]
    assert "request42" in caplog.text


async def test_a_fault_outside_of_a_request_has_an_id_too(caplog: pytest.LogCaptureFixture) -> None:
    errors = await _ask(USER, {"name": "ada"}, RuntimeError(SECRET))
    assert errors[0]["extensions"]["requestId"] in caplog.text


async def test_a_house_that_is_not_there_is_our_fault() -> None:
    errors = await _ask('{ post(id: "UG9zdDoxMjM=") { id } }')
    assert [error["extensions"]["code"] for error in errors] == ["INTERNAL_SERVER_ERROR"]


@pytest.mark.parametrize(
    ("foreseen", "code"),
    [
        (BadInputError("no cursor"), "BAD_USER_INPUT"),
        (UnauthenticatedError("sign in"), "UNAUTHENTICATED"),
    ],
)
async def test_foreseen_errors_say_what_they_are(
    caplog: pytest.LogCaptureFixture, foreseen: Exception, code: str
) -> None:
    errors = await _ask(USER, {"name": "ada"}, foreseen)
    assert [(e["message"], e["extensions"]) for e in errors] == [(str(foreseen), {"code": code})]
    assert caplog.records == []


@pytest.mark.parametrize(
    ("query", "variables", "code"),
    [
        ("{", None, "GRAPHQL_PARSE_FAILED"),
        ("{ user(username: 5) { id } }", None, "GRAPHQL_VALIDATION_FAILED"),
        ("{ user { id } }", None, "GRAPHQL_VALIDATION_FAILED"),
        ("{ usr }", None, "GRAPHQL_VALIDATION_FAILED"),
        ("{ user(username: $name) { id } }", None, "GRAPHQL_VALIDATION_FAILED"),
        (USER, {"name": 5}, "BAD_USER_INPUT"),
        (USER, {"name": None}, "BAD_USER_INPUT"),
        (USER, {}, "BAD_USER_INPUT"),
        (
            'query($name: String = "ada") { user(username: $name) { id } }',
            {"name": None},
            "BAD_USER_INPUT",
        ),
        (
            "query($first: Int) { feed(first: $first) { updatesCursor } }",
            {"first": 10**20},
            "BAD_USER_INPUT",
        ),
        ("{ feed(first: 100000000000000) { updatesCursor } }", None, "GRAPHQL_VALIDATION_FAILED"),
        (
            'mutation { uploadPhoto(input: {image: "x"}) { post { id } } }',
            None,
            "GRAPHQL_VALIDATION_FAILED",
        ),
        (
            "mutation($input: UploadPhotoInput!) { uploadPhoto(input: $input) { post { id } } }",
            {"input": {"image": "x"}},
            "BAD_USER_INPUT",
        ),
    ],
)
async def test_the_client_s_own_mistakes_are_told(
    caplog: pytest.LogCaptureFixture,
    query: str,
    variables: dict[str, Any] | None,
    code: str,
) -> None:
    errors = await _ask(query, variables)
    assert {error["extensions"]["code"] for error in errors} == {code}
    assert caplog.records == []


async def test_an_answer_tells_of_some_errors_and_no_more() -> None:
    house = house_of(**vars(World(["null_description"]).house()))
    fields = " ".join(f'p{n}: post(id: "{BROKEN}") {{ description }}' for n in range(9))
    answer = await ask(house, f"{{ {fields} }}")
    assert answer["data"] == {f"p{n}": None for n in range(9)}
    assert len(answer["errors"]) == house.settings.operation_errors_max == 5


def test_a_code_that_is_there_stays() -> None:
    error = GraphQLError("slow down", extensions={"code": "RATE_LIMITED", "retryAfter": 3})
    code_errors([error])
    assert error.extensions == {"code": "RATE_LIMITED", "retryAfter": 3}


@pytest.mark.parametrize(("field", "path"), [("display_name", ["displayName"]), (None, None)])
def test_a_refusal_is_data(field: str | None, path: list[str] | None) -> None:
    refusal = Refusal(RefusalCode.NOT_FOUND, "There is nothing.", field=field)
    assert user_errors(refusal) == [
        UserError(code=RefusalCode.NOT_FOUND, message="There is nothing.", path=path)
    ]
