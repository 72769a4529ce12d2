"""What the load balancer and operators ask for."""

from typing import Any

import httpx2
import pytest

from schema.sdl import sdl
from tests.client import TIMEOUT_SECONDS
from tests.stack import TestStack


async def _get(url: str, **options: Any) -> httpx2.Response:
    async with httpx2.AsyncClient(timeout=TIMEOUT_SECONDS) as http:
        return await http.get(url, **options)


async def test_a_process_is_alive_and_ready(stack: TestStack) -> None:
    alive = await _get(f"{stack.gateway_url}/healthz")
    assert (alive.status_code, alive.json()) == (200, {"alive": True})
    ready = await _get(f"{stack.gateway_url}/readyz")
    assert (ready.status_code, ready.json()) == (200, {"ready": True, "missing": []})


async def test_the_schema_can_be_had(stack: TestStack) -> None:
    answer = await _get(f"{stack.gateway_url}/schema.graphql")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.text == sdl()


@pytest.mark.parametrize("path", ["/healthz", "/schema.graphql", "/nowhere", "/graphql"])
async def test_every_answer_has_a_request_id(stack: TestStack, path: str) -> None:
    url = stack.gateway_url + path
    given = await _get(url, headers={"X-Request-Id": "abcdefgh12345678"})
    assert given.headers["x-request-id"] == "abcdefgh12345678"
    made = {(await _get(url)).headers["x-request-id"] for _ in range(2)}
    assert len(made) == 2
    for bad in ("x", "y" * 200, "abcd efgh", "<script>alert</script>"):
        answered = (await _get(url, headers={"X-Request-Id": bad})).headers["x-request-id"]
        assert answered != bad
        assert len(answered) >= 8


async def test_a_process_keeps_the_id_that_the_load_balancer_passes_on(stack: TestStack) -> None:
    for name in ("api-1", "api-2"):
        url = f"http://127.0.0.1:{stack.port(name)}/healthz"
        for given in ("abcdefgh12345678", "upload-7.retry_2"):
            answer = await _get(url, headers={"X-Request-Id": given})
            assert answer.headers["x-request-id"] == given
