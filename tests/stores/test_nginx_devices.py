"""What devices and pages may ask of an image: its head, parts of it, whether it is another now."""

from http.client import IncompleteRead
from typing import Final

import httpx2
import pytest

from tests.stores.gateways import Edge
from tests.stores.origins import ETAG, LAST_MODIFIED, SHORT
from tests.stores.photos_at_the_edge import edge, http, key, photo, times_asked
from tests.wire import answer_to

__all__ = ["edge", "http", "key"]

IMMUTABLE: Final = "public, max-age=31536000, immutable"


def test_asking_for_the_head_has_the_whole_image_kept(
    edge: Edge, http: httpx2.Client, key: str
) -> None:
    head = http.head(f"/eu/{key}")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(photo(key)))
    whole = http.get(f"/eu/{key}")
    assert (whole.content, whole.headers["x-cache"]) == (photo(key), "HIT")
    assert times_asked(edge, key) == 1


@pytest.mark.parametrize(
    ("asked", "parts"),
    [
        ("bytes=0-9", [(0, 10)]),
        ("bytes=10-", [(10, None)]),
        ("bytes=-7", [(-7, None)]),
        ("bytes=0-1,5-8", [(0, 2), (5, 9)]),
        ("bytes=0-0,2-2,4-4,6-6,8-8", [(0, None)]),
        ("bytes=0-,0-,0-", [(0, None)]),
        ("lines=1-2", [(0, None)]),
    ],
)
def test_parts_of_an_image_can_be_asked_for(
    http: httpx2.Client, key: str, asked: str, parts: list[tuple[int, int | None]]
) -> None:
    """Too many parts, or more than the whole, are the whole; several are, of what is not kept."""
    for where in ("MISS", "HIT"):
        answer = http.get(f"/eu/{key}", headers={"Range": asked})
        assert answer.headers["x-cache"] == where
        assert answer.headers["cache-control"] == IMMUTABLE
        if parts == [(0, None)] or (len(parts) > 1 and where == "MISS"):
            assert (answer.status_code, answer.content) == (200, photo(key))
        elif len(parts) == 1:
            ((begin, end),) = parts
            assert (answer.status_code, answer.content) == (206, photo(key)[begin:end])
        else:
            assert answer.status_code == 206
            assert answer.headers["content-type"].startswith("multipart/byteranges")
            found = [
                part.partition(b"\r\n\r\n")[2] for part in answer.content.split(b"\r\n--")[1:-1]
            ]
            assert found == [photo(key)[begin:end] for begin, end in parts]


def test_a_range_beyond_the_image_is_refused_and_not_kept(http: httpx2.Client, key: str) -> None:
    for _ in ("miss", "hit"):
        beyond = http.get(f"/eu/{key}", headers={"Range": "bytes=1000000-"})
        assert beyond.status_code == 416
        assert beyond.headers["content-range"] == f"bytes */{len(photo(key))}"
        assert "no-store" in beyond.headers["cache-control"]
        assert beyond.json()["errors"][0]["extensions"] == {"code": "RANGE_NOT_SATISFIABLE"}


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        ({"If-None-Match": ETAG}, 304),
        ({"If-None-Match": f'"x", W/{ETAG}'}, 304),
        ({"If-None-Match": "*"}, 304),
        ({"If-None-Match": '"x"'}, 200),
        ({"If-Modified-Since": LAST_MODIFIED}, 304),
        ({"If-Modified-Since": "Wed, 21 Oct 2015 07:28:00 GMT"}, 200),
        ({"If-None-Match": '"x"', "If-Modified-Since": LAST_MODIFIED}, 200),
        ({"If-Range": ETAG, "Range": "bytes=0-1"}, 206),
        ({"If-Range": '"x"', "Range": "bytes=0-1"}, 200),
    ],
)
def test_a_device_that_has_the_image_need_not_get_it_again(
    http: httpx2.Client, key: str, condition: dict[str, str], status: int
) -> None:
    for where in ("MISS", "HIT"):
        answer = http.get(f"/eu/{key}", headers=condition)
        assert (answer.status_code, answer.headers["x-cache"]) == (status, where)
        assert (answer.headers["etag"], answer.headers["cache-control"]) == (ETAG, IMMUTABLE)


def test_pages_of_any_origin_may_fetch_images(http: httpx2.Client, key: str) -> None:
    asks = {"Origin": "https://app.example.org", "Access-Control-Request-Method": "GET"}
    leave = http.options(f"/eu/{key}", headers=asks)
    assert (leave.status_code, leave.content) == (204, b"")
    assert leave.headers["access-control-allow-origin"] == "*"
    assert leave.headers["access-control-allow-methods"] == "GET, HEAD"
    assert {"range", "if-none-match"} <= {
        name.strip().lower() for name in leave.headers["access-control-allow-headers"].split(",")
    }
    image = http.get(f"/eu/{key}", headers={"Origin": "https://app.example.org"})
    assert image.headers["access-control-allow-origin"] == "*"
    assert {"vary", "access-control-allow-methods"}.isdisjoint(image.headers)
    assert http.options("/eu/elsewhere", headers=asks).status_code == 404


def test_half_an_image_is_recognised_and_not_kept(
    edge: Edge, http: httpx2.Client, key: str
) -> None:
    origin = edge.origins["eu"]
    origin.answers[f"/photofeed-eu/{key}"] = SHORT
    for _ in range(2):
        with pytest.raises(IncompleteRead):
            answer_to(edge.port, f"GET /eu/{key} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    del origin.answers[f"/photofeed-eu/{key}"]
    whole = http.get(f"/eu/{key}")
    assert (whole.content, whole.headers["x-cache"]) == (photo(key), "MISS")
