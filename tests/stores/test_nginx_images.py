"""What the CDN lets through to a store, what comes back out, and what it writes down of both."""

import json
import time
from http import HTTPStatus
from secrets import token_hex
from typing import Any, Final

import httpx2

from docker.local.ports import HOST
from tests.stores.gateways import Edge
from tests.stores.origins import ETAG, LAST_MODIFIED
from tests.stores.photos_at_the_edge import edge, http, key, photo

__all__ = ["edge", "http", "key"]

HANGS_UP: Final = 408
"""Of a store that says so nginx thinks that the viewer is meant, and hangs up."""

IMMUTABLE: Final = "public, max-age=31536000, immutable"
OURS: Final = {
    *("server", "date", "content-type", "content-length", "connection", "cache-control"),
    *("access-control-allow-origin", "access-control-expose-headers", "timing-allow-origin"),
    *("content-security-policy", "cross-origin-resource-policy", "x-content-type-options"),
    "x-cache",
}
VALIDATORS: Final = {"etag", "last-modified", "accept-ranges"}
HOSTILE: Final = {
    "Cookie": "a=b",
    "Authorization": "AWS4-HMAC-SHA256 x",
    "Host": "evil.example",
    "Accept": "text/html",
    "Accept-Encoding": "br, gzip",
    "X-Amz-Date": "20261125T000000Z",
    "Cache-Control": "no-cache",
    "Pragma": "no-cache",
    "X-Forwarded-Host": "evil.example",
    "X-HTTP-Method-Override": "DELETE",
    "X-Original-URL": "/",
    "Range": "bytes=0-1",
    "If-None-Match": '"x"',
    "If-Modified-Since": "Wed, 21 Oct 2015 07:28:00 GMT",
    "X-Amz-Security-Token": "x",
    "Origin": "https://evil.example",
    "TE": "trailers",
    "Referer": "https://evil.example/secret",
    "User-Agent": "secret",
}
QUERIES: Final = (
    *("?", "?acl", "?versions", "?uploads", "?response-content-type=text/html", "?versionId=1"),
    *("?X-Amz-Signature=secret&X-Amz-Credential=secret", "?/../../originals", "?%0d%0aX: y"),
)


def logged(edge: Edge, key: str) -> list[dict[str, Any]]:
    """What was written down of the requests for a rendition, once it was."""
    deadline = time.monotonic() + 5
    while not (lines := [line for line in edge.log.splitlines() if key in line]):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return [json.loads(line) for line in lines]


def test_nothing_of_a_request_but_its_path_reaches_a_store(edge: Edge, http: httpx2.Client) -> None:
    for query in QUERIES:
        key = f"renditions/{token_hex(8)}/{token_hex(8)}/320.webp"
        http.get(f"/eu/{key}{query}", headers=HOSTILE)
        (request,) = edge.origins["eu"].asked[f"/photofeed-eu/{key}"]
        assert request.line == f"GET /photofeed-eu/{key} HTTP/1.1"
        assert dict(request.headers) == {"Host": "store"}
        plain = http.get(f"/eu/{key}")
        assert (plain.content, plain.headers["x-cache"]) == (photo(key), "HIT")
        assert plain.headers["content-type"] == "image/webp"


def test_nothing_of_an_answer_but_the_image_and_its_validators_gets_out(
    http: httpx2.Client, key: str
) -> None:
    for where in ("MISS", "HIT"):
        whole = http.get(f"/eu/{key}")
        assert set(whole.headers) == OURS | VALIDATORS
        assert (whole.headers["etag"], whole.headers["last-modified"]) == (ETAG, LAST_MODIFIED)
        assert whole.headers["x-cache"] == where
        assert whole.headers["server"] == "nginx"
        assert whole.headers["cache-control"] == IMMUTABLE
        assert whole.headers["timing-allow-origin"] == "*"
    refused = http.get("/eu/elsewhere")
    assert set(refused.headers) == OURS - {"x-cache"}


def test_no_refusal_of_a_store_gets_out(edge: Edge, http: httpx2.Client) -> None:
    for status in {int(status) for status in HTTPStatus if status >= 300} - {304, HANGS_UP}:
        key = f"renditions/{token_hex(8)}/{token_hex(8)}/320.webp"
        edge.origins["eu"].answers[f"/photofeed-eu/{key}"] = status
        edge.origins["us"].answers[f"/photofeed-us/{key}"] = status
        refused = http.get(f"/eu/{key}")
        assert refused.status_code in {404, 405, 413, 416, 503}, status
        assert set(refused.headers) <= OURS | {"retry-after", "allow", "expires"}, status
        assert refused.headers["cache-control"].endswith("no-store"), status
        assert "secret" not in refused.text


def test_what_was_asked_is_written_down_without_queries_or_secrets(
    edge: Edge, http: httpx2.Client, key: str
) -> None:
    http.get(f"/eu/{key}?token=secret", headers=HOSTILE | {"X-Request-Id": "mine-12345678"})
    http.get(f"/eu/{key}?token=secret")
    miss, hit = logged(edge, key)
    assert (miss["cache"], hit["cache"]) == ("MISS", "HIT")
    for line in (miss, hit):
        assert (line["server"], line["method"], line["status"]) == (
            "cdn",
            "GET",
            200 + 6 * (line is miss),
        )
        assert (line["region"], line["key"], line["path"]) == ("eu", key, f"/eu/{key}")
        assert line["bytes"] == (2 if line is miss else len(photo(key)))
    assert float(miss["upstream_seconds"]) >= 0
    assert (miss["upstream"], miss["upstream_status"]) == (
        f"{HOST}:{edge.ports['store-eu']}",
        "200",
    )
    assert (hit["upstream"], hit["upstream_seconds"]) == ("", "")
    assert miss["request_id"] == "mine-12345678"
    assert "secret" not in edge.log.replace("/secret", "")
