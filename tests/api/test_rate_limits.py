"""What one account or one address may ask for in a while; and that nobody waits for Redis."""

import json
import re
import secrets
from typing import Any, Final

import httpx2
import pytest
from pydantic import SecretStr

from docker.local.ports import HOST
from tests.api.applications import application, client_of, running
from tests.client import Answer, Api, Person, open_api
from tests.stack import TestStack
from tests.wire import answer_to, post

NOBODY: Final = "{ __typename }"
VIEWER: Final = "{ viewer { id } }"
USER: Final = '{ user(username: "nobody_at_all") { id posts(first: 50) { edges { cursor } } } }'
USER_COST: Final = 1 + 1 + 50
NOTHING_LISTENS: Final = SecretStr("redis://127.0.0.1:1/0")
MUCH: Final = 10**6


def rates(answer: Answer) -> tuple[int, int, int]:
    """The limit, what remains of it, and after how many seconds more remains."""
    named = (f"RateLimit-{name}" for name in ("Limit", "Remaining", "Reset"))
    limit, remaining, reset = (int(answer.headers[name]) for name in named)
    return limit, remaining, reset


def assert_refused(answer: Answer) -> None:
    """It was refused as too much, and says when to come back."""
    assert (answer.status, answer.codes) == (429, ["RATE_LIMITED"])
    assert "data" not in answer.body
    seconds = answer.body["errors"][0]["extensions"]["retryAfter"]
    assert isinstance(seconds, int)
    assert 1 <= seconds <= 120
    assert answer.headers["Retry-After"] == str(seconds)
    assert answer.headers["Cache-Control"] == "no-store"
    assert rates(answer)[2] == seconds


async def skipped(api: Api) -> float:
    """How many rates were not applied so far, as operators read it."""
    text = (await api.http.get("/metrics")).text
    found = re.findall(r"^photofeed_rate_limits_skipped_total\{.*\} (\S+)$", text, re.MULTILINE)
    return sum(map(float, found))


async def test_an_address_has_a_rate_and_is_told_what_is_left(stack: TestStack) -> None:
    async with application(stack.settings, rate_address_max_cost=5) as built:
        async with client_of(built) as api:
            answers = [await api.ask(NOBODY) for _ in range(5)]
            assert [rates(each)[:2] for each in answers] == [(5, n) for n in (4, 3, 2, 1, 0)]
            assert all(0 < rates(each)[2] <= 120 for each in answers)
            assert_refused(await api.ask(NOBODY))
            assert rates(await api.ask(NOBODY))[:2] == (5, 0)
        async with client_of(built) as elsewhere:
            assert (await elsewhere.ask(NOBODY)).data == {"__typename": "Query"}


async def test_what_costs_more_leaves_less(stack: TestStack) -> None:
    async with running(stack.settings, rate_address_max_cost=150) as api:
        first = await api.ask(USER)
        assert first.body["extensions"]["cost"]["requested"] == USER_COST
        assert rates(first)[:2] == (150, 150 - USER_COST)
        assert rates(await api.ask(USER))[1] == 150 - 2 * USER_COST
        assert_refused(await api.ask(USER))
        assert rates(await api.ask(NOBODY))[1] == 150 - 2 * USER_COST - 1  # a refusal is free


async def test_a_viewer_has_a_rate_wherever_they_ask_from(stack: TestStack, api: Api) -> None:
    person, other = await api.sign_up_many(2)
    async with application(
        stack.settings, rate_viewer_max_cost=3, rate_address_max_cost=MUCH
    ) as built:
        for left in (2, 1, 0):
            async with client_of(built) as anywhere:
                answer = await anywhere.ask(VIEWER, token=person.access_token)
                assert rates(answer)[:2] == (3, left)
        async with client_of(built) as anywhere:
            assert_refused(await anywhere.ask(VIEWER, token=person.access_token))
            assert (await anywhere.ask(VIEWER, token=other.access_token)).data
            assert rates(await anywhere.ask(NOBODY))[0] == MUCH


async def test_a_mutation_that_is_refused_changes_nothing(stack: TestStack, api: Api) -> None:
    person, other = await api.sign_up_many(2)
    async with running(stack.settings, rate_viewer_max_cost=5) as limited:
        follow = "mutation($i: FollowInput!) { follow(input: $i) { errors { code } } }"
        refused = await limited.ask(follow, {"i": {"userId": other.id}}, token=person.access_token)
        assert_refused(refused)
    assert (await person.ask(VIEWER[:-4] + " followingCount } }"))["viewer"]["followingCount"] == 0


async def test_an_event_stream_is_refused_likewise(stack: TestStack) -> None:
    async with running(stack.settings, rate_address_max_cost=1) as api:
        await api.ask(NOBODY)
        for query in (NOBODY, "subscription { feedUpdates { __typename } }"):
            assert_refused(
                await api.post(json={"query": query}, headers={"Accept": "text/event-stream"})
            )


async def test_nobody_chooses_their_address_themselves(stack: TestStack) -> None:
    """The load balancer's word counts, whatever a client claims."""

    def remaining(source: str, claimed: str) -> int:
        body = json.dumps({"query": NOBODY}).encode()
        claims = {"X_Forwarded_For": claimed, "X_Real_IP": claimed, "Forwarded": f"for={claimed}"}
        sent = post("/graphql", body, Content_Type="application/json", **claims)
        port = int(stack.gateway_url.rpartition(":")[2])
        return int(answer_to(port, sent, source=source).headers["RateLimit-Remaining"])

    first, second = (f"127.{secrets.randbelow(200) + 9}.7.{n}" for n in (1, 2))
    before = remaining(first, "192.0.2.1")
    after = [remaining(first, claimed) for claimed in ("192.0.2.2", second, HOST, "x, y", "")]
    assert after == [before - n for n in range(1, 6)]
    assert remaining(second, first) == before


async def test_without_redis_everybody_is_served_and_a_metric_says_so(
    stack: TestStack, api: Api
) -> None:
    person: Person = await api.sign_up()
    async with running(
        stack.settings,
        cache_url=NOTHING_LISTENS,
        rate_address_max_cost=1,
        rate_viewer_max_cost=1,
        sign_in_address_max_attempts=1,
    ) as away:
        before = await skipped(away)
        for _ in range(3):
            answer = await away.ask(VIEWER, token=person.access_token)
            assert answer.data == {"viewer": {"id": person.id}}
            assert not any(name.lower().startswith("ratelimit") for name in answer.headers)
        assert await skipped(away) - before == 6
        await away.sign_up()
        assert await skipped(away) - before > 6


@pytest.mark.parametrize("name", ["api-1", "api-2"])
async def test_the_local_stack_refuses_nobody_who_only_tries_it(
    stack: TestStack, name: str
) -> None:
    async with open_api(f"http://127.0.0.1:{stack.port(name)}/graphql") as api:
        answer: Any = await api.ask(NOBODY)
        assert rates(answer)[0] == 10**12


def test_metrics_are_not_for_the_public(stack: TestStack) -> None:
    assert httpx2.get(f"{stack.gateway_url}/metrics").status_code == 404
