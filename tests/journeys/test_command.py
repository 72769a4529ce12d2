"""`photofeed`, the operator's command, against a stack that runs."""

import asyncio
import re

import pytest

from tests.client import Api
from tests.command import photofeed
from tests.faults.truth import open_truth
from tests.stack import TestStack

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_the_demo_fills_the_feeds(stack: TestStack, api: Api) -> None:
    code, said = await photofeed(stack, "demo", "--url", stack.graphql_url)
    assert code == 0, said
    words = said.split()
    assert sum(word.startswith(f"{stack.cdn_url}/") for word in words) == 3
    name, password = (words[words.index(word) + 1] for word in ("as", "password"))
    answer = await api.ask(
        """mutation($input: LogInInput!) { logIn(input: $input) {
          viewer { username postCount followingCount } } }""",
        {"input": {"username": name, "password": password}},
    )
    assert answer.data["logIn"]["viewer"] == {
        "username": name,
        "postCount": 1,
        "followingCount": 3,
    }


async def test_init_may_run_twice_at_once(stack: TestStack) -> None:
    answers = await asyncio.gather(*(photofeed(stack, "init") for _ in range(2)))
    assert [code for code, _ in answers] == [0, 0], answers


async def test_a_repair_mends_what_is_wrong(stack: TestStack) -> None:
    _, said = await photofeed(stack, "demo", "--url", stack.graphql_url)
    words = said.split()
    name = words[words.index("as") + 1]
    await photofeed(stack, "repair")  # other tests have written edges by hand
    code, said = await photofeed(stack, "repair")
    assert code == 0, said
    assert await photofeed(stack, "repair", "--dry-run") == (0, said.replace("mended", "wrong"))
    assert [line.split()[:2] for line in said.splitlines()] == [["mended", "0"]] * 6, said

    async with open_truth(stack.settings) as truth:
        account = await truth.database.accounts.find_one_and_update(
            {"username": name}, {"$inc": {"follower_count": 2}}
        )
    assert account is not None
    mended = re.sub(r"0 of (\S+)  follower", r"1 of \1  follower", said)
    wrong = mended.replace("mended", "wrong")
    told = f"  account {account['_id']}: follower count 5 instead of 3\n"
    assert await photofeed(stack, "repair", "--dry-run") == (1, wrong)
    assert await photofeed(stack, "repair", "--dry-run", "--verbose") == (1, told + wrong)
    assert await photofeed(stack, "repair", "--verbose") == (0, told + mended)
    assert await photofeed(stack, "repair", "--verbose") == (0, said)


async def test_help_names_what_can_be_done(stack: TestStack) -> None:
    code, said = await photofeed(stack, "--help")
    assert code == 0
    assert "init" in said
    assert "demo" in said
    assert "repair" in said
    assert "scrub" in said


async def test_a_scrub_knows_the_regions(stack: TestStack) -> None:
    code, said = await photofeed(stack, "scrub", "--region", "mars")
    assert code == 2
    assert "no region mars" in said


async def test_what_cannot_be_done_is_said_in_one_line(stack: TestStack) -> None:
    code, said = await photofeed(stack, "demo", "--url", "http://127.0.0.1:9/graphql")
    assert (code, said.count("\n")) == (1, 1)
    assert "did not answer" in said
