"""Documents that are too much of something: told so soon, before any of it is run."""

import time
from collections.abc import Mapping
from typing import Final

import pytest

from tests.api.hostile import NOT_RUN, RESPONSE, Doors, codes_of
from tests.client import Api

pytestmark = pytest.mark.usefixtures("unharmed")

TOLD_SECONDS: Final = 3.0
"""Long for what is told before anything is run, so that a busy machine is no failure."""

NAMES: Final = range(1_300)

DOCUMENTS: Final[Mapping[str, str]] = {
    "selections 10,000 deep": "{a" * 10_000 + "}" * 10_000,
    "selections 1,300 deep": "{a" * 1_300 + "}" * 1_300,
    "selections 300 deep": "{a" * 300 + "}" * 300,
    "selections 100 deep": "{node(id:1){id}" + " viewer{...on User{id" * 100 + "}}" * 100 + "}",
    "selections that never end": "{a" * 30_000,
    "inline fragments 600 deep": "{" + "...{" * 600 + "id" + "}" * 601,
    "lists 1,500 deep": "{node(id:" + "[" * 1_500 + "]" * 1_500 + "){id}}",
    "lists 250 deep": "{node(id:" + "[" * 250 + "]" * 250 + "){id}}",
    "lists 100 deep": "{nodes(ids:" + "[" * 100 + "]" * 100 + "){id}}",
    "objects 900 deep": "{node(id:" + "{a:" * 900 + "1" + "}" * 900 + "){id}}",
    "objects 250 deep": "{node(id:" + "{a:" * 250 + "1" + "}" * 250 + "){id}}",
    "types 1,500 deep": "query($x:" + "[" * 1_500 + "ID" + "]" * 1_500 + "){node(id:$x){id}}",
    "types 250 deep": "query($x:" + "[" * 250 + "ID" + "]" * 250 + "){node(id:$x){id}}",
    "defaults 250 deep": "query($x: ID=" + "[" * 250 + "]" * 250 + "){node(id:$x){id}}",
    "brackets that never end": "[" * 100_000,
    "parentheses": "{node" + "(" * 2_000,
    "30,000 aliases": "{" + " ".join(f"a{n}:id" for n in range(30_000)) + "}",
    "900 aliases": "{" + " ".join(f"a{n}:__typename" for n in range(900)) + "}",
    "31 aliases": "{" + " ".join(f"a{n}:__typename" for n in range(31)) + "}",
    "1,900 times the same field": "{" + "__typename " * 1_900 + "}",
    "600 times the same object": "{" + "viewer{id} " * 600 + "}",
    "600 times the same in the same": "{" + "viewer{viewer{viewer{id}}} " * 300 + "}",
    "1,000 fields that are none": "{" + " ".join(f"f{n}" for n in range(1_000)) + "}",
    "10,000 directives": "{ __typename " + "@skip(if:true) " * 10_000 + "}",
    "600 directives": "{ __typename " + "@skip(if:true) " * 600 + "}",
    "1,900 directives that are none": "{ __typename " + "@a " * 1_900 + "}",
    "a fragment of itself": "{...f} fragment f on Query {...f}",
    "fragments in a circle": "{...f} fragment f on Query {...g} fragment g on Query {...f}",
    "a circle of 400": "{...f0} "
    + " ".join(f"fragment f{n} on Query {{...f{(n + 1) % 400}}}" for n in range(400)),
    "a chain of 400": "{...f0} "
    + " ".join(f"fragment f{n} on Query {{...f{n + 1}}}" for n in range(399))
    + " fragment f399 on Query {__typename}",
    "fragments that double 100 times": "{...f0} "
    + " ".join(f"fragment f{n} on Query {{...f{n + 1} ...f{n + 1}}}" for n in range(100))
    + " fragment f100 on Query {__typename a:__typename}",
    "fields that double 14 times": "{...f0} "
    + " ".join(
        f"fragment f{n} on User {{x:posts{{edges{{node{{author{{...f{n + 1} ...f{n + 1}}}}}}}}}}}"
        for n in range(14)
    )
    + " fragment f14 on User {id}",
    "400 fragments in one": "{"
    + " ".join(f"...f{n}" for n in range(400))
    + "} "
    + " ".join(f"fragment f{n} on Query {{__typename a:node(id:{n}){{id}}}}" for n in range(250)),
    "fragments that are nowhere": "{" + " ".join(f"...f{n}" for n in NAMES) + "}",
    "a fragment of a kind that is none": "{...f} fragment f on Nothing {id}",
    "1,000 variables": "query(" + " ".join(f"$v{n}:Int" for n in range(1_000)) + "){__typename}",
    "1,000 arguments": "{node(" + " ".join(f"a{n}:1" for n in range(1_000)) + "){id}}",
    "1,000 operations": " ".join(f"query q{n} {{__typename}}" for n in range(900)),
    "two operations and no name": "query a {__typename} query b {__typename}",
    "the same name twice": "query a {__typename} query a {__typename}",
    "types of its own": "type Query {a: Int} { a }",
    "a string that never ends": '{node(id:"' + "x" * 100_000,
    "a block string that never ends": '{node(id:"""' + "x\n" * 50_000,
    "200,000 characters of comment": "#" + "x" * 200_000,
    "200,000 commas": "," * 200_000,
    "a name of 100,000 letters": "{" + "a" * 100_000 + "}",
    "an integer of 100,000 digits": "{feed(first:" + "9" * 100_000 + "){updatesCursor}}",
    "a number beyond all": "{feed(first:1e999){updatesCursor}}",
    "a lone surrogate": '{user(username:"\\uD800"){id}}',
    "a surrogate the wrong way": '{user(username:"\\uDC00\\uD800"){id}}',
    "a code point that is none": '{user(username:"\\u{110000}"){id}}',
    "a code point of many digits": '{user(username:"\\u{' + "0" * 50_000 + '41}"){id}}',
    "control characters": "{ \x01\x02\x7f }",
    "names of Python": "{ __class__ __init__ __dict__ }",
    "introspection ten deep": "{__schema{types{" + "fields{type{" * 10 + "name" + "}}" * 10 + "}}}",
    "pages within pages": "{viewer{"
    + "posts(first:50){edges{node{author{" * 3
    + "id"
    + "}}}}" * 3
    + "}}",
    "a subscription of many": "subscription{feedUpdates{__typename} a:feedUpdates{__typename}}",
    "mutations a thousand times": "mutation{"
    + " ".join(f"a{n}:logOut{{errors{{code}}}}" for n in range(400))
    + "}",
}

