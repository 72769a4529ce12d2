"""What the bench groups make of what they see, without a stack."""

import asyncio
import json
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve

from docker.local.ports import HOST
from tests.bench.frames import TEXT, Frames, masked, upgrade
from tests.bench.graphs import Viewer
from tests.bench.load import graphql_request
from tests.bench.page_latency import _Case, _checked
from tests.bench.publish_to_subscriber import _p99
from tests.bench.rounds import BenchError
from tests.bench.subscribers import _Arrivals
from tests.live import PROTOCOL

PAGE = 50


def added(post_id: str) -> bytes:
    update = {"__typename": "FeedPostAdded", "cursor": "c", "post": {"id": post_id}}
    return json.dumps(
        {"id": "1", "type": "next", "payload": {"data": {"feedUpdates": update}}}
    ).encode()


def server_frame(payload: bytes) -> bytes:
    client = masked(TEXT, payload) if len(payload) < 1 << 16 else b""
    if not client:
        return bytes((0x81, 127)) + len(payload).to_bytes(8, "big") + payload
    head = client[: len(client) - len(payload) - 4]
    return bytes((head[0], head[1] & 0x7F)) + head[2:] + payload


async def echo(socket: ServerConnection) -> None:
    async for message in socket:
        await socket.send(message)


def lines(capsys: pytest.CaptureFixture[str]) -> list[Any]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def page(post_ids: list[str]) -> bytes:
    feed = {
        "edges": [{"node": {"id": post_id}} for post_id in post_ids],
        "pageInfo": {"hasNextPage": True, "endCursor": post_ids[-1]},
    }
    return json.dumps({"data": {"feed": feed}}).encode()


def test_a_post_is_told_of_once_all_subscribers_have_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    arrivals = _Arrivals(subscribers=2)
    arrivals.note(0, added("a"))
    arrivals.note(0, added("b"))
    assert lines(capsys) == []
    arrivals.note(1, added("b"))
    (line,) = lines(capsys)
    assert (line["post"], line["message"]) == ("b", added("b").decode())
    assert line["first"] <= line["last"]


@pytest.mark.parametrize("again", [added("a"), added("a").replace(b"FeedPostAdded", b"FeedGap")])
def test_what_comes_twice_and_what_is_no_post_is_unexpected(
    again: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    arrivals = _Arrivals(subscribers=2)
    arrivals.note(0, added("a"))
    arrivals.note(0, again)
    (line,) = lines(capsys)
    assert again.decode() in line["unexpected"]


def test_frames_are_cut_wherever_their_bytes_come_apart() -> None:
    payloads = [b"", b"a" * 125, b"b" * 126, b"c" * 70_000]
    sent = b"".join(server_frame(payload) for payload in payloads)
    for size in (1, 2, 3, 1_000, len(sent)):
        frames = Frames()
        pieces = (sent[at : at + size] for at in range(0, len(sent), size))
        found = [frame for piece in pieces for frame in frames.feed(piece)]
        assert found == [(TEXT, payload) for payload in payloads]


@pytest.mark.parametrize("size", [0, 125, 126, 3_000])
async def test_what_a_client_sends_is_read_by_a_real_server(size: int) -> None:
    text = b"x" * size
    async with serve(echo, HOST, 0, subprotocols=[PROTOCOL]) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        reader, writer = await asyncio.open_connection(HOST, port)
        writer.write(upgrade("/", PROTOCOL) + masked(TEXT, text))
        assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
        frames, found = Frames(), list[tuple[int, bytes]]()
        while not found:
            found += frames.feed(await reader.read(1 << 16))
        writer.close()
    assert found == [(TEXT, text)]


def test_the_99th_percentile_leaves_out_the_slowest_of_a_hundred() -> None:
    assert _p99([float(number) for number in range(101)]) == 99.0


def test_a_request_says_how_long_its_body_is() -> None:
    head, _, body = graphql_request("token", "{ viewer { id } }", first=1).partition(b"\r\n\r\n")
    assert f"Content-Length: {len(body)}".encode() in head
    assert b"Authorization: Bearer token" in head
    assert json.loads(body) == {"query": "{ viewer { id } }", "variables": {"first": 1}}


def test_only_the_posts_that_a_page_has_to_have_are_right() -> None:
    post_ids = [f"post {number}" for number in range(3 * PAGE)]
    viewer = Viewer(id=1, token="token", post_ids=tuple(post_ids))
    case = _Case(name="second", viewer=viewer, page=2)
    assert _checked(case, page(post_ids[PAGE : 2 * PAGE])) == post_ids[2 * PAGE - 1]
    with pytest.raises(BenchError, match="second: 50 posts, and 1 are missing"):
        _checked(case, page(post_ids[PAGE - 1 : 2 * PAGE - 1]))
