"""One shape for every mutation's refusals, and a code for every other error."""

import json
import logging
import secrets
from collections.abc import Awaitable, Callable
from typing import Any, Final

import pytest
from graphql import GraphQLList, GraphQLNonNull, get_named_type

from app.errors import RefusalCode
from app.follows.service import Follows
from schema.codes import ErrorCode
from schema.root import build_schema
from tests.api.applications import running
from tests.client import ERRORS, FOLLOW, PASSWORD, Api, Person
from tests.stack import TestStack

SCHEMA: Final = build_schema().core
LOG_OUT: Final = "mutation { logOut { errors { code message path } } }"
NOBODY: Final = "VXNlcjoxMjM="
CURSOR: Final = '{ feed(after: "x") { updatesCursor } }'
UNKNOWN: Final = {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}
Refuse = Callable[[Person], Awaitable[Any]]
SECRET: Final = "mongodb://root:hunter2@10.0.0.7"


def mutation(name: str) -> str:
    """A mutation that asks for its errors alone."""
    type_ = f"{name[0].upper()}{name[1:]}Input"
    return f"mutation($input: {type_}!) {{ {name}(input: $input) {{ {ERRORS} }} }}"


async def refuse_upload(person: Person) -> Any:
    return (await person.upload(b"no photo at all"))["errors"]


def refusing(name: str, **fields: Any) -> Refuse:
    """Asks for a mutation with this input; returns its errors."""

    async def ask(person: Person) -> Any:
        return (await person.ask(mutation(name), input=fields))[name]["errors"]

    return ask


REFUSED: Final[dict[str, tuple[Refuse, str, list[str] | None]]] = {
    "signUp": (
        refusing("signUp", username="?", password=PASSWORD),
        *("INVALID_USERNAME", ["username"]),
    ),
    "logIn": (
        refusing("logIn", username="nobody_at_all", password="x" * 8),
        *("INVALID_CREDENTIALS", None),
    ),
    "refreshSession": (
        refusing("refreshSession", refreshToken="x"),
        *("INVALID_TOKEN", ["refreshToken"]),
    ),
    "createUpload": (
        refusing("createUpload", contentType="image/gif", byteSize=1),
        *("UNSUPPORTED_FORMAT", ["contentType"]),
    ),
    "uploadPhoto": (refuse_upload, "UNSUPPORTED_FORMAT", ["image"]),
    "deletePost": (refusing("deletePost", postId=NOBODY), "NOT_FOUND", ["postId"]),
    "deleteAccount": (
        refusing("deleteAccount", password="not the password"),
        *("INVALID_CREDENTIALS", ["password"]),
    ),
    "follow": (refusing("follow", userId=NOBODY), "NOT_FOUND", ["userId"]),
    "unfollow": (refusing("unfollow", userId=NOBODY), "NOT_FOUND", ["userId"]),
}
NEVER_REFUSED: Final = {"logOut", "updateSettings"}


def test_every_mutation_has_a_payload_of_its_own_shape_with_errors() -> None:
    assert SCHEMA.mutation_type is not None
    mutations = SCHEMA.mutation_type.fields
    assert set(mutations) == set(REFUSED) | NEVER_REFUSED
    for name, field in mutations.items():
        payload: Any = field.type.of_type if isinstance(field.type, GraphQLNonNull) else None
        assert payload is not None, f"{name} may be null"
        assert str(payload.fields["errors"].type) == "[UserError!]!"
        others = {key: each.type for key, each in payload.fields.items() if key != "errors"}
        assert not any(isinstance(each, GraphQLNonNull) for each in others.values()), name
        assert set(field.args) <= {"input"}
        assert isinstance(payload.fields["errors"].type.of_type, GraphQLList)
        assert get_named_type(payload.fields["errors"].type) is SCHEMA.type_map["UserError"]


@pytest.mark.parametrize("name", REFUSED)
async def test_a_refusal_is_data_with_a_code_words_and_a_path(api: Api, name: str) -> None:
    refuse, code, path = REFUSED[name]
    (error,) = await refuse(await api.sign_up())
    assert error["code"] == code
    assert error["path"] == path
    assert error["message"].endswith(".")
    assert RefusalCode(error["code"])


async def test_who_may_sign_out_is_never_refused(api: Api) -> None:
    person = await api.sign_up()
    assert (await person.ask(LOG_OUT))["logOut"] == {"errors": []}
    again = await api.ask(LOG_OUT, token=person.access_token)
    assert again.codes == ["UNAUTHENTICATED"]


@pytest.mark.parametrize(
    "name",
    [
        *("uploadPhoto", "createUpload", "deletePost", "follow", "unfollow", "logOut"),
        *("updateSettings", "deleteAccount"),
    ],
)
async def test_who_is_not_signed_in_gets_an_error_and_no_data(api: Api, name: str) -> None:
    fields: dict[str, dict[str, Any]] = {
        "deletePost": {"postId": NOBODY},
        "uploadPhoto": {"image": None},
        "createUpload": {"contentType": "image/jpeg", "byteSize": 1},
        "updateSettings": {},
        "deleteAccount": {"password": PASSWORD},
    }
    asked = LOG_OUT if name == "logOut" else mutation(name)
    sent = {} if name == "logOut" else {"input": fields.get(name, {"userId": NOBODY})}
    for token in (None, "nonsense"):
        answer = await api.ask(asked, sent, token=token)
        assert (answer.codes, answer.body["data"]) == (["UNAUTHENTICATED"], None)


async def test_what_is_unforeseen_is_masked_with_an_id_that_is_in_the_log(
    stack: TestStack, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(*_: object) -> None:
        raise RuntimeError(SECRET)

    monkeypatch.setattr(Follows, "follow", fail)
    async with running(stack.settings) as api:
        person, given = await api.sign_up(), f"req-{secrets.token_hex(8)}"
        with caplog.at_level(logging.ERROR):
            answer = await api.post(
                json={"query": FOLLOW, "variables": {"input": {"userId": NOBODY}}},
                token=person.access_token,
                headers={"X-Request-Id": given},
            )
    (error,) = answer.body["errors"]
    assert error["extensions"] == {"code": "INTERNAL_SERVER_ERROR", "requestId": given}
    assert error["path"] == ["follow"]
    assert answer.headers["X-Request-Id"] == given
    assert SECRET not in json.dumps(answer.body)
    logged = [record for record in caplog.records if given in record.getMessage()]
    assert [str(record.exc_info[1]) for record in logged if record.exc_info] == [SECRET]


async def test_every_code_that_is_answered_is_on_the_list(api: Api) -> None:
    known = set(ErrorCode) | set(RefusalCode)
    person = await api.sign_up()
    answers = [
        await api.ask("{"),
        await api.ask("{ nothing }"),
        await api.ask("{ feed { updatesCursor } }"),
        await api.ask(CURSOR, token=person.access_token),
        await api.ask("query($i: ID!) { node(id: $i) { id } }"),
        await api.ask("{ " + "__typename " * 21 + "}"),
        await api.ask("subscription { feedUpdates { __typename } }"),
        await api.post(json=[]),
        await api.post(content=b"", headers={"Content-Type": "text/plain"}),
        await api.post(json={"query": "{ __typename }"}, headers={"Accept": "image/png"}),
        await api.post(json={"extensions": UNKNOWN}),
        await api.post(data={"operations": "{}"}, files={"0": ("x", b"")}),
    ]
    found = {code for answer in answers for code in answer.codes}
    assert found <= known
    assert len(found) == 11, found
    assert all(isinstance(e["message"], str) for a in answers for e in a.body["errors"])