RUN: Final[Mapping[str, str]] = {
    "a byte order mark": "\ufeff{__typename}",
    "commas and comments": "#\n,,,{,__typename,}#",
    "inline fragments 150 deep": "{" + "...{" * 150 + "__typename" + "}" * 151,
    "an id of 100,000 digits": "{__typename nodes(ids:[" + "9" * 100_000 + "]){id}}",
    "an id of letters that are none": '{__typename node(id:"\\u0000\\uFFFF\U0001f4a9"){id}}',
    "a username that is none": '{__typename user(username:"' + "x" * 100_000 + '"){id}}',
    "a chain of fragments": "{...f0} "
    + " ".join(f"fragment f{n} on Query {{...f{n + 1}}}" for n in range(40))
    + " fragment f40 on Query {__typename}",
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_too_much_is_refused_before_it_is_run(doors: Doors, name: str) -> None:
    for door, client in doors.items():
        begin = time.monotonic()
        answer = client.post(
            "/graphql", json={"query": DOCUMENTS[name]}, headers={"Accept": RESPONSE}
        )
        assert time.monotonic() - begin < TOLD_SECONDS, door
        assert codes_of(answer) <= NOT_RUN | {"BAD_REQUEST", "PAYLOAD_TOO_LARGE"}, door
        assert len(answer.content) < 10_000 + len(DOCUMENTS[name]), door


@pytest.mark.parametrize("name", RUN)
def test_what_is_only_odd_is_run(doors: Doors, name: str) -> None:
    for door, client in doors.items():
        answer = client.post("/graphql", json={"query": RUN[name]})
        assert answer.status_code == 200, (door, answer.text)
        assert answer.json()["data"]["__typename"] == "Query", door


async def test_a_page_of_everything_is_run(api: Api) -> None:
    person = await api.sign_up()
    answer = await api.ask(
        "{ viewer { posts(first: 50) { edges { node { author { id } } } } } }",
        token=person.access_token,
    )
    assert answer.data == {"viewer": {"posts": {"edges": []}}}
