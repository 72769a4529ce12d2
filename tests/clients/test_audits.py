"""GraphQL over HTTP, to the letter: the audits of graphql-http."""

from typing import Any, Final

import pytest
import pytest_asyncio

from tests.clients.node import Node
from tests.stack import TestStack

AUDITS: Final = {"MUST": 13, "SHOULD": 23, "MAY": 25}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def audited(node: Node, stack: TestStack) -> list[Any]:
    """What became of every audit."""
    found: list[Any] = await node.run("audits", "every", url=stack.graphql_url)
    return found


@pytest.mark.parametrize("level", AUDITS)
async def test_every_audit_is_ok(audited: list[Any], level: str) -> None:
    ours = [audit for audit in audited if audit["name"].startswith(level)]
    assert [audit for audit in ours if audit["status"] != "ok"] == []
    assert len(ours) == AUDITS[level]


async def test_there_are_61_audits(audited: list[Any]) -> None:
    assert len(audited) == 61
