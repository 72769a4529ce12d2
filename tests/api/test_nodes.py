"""Finding things by their ids, and accounts by their usernames."""

import re

from app.ids import ID_MAX
from schema.nodes import Kind, global_id
from tests.api.conftest import PublishSketches
from tests.client import POST, USER, Api

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
NODE = "query($id: ID!) { node(id: $id) { id __typename } post(id: $id) { id } }"
NODES = "query($ids: [ID!]!) { nodes(ids: $ids) { id __typename } }"
USER_BY_NAME = f"query($username: String!) {{ user(username: $username) {{ {USER} }} }}"
GARBAGE = (
    "",
    "x",
    "1",
    "\0",
    "🗝",
    "a" * 10_000,
    "UG9zdDox=",
    "VXNlcjow",
    global_id(Kind.POST, ID_MAX),
    global_id(Kind.USER, ID_MAX),
    global_id(Kind.USER, ID_MAX + 1),
    global_id(Kind.POST, 10**30),
)


async def test_a_node_is_found_by_its_id(api: Api, sketch: PublishSketches) -> None:
    person = await api.sign_up()
    (post,) = await sketch(person, 1)
    for token in (None, person.access_token):
        found = (await api.ask(NODE, {"id": post}, token=token)).data
        assert found == {"node": {"id": post, "__typename": "Post"}, "post": {"id": post}}
        found = (await api.ask(NODE, {"id": person.id}, token=token)).data
        assert found == {"node": {"id": person.id, "__typename": "User"}, "post": None}


async def test_what_is_no_node_is_null(api: Api) -> None:
    for garbage in GARBAGE:
        found = (await api.ask(NODE, {"id": garbage})).data
        assert found == {"node": None, "post": None}, garbage
    assert (await api.ask(NODES, {"ids": list(GARBAGE)})).data["nodes"] == [None] * len(GARBAGE)


async def test_nodes_come_in_the_order_asked(api: Api, sketch: PublishSketches) -> None:
    ada, grace = await api.sign_up_many(2)
    first, second = await sketch(ada, 2)
    asked = [second, grace.id, "x", first, second, ada.id, ada.id[:-2]]
    nodes = (await api.ask(NODES, {"ids": asked})).data["nodes"]
    assert [node and node["id"] for node in nodes] == [*asked[:2], None, *asked[3:6], None]
    assert (await api.ask(NODES, {"ids": []})).data["nodes"] == []


async def test_at_most_a_hundred_nodes_at_once(api: Api) -> None:
    assert len((await api.ask(NODES, {"ids": ["x"] * 100})).data["nodes"]) == 100
    answer = await api.ask(NODES, {"ids": ["x"] * 101})
    assert (answer.codes, answer.body["data"]) == (["BAD_USER_INPUT"], None)


async def test_the_viewer_is_whoever_asks(api: Api) -> None:
    person = await api.sign_up()
    query = f"{{ viewer {{ {USER} }} }}"
    assert (await api.ask(query)).data["viewer"] is None
    viewer = (await person.ask(query))["viewer"]
    assert (viewer["id"], viewer["username"]) == (person.id, person.username)
    assert viewer == (await person.ask(USER_BY_NAME, username=person.username))["user"]


async def test_an_account_is_found_by_its_name_in_any_case(api: Api) -> None:
    person = await api.sign_up("Some_Body")
    for username in (person.username, person.username.upper(), person.username.lower()):
        found = (await api.ask(USER_BY_NAME, {"username": username})).data["user"]
        assert (found["id"], found["username"]) == (person.id, person.username)
    for username in ("", "nobody", person.username + "x", "\0", "a" * 10_000, "🗝"):
        assert (await api.ask(USER_BY_NAME, {"username": username})).data["user"] is None


async def test_moments_have_milliseconds_in_utc(api: Api, sketch: PublishSketches) -> None:
    person = await api.sign_up()
    (post,) = await sketch(person, 1)
    query = f"""query($ids: [ID!]!) {{ nodes(ids: $ids) {{
      ... on Post {{ {POST} }} ... on User {{ {USER} }} }} }}"""
    for node in (await api.ask(query, {"ids": [post, person.id]})).data["nodes"]:
        assert MOMENT.fullmatch(node["createdAt"])
