"""Every limit of the door is a setting, named where it is passed, before anything is run."""

import json
import signal
from typing import Any, Final

import pytest
from graphql import get_introspection_query

from tests.api.applications import running
from tests.client import Api
from tests.stack import TestStack

FOLLOWING: Final = "{ viewer { followingCount } }"
LIST: Final = "followers(first: 3) { edges { node { "
DOCUMENTS: Final = {
    "operation_tokens_max": "{ " + "__typename " * 4_000 + "}",
    "operation_depth_max": "{ viewer " + "{ posts { edges { node { author " * 4 + "{ id" + "}" * 18,
    "operation_aliases_max": "{ viewer { " + " ".join(f"a{n}: id" for n in range(31)) + " } }",
    "operation_root_fields_max": "{ " + "__typename " * 21 + "}",
    "operation_directives_max": "{ __typename " + "@include(if: true) " * 51 + "}",
    "operation_cost_max": "{ viewer { " + "followers(first: 100) { edges { node { " * 2
    + "id" + " } } }" * 2 + " } }",
}  # fmt: skip
SMALL: Final = {
    "operation_tokens_max": 20,
    "operation_depth_max": 2,
    "operation_aliases_max": 1,
    "operation_root_fields_max": 1,
    "operation_directives_max": 1,
    "operation_cost_max": 11,
}
FOLLOW_TWICE: Final = """mutation($input: FollowInput!) {
  a: follow(input: $input) @include(if: true) { user { id posts { edges { cursor } } } }
  b: follow(input: $input) @include(if: true) { user { id } } }"""


@pytest.mark.parametrize("limit", DOCUMENTS)
async def test_a_limit_is_named_where_it_is_passed(api: Api, limit: str) -> None:
    for accept, status in (("application/json", 200), ("application/graphql-response+json", 400)):
        answer = await api.post(json={"query": DOCUMENTS[limit]}, headers={"Accept": accept})
        assert (answer.status, answer.codes) == (status, ["OPERATION_TOO_COMPLEX"])
        assert answer.body["errors"][0]["extensions"]["limit"] == limit
        assert "data" not in answer.body


@pytest.mark.parametrize("limit", SMALL)
async def test_each_limit_is_a_setting_and_what_is_over_it_changes_nothing(
    stack: TestStack, api: Api, limit: str
) -> None:
    person, other = await api.sign_up_many(2)
    asked = {"input": {"userId": other.id}}
    async with running(stack.settings, **{limit: SMALL[limit]}) as small:
        refused = await small.ask(FOLLOW_TWICE, asked, token=person.access_token)
        assert limit in [error["extensions"]["limit"] for error in refused.body["errors"]]
        assert set(refused.codes) == {"OPERATION_TOO_COMPLEX"}
    assert (await person.ask(FOLLOWING))["viewer"]["followingCount"] == 0
    assert (await person.ask(FOLLOW_TWICE, **asked))["a"]["user"]["id"] == other.id


async def test_ten_lists_of_three_within_each_other_are_too_much(stack: TestStack) -> None:
    async with running(stack.settings, operation_depth_max=100) as api:
        answer = await api.ask("{ viewer { " + LIST * 10 + "id" + " } } }" * 10 + " } }")
        assert answer.codes == ["OPERATION_TOO_COMPLEX"]
        assert answer.body["errors"][0]["extensions"]["limit"] == "operation_cost_max"


async def test_an_answer_says_what_it_has_cost(api: Api) -> None:
    for query, cost in (
        ("{ __typename }", 1),
        ("{ viewer { id } }", 1),
        ('{ nodes(ids: ["a", "b", "c"]) { id } }', 3),
        ("{ viewer { posts(first: 10) { edges { node { id } } } } }", 2 + 2 * 10),
        ('mutation { logIn(input: {username: "no", password: "no"}) { accessToken } }', 11),
    ):  # fmt: skip
        answer = await api.ask(query)
        assert answer.body["extensions"]["cost"] == {"requested": cost, "maximum": 10_000}


async def test_graphiql_can_ask_for_the_schema(api: Api) -> None:
    answer = await api.ask(get_introspection_query(input_value_deprecation=True))
    assert answer.data["__schema"]["mutationType"]["name"] == "Mutation"


async def test_a_body_has_a_largest_size(stack: TestStack) -> None:
    body = json.dumps({"query": "{ __typename }"})
    async with running(stack.settings, operation_max_bytes=100) as api:
        sent = {"Content-Type": "application/json"}
        answer = await api.post(content=body.ljust(100), headers=sent)
        assert answer.data == {"__typename": "Query"}
        refused = await api.post(content=body.ljust(101), headers=sent)
        assert (refused.status, refused.codes) == (413, ["PAYLOAD_TOO_LARGE"])


@pytest.mark.parametrize("most", [1, 5])
async def test_an_answer_tells_of_a_few_errors_only(stack: TestStack, most: int) -> None:
    pages = " ".join(f"a{n}: feed(first: 1) {{ updatesCursor }}" for n in range(10))
    users = "{ " + " ".join(f"f{n}" for n in range(20)) + " }"
    ids: dict[str, Any] = {"ids": [{}] * 20}
    async with running(stack.settings, operation_errors_max=most) as api:
        assert len((await api.ask(users)).codes) == most
        wrong = await api.ask("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids)
        assert wrong.codes == ["BAD_USER_INPUT"] * most
        assert set((await api.ask(f"{{ {pages} }}")).codes) == {"UNAUTHENTICATED"}


async def test_an_operation_has_a_deadline(stack: TestStack) -> None:
    async with running(stack.settings, operation_max_seconds=0.5) as api:
        person = await api.sign_up()
        stack.kill("mongod", signal.SIGSTOP)
        try:
            for token in (None, person.access_token):
                late = await api.ask('{ user(username: "nobody_here") { id } }', token=token)
                assert late.codes == ["DEADLINE_EXCEEDED"]
                assert "0.5 s" in late.body["errors"][0]["message"]
        finally:
            stack.kill("mongod", signal.SIGCONT)
