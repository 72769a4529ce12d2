"""Attempts to sign in are few, by account and by address, however they are sent."""

import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final

import pytest

from app.accounts.passwords import Passwords
from tests.api.applications import application, client_of
from tests.client import PASSWORD, Answer, Api
from tests.stack import TestStack

LOG_IN: Final = """mutation($i: LogInInput!) {
  logIn(input: $i) { viewer { username } errors { code } } }"""
ROOMY: Final[dict[str, Any]] = {
    "operation_aliases_max": 2_000,
    "operation_root_fields_max": 2_000,
    "operation_tokens_max": 100_000,
    "operation_cost_max": 100_000,
    "rate_address_max_cost": 10**9,
}


@contextmanager
def counting_hashes(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Notes every password that is looked at."""
    looked_at: list[str] = []
    plain = Passwords.matches

    async def noting(passwords: Passwords, password: str, password_hash: str | None) -> bool:
        looked_at.append(password)
        return await plain(passwords, password, password_hash)

    with monkeypatch.context() as patched:
        patched.setattr(Passwords, "matches", noting)
        yield looked_at


@asynccontextmanager
async def limited(stack: TestStack, **chosen: Any) -> AsyncIterator[Any]:
    """An application that takes three attempts an account and six an address."""
    settings = {"sign_in_account_max_attempts": 3, "sign_in_address_max_attempts": 6, **chosen}
    async with application(stack.settings, **settings) as built:
        yield built


async def log_in(api: Api, username: str, password: str = PASSWORD) -> Answer:
    return await api.ask(LOG_IN, {"i": {"username": username, "password": password}})


def assert_limited(answer: Answer) -> None:
    assert answer.codes == ["RATE_LIMITED"]
    error = answer.body["errors"][0]
    assert error["path"] == ["logIn"]
    assert 1 <= error["extensions"]["retryAfter"] <= 600


async def test_an_account_is_tried_a_few_times_from_wherever(
    stack: TestStack, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await api.sign_up()
    with counting_hashes(monkeypatch) as looked_at:
        async with limited(stack) as built:
            for _ in range(3):
                async with client_of(built) as anywhere:
                    answer = await log_in(anywhere, person.username, "not the password")
                    assert answer.data["logIn"]["errors"] == [{"code": "INVALID_CREDENTIALS"}]
            async with client_of(built) as anywhere:
                for name in (person.username, person.username.upper()):
                    assert_limited(await log_in(anywhere, name))
    assert len(looked_at) == 3


async def test_an_address_tries_a_few_times_whatever_account(
    stack: TestStack, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = await api.sign_up_many(7)
    with counting_hashes(monkeypatch) as looked_at:
        async with limited(stack) as built:
            async with client_of(built) as one_place:
                for person in people[:6]:
                    answer = await log_in(one_place, person.username)
                    assert answer.data["logIn"]["viewer"] == {"username": person.username}
                assert_limited(await log_in(one_place, people[6].username))
                refused = await one_place.ask(
                    "mutation($i: SignUpInput!) { signUp(input: $i) { errors { code } } }",
                    {"i": {"username": f"s_{secrets.token_hex(5)}", "password": PASSWORD}},
                )
                assert refused.codes == ["RATE_LIMITED"]
            async with client_of(built) as elsewhere:
                answer = await log_in(elsewhere, people[6].username)
                assert answer.data["logIn"]["errors"] == []
    assert len(looked_at) == 7


@pytest.mark.parametrize(("accounts", "most"), [(1, 3), (800, 6)])
async def test_hundreds_of_aliases_are_as_many_attempts(
    stack: TestStack, monkeypatch: pytest.MonkeyPatch, accounts: int, most: int
) -> None:
    token = secrets.token_hex(5)
    names = [f"{n % accounts}_{token}" for n in range(800)]
    fields = " ".join(
        f'a{n}: logIn(input: {{username: "{name}", password: "xxxxxxxx"}}) {{ errors {{ code }} }}'
        for n, name in enumerate(names)
    )
    with counting_hashes(monkeypatch) as looked_at:
        async with limited(stack, **ROOMY) as built, client_of(built) as api:
            answer = await api.ask(f"mutation {{ {fields} }}")
            assert answer.codes == ["RATE_LIMITED"]
            assert answer.body["errors"][0]["path"] == [f"a{most}"]
            assert answer.body["data"] is None
            again = await log_in(api, names[0])
            assert_limited(again)
    assert len(looked_at) <= most


async def test_a_few_aliases_are_refused_by_default(stack: TestStack) -> None:
    fields = " ".join(f"a{n}: logOut {{ errors {{ code }} }}" for n in range(31))
    async with limited(stack) as built, client_of(built) as api:
        answer = await api.ask(f"mutation {{ {fields} }}")
        limits = {error["extensions"]["limit"] for error in answer.body["errors"]}
        assert limits == {"operation_aliases_max", "operation_root_fields_max"}
