"""What the bench groups make of what they see, without a stack."""

import json
from typing import Any

import pytest

from tests.bench.graphs import Viewer
from tests.bench.load import graphql_request
from tests.bench.page_latency import _Case, _checked
from tests.bench.publish_to_subscriber import _p99
from tests.bench.rounds import BenchError
from tests.bench.subscribers import _Arrivals

PAGE = 50


def added(post_id: str) -> str:
    update = {"__typename": "FeedPostAdded", "cursor": "c", "post": {"id": post_id}}
    return json.dumps({"id": "1", "type": "next", "payload": {"data": {"feedUpdates": update}}})


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
    assert (line["post"], line["message"]) == ("b", added("b"))
    assert line["first"] <= line["last"]


@pytest.mark.parametrize("again", [added("a"), added("a").replace("FeedPostAdded", "FeedGap")])
def test_what_comes_twice_and_what_is_no_post_is_unexpected(
    again: str, capsys: pytest.CaptureFixture[str]
) -> None:
    arrivals = _Arrivals(subscribers=2)
    arrivals.note(0, added("a"))
    arrivals.note(0, again)
    (line,) = lines(capsys)
    assert again in line["unexpected"]


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
