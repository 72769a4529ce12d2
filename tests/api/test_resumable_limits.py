"""Resumable uploads at their limits: rates, requests at once, time, stores that are away."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any, Final

import httpx2
from pydantic import HttpUrl

from schema.resumable.door import REQUEST_COST
from tests.api.applications import running
from tests.api.tus import BODY_TYPE, FILE, headers_of, refusal
from tests.client import Api, Person, until
from tests.stack import TestStack

NOTHING_LISTENS: Final = HttpUrl("http://127.0.0.1:1")


async def ask(
    api: Api, person: Person, method: str, path: str, content: Any = None, **headers: str
) -> httpx2.Response:
    """Any request of somebody's, at any API."""
    sent = headers_of(person.access_token, **headers)
    return await api.http.request(method, path, content=content, headers=sent)


async def begin(api: Api, person: Person) -> str:
    """Open an upload; returns its path."""
    answer = await ask(api, person, "POST", "/uploads", Upload_Length=str(len(FILE)))
    return str(answer.headers["location"])


async def send(
    api: Api, person: Person, path: str, offset: int, content: Any, **headers: str
) -> httpx2.Response:
    """Send bytes of an upload."""
    headers |= {"Content_Type": BODY_TYPE, "Upload_Offset": str(offset)}
    return await ask(api, person, "PATCH", path, content, **headers)


async def offset_of(api: Api, person: Person, path: str) -> int:
    """Where an upload ends."""
    return int((await ask(api, person, "HEAD", path)).headers["upload-offset"])


class Hanging:
    """A body whose end never comes."""

    def __init__(self, content: bytes) -> None:
        self.begun = asyncio.Event()
        self._content = content

    async def __aiter__(self) -> AsyncGenerator[bytes, None]:
        yield self._content
        self.begun.set()
        await asyncio.Event().wait()


async def test_a_request_is_paid_for_like_any_other(stack: TestStack) -> None:
    async with running(stack.settings, rate_viewer_max_cost=5 * REQUEST_COST) as api:
        person = await api.sign_up()
        path = await begin(api, person)
        assert [await offset_of(api, person, path) for _ in range(4)] == [0] * 4
        answer = await ask(api, person, "DELETE", path)
        assert refusal(answer) == (429, "RATE_LIMITED")
        seconds = answer.json()["errors"][0]["extensions"]["retryAfter"]
        assert answer.headers["retry-after"] == str(seconds)


async def test_what_lasts_too_long_is_told_how_far_it_came(stack: TestStack) -> None:
    async with running(stack.settings, upload_request_max_seconds=0.2) as api:
        person = await api.sign_up()
        path = await begin(api, person)
        answer = await send(api, person, path, 0, Hanging(FILE[:100]))
        assert (answer.status_code, answer.headers["upload-offset"]) == (204, "100")
        answer = await send(api, person, path, 100, FILE[100:])
        assert answer.headers["upload-offset"] == str(len(FILE))


async def test_so_many_requests_bring_bytes_at_once_and_others_come_again(
    stack: TestStack,
) -> None:
    async with running(stack.settings, upload_requests_max=1) as api:
        person = await api.sign_up()
        first, second = [await begin(api, person) for _ in range(2)]
        held = Hanging(FILE[:100])
        sending = asyncio.create_task(send(api, person, first, 0, held))
        await held.begun.wait()
        answer = await send(api, person, second, 0, FILE)
        assert refusal_of_ours(answer) == (503, "SERVICE_UNAVAILABLE")
        assert answer.headers["retry-after"] == "1"
        assert await offset_of(api, person, first) == 100  # and with it, the first is over
        assert (await sending).headers["upload-offset"] == "100"
        assert (await send(api, person, second, 0, FILE)).status_code == 204


async def test_an_upload_that_nobody_goes_on_with_expires(stack: TestStack) -> None:
    async with running(stack.settings, upload_resumable_seconds=1) as api:
        person = await api.sign_up()
        path = await begin(api, person)

        async def is_gone() -> bool:
            return (await ask(api, person, "HEAD", path)).status_code == 404

        await until(is_gone)
        assert refusal(await send(api, person, path, 0, FILE)) == (404, "NOT_FOUND")
        assert refusal(await ask(api, person, "DELETE", path)) == (404, "NOT_FOUND")


async def test_while_its_store_is_away_an_upload_stays_as_it_is(stack: TestStack) -> None:
    settings = stack.settings
    away = {**settings.object_stores, settings.region: NOTHING_LISTENS}
    async with running(settings) as api, running(settings, object_stores=away) as cut_off:
        person = await api.sign_up()
        path = await begin(api, person)
        await send(api, person, path, 0, FILE[:100])
        answer = await send(cut_off, person, path, 100, FILE[100:])
        assert refusal_of_ours(answer) == (503, "SERVICE_UNAVAILABLE")
        assert int(answer.headers["retry-after"]) > 0
        assert await offset_of(cut_off, person, path) == 100
        answer = await send(api, person, path, 100, FILE[100:])
        assert answer.headers["upload-offset"] == str(len(FILE))


def refusal_of_ours(answer: httpx2.Response) -> tuple[int, str]:
    """The same as `refusal` of an answer that is no fault of whoever asked."""
    assert answer.headers["tus-resumable"] == "1.0.0"
    assert len(answer.headers["x-request-id"]) >= 8
    (error,) = answer.json()["errors"]
    return answer.status_code, error["extensions"]["code"]
