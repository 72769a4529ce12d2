"""Values that are odd are told from faults of ours."""

import json

from tests.client import SIGN_UP, Api
from tests.stack import TestStack
from tests.wire import answer_to, post


async def test_odd_values_are_told_from_our_faults(api: Api) -> None:
    person = await api.sign_up()
    feed = """query($first: Int, $after: String) {
      feed(first: $first, after: $after) { updatesCursor } }"""
    for query, variables in (
        (feed, {"first": 10**20}),
        (feed, {"first": 2**31}),
        (feed, {"first": 1.5}),
        (feed, {"first": "1"}),
        (feed, {"first": True}),
        (feed, {"after": 5}),
        (feed, {"after": ["x"]}),
        (SIGN_UP, {"input": None}),
        (SIGN_UP, {"input": "x"}),
        (SIGN_UP, {"input": {"username": "ada"}}),
        (SIGN_UP, {"input": {"username": "ada", "password": "x" * 8, "role": "admin"}}),
        (SIGN_UP, {"input": {"username": ["ada"], "password": "x" * 8}}),
        ("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": [None]}),
        ("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": [{"a": 1}]}),
    ):
        answer = await api.ask(query, variables, token=person.access_token)
        assert set(answer.codes) == {"BAD_USER_INPUT"}, (variables, answer.body)
    for query in (
        "{ feed(first: 99999999999999999999) { updatesCursor } }",
        '{ user(username: "\\uD800") { id } }',
        "{ " + "viewer { id } " * 3 + "nope }",
        "{ node(id: {a: 1}) { id } }",
    ):
        answer = await api.ask(query, token=person.access_token)
        assert set(answer.codes) <= {"GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED"}, query
        assert answer.codes


async def test_numbers_are_ids_too(api: Api) -> None:
    answer = await api.ask("{ node(id: 5) { id } nodes(ids: [99999999999999999999]) { id } }")
    assert answer.data == {"node": None, "nodes": [None]}


def test_a_token_of_other_letters_is_no_token(stack: TestStack) -> None:
    body = json.dumps({"query": "{ viewer { id } }"}).encode()
    for authorization in ("Bearer ä\xff", "Bearer ", "\xff", "Bearer " + "a" * 8_000, "Basic eDp4"):
        sent = post("/graphql", body, Content_Type="application/json", Authorization=authorization)
        for name in ("gateway", "api-1"):
            answer = answer_to(stack.port(name), sent)
            assert answer.status == 200, (name, answer.body)
            codes = {error["extensions"]["code"] for error in answer.json.get("errors", ())}
            assert codes <= {"UNAUTHENTICATED"}, (name, answer.body)
