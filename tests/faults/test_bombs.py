"""Photos made to be expensive, and jobs that are none: they harm nobody but themselves."""

import asyncio
import io
import json
import time
from pathlib import Path
from typing import Final

import pytest
from PIL import Image
from redis.asyncio import Redis

from tests.client import Api, Person, until
from tests.faults.conftest import Noted
from tests.photographs import jpeg, photograph
from tests.stack import TestStack

pytestmark = pytest.mark.asyncio(loop_scope="module")

BOMBS_EACH: Final = 25
ATTACKERS: Final = 2
HONEST: Final = 6
READY_MAX_SECONDS: Final = 15.0
FAILED_MAX_SECONDS: Final = 60.0
BROKEN: Final = (b"{", b"[]")
ODD: Final = (b"burn_photo", b"$ne")
POISON: Final = {
    "not-json": BROKEN[0],
    "not-an-object": BROKEN[1],
    "unknown": json.dumps(
        {
            "queue_name": "media",
            "actor_name": "burn_photo",
            "args": [],
            "kwargs": {},
            "options": {"redis_message_id": "unknown"},
            "message_id": "unknown",
            "message_timestamp": 0,
        }
    ).encode(),
    "odd-arguments": json.dumps(
        {
            "queue_name": "media",
            "actor_name": "render_photo",
            "args": [{"$ne": None}],
            "kwargs": {"post": "?"},
            "options": {"redis_message_id": "odd-arguments"},
            "message_id": "odd-arguments",
            "message_timestamp": 0,
        }
    ).encode(),
}


def scan_bomb(scans: int = 20_000) -> bytes:
    """A small progressive JPEG that asks to be gone through again and again: two minutes of CPU."""
    plain = io.BytesIO()
    Image.new("L", (3_000, 3_000), 128).save(plain, "JPEG", progressive=True)
    content = plain.getvalue()
    last = content.rindex(b"\xff\xda")
    return content[:last] + content[last:-2] * scans + b"\xff\xd9"


def memory_bytes(pids: list[int]) -> int:
    """Resident memory of the largest of these processes."""
    return max(
        int(line.split()[1]) * 1024
        for pid in pids
        for line in Path(f"/proc/{pid}/status").read_text().splitlines()
        if line.startswith("VmRSS:")
    )


async def until_one_is_refused(attacker: Person, post_ids: list[str]) -> None:
    """Wait until the slow lane has given one of the bombs all its time."""
    query = "query($ids: [ID!]!) { nodes(ids: $ids) { ... on Post { status failure } } }"

    async def refused() -> bool:
        nodes = (await attacker.ask(query, ids=post_ids))["nodes"]
        failures = {node["failure"] for node in nodes if node["status"] == "FAILED"}
        assert failures <= {"The picture took too long to decode."}
        return bool(failures)

    await until(refused, seconds=FAILED_MAX_SECONDS)


async def test_a_flood_of_bombs_keeps_no_honest_upload_waiting(
    api: Api, stack: TestStack, noted: Noted
) -> None:
    people = await api.sign_up_many(ATTACKERS + HONEST)
    attackers, honest = people[:ATTACKERS], people[ATTACKERS:]
    workers = {name: stack.status()[name].exits for name in ("media", "slow")}
    bomb = scan_bomb()
    sent = await asyncio.gather(
        *(attacker.upload(bomb) for attacker in attackers for _ in range(BOMBS_EACH))
    )
    bombs = [payload["post"]["id"] for payload in sent]
    for person in honest:
        begin = time.monotonic()
        post = await person.publish(photograph("rocket.jpg"), altText="Lift-off")
        noted("an honest photo READY in a flood of bombs", time.monotonic() - begin)
        assert post["status"] == "READY"
        assert time.monotonic() - begin < READY_MAX_SECONDS
        largest = memory_bytes(stack.pids("media") + stack.pids("slow"))
        assert largest < stack.settings.decode_memory_max_bytes
    await until_one_is_refused(attackers[0], bombs[:BOMBS_EACH])
    assert workers == {name: stack.status()[name].exits for name in workers}
    for number, post_id in enumerate(bombs):
        await attackers[number // BOMBS_EACH].delete(post_id)


async def test_poison_among_the_jobs_is_put_aside_and_the_others_are_done(
    api: Api, stack: TestStack
) -> None:
    author = (await api.sign_up_many(1))[0]
    broker = Redis.from_url(stack.settings.broker_url.get_secret_value())
    try:
        exits = stack.status()["media"].exits
        for name, body in POISON.items():
            await broker.hset("photofeed:media.msgs", name, body)
            await broker.rpush("photofeed:media", name)
        torn = await author.upload(jpeg((640, 480))[:9_000])
        post = await author.publish(photograph("rocket.jpg"))
        assert post["status"] == "READY"
        refused = await author.until_processed(torn["post"]["id"])
        assert refused["failure"] == "The file is damaged or incomplete."

        async def dead() -> bool:
            letters = {
                each
                for each in await broker.hvals("photofeed:media.XQ.msgs")
                if isinstance(each, bytes)
            }
            odd = all(any(mark in letter for letter in letters) for mark in ODD)
            return odd and letters >= set(BROKEN)

        await until(dead, seconds=30)
        assert await broker.llen("photofeed:media") == 0
        assert stack.status()["media"].exits == exits
    finally:
        await broker.aclose()
