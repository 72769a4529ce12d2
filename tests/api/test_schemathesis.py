"""Operations that a machine thinks of: whatever is asked, nothing is our fault."""

from collections.abc import Iterator
from typing import Any, Final

import httpx2
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from schemathesis.graphql import nodes

from docker.local import REPOSITORY
from tests.api.conftest import PublishSketches
from tests.client import TIMEOUT_SECONDS, Api, Person
from tests.stack import TestStack

EXAMPLES: Final = 60
"""A field of Query or Mutation; fourteen of them take half a minute."""

PERSON: Final = "somebody's id"
POST: Final = "a post's id"

_strings = st.builds(nodes.String, st.text(max_size=30))
schemathesis.graphql.scalar("Upload", _strings)
schemathesis.graphql.scalar("DateTime", _strings)
schemathesis.graphql.scalar(
    "ID", st.one_of(st.sampled_from([nodes.String(PERSON), nodes.String(POST)]), _strings)
)
schema = schemathesis.graphql.from_path(REPOSITORY / "schema/schema.graphql")


@pytest.fixture
async def person(api: Api) -> Person:
    return await api.sign_up()


@pytest.fixture
async def ids(api: Api, person: Person, sketch: PublishSketches) -> dict[str, str]:
    """What there is to be found: somebody who is followed, and their post."""
    author = await api.sign_up()
    posts = await sketch(author, 2)
    await person.follow(author)
    return {PERSON: author.id, POST: posts[0]}


@pytest.fixture
def http(person: Person) -> Iterator[httpx2.Client]:
    headers = {"Authorization": f"Bearer {person.access_token}"}
    with httpx2.Client(timeout=TIMEOUT_SECONDS, headers=headers) as http:
        yield http


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    # All examples of a field share what the fixtures made; nothing of it has to be as it was.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_no_operation_is_our_fault(
    case: schemathesis.Case[Any], ids: dict[str, str], http: httpx2.Client, stack: TestStack
) -> None:
    assert isinstance(case.body, str)
    query = case.body
    for name, found in ids.items():
        query = query.replace(f'"{name}"', f'"{found}"')
    answer = http.post(stack.graphql_url, json={"query": query})
    assert answer.status_code == 200, (query, answer.text)
    for error in answer.json().get("errors", ()):
        assert error["extensions"]["code"] != "INTERNAL_SERVER_ERROR", (query, answer.text)
