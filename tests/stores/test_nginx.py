"""The load balancer and the CDN, as nginx really does them, before real object stores."""

import io
import json
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from secrets import token_hex

import httpx2
import pytest

from app.images.store import ObjectStores
from tests.stack import TestStack

IMAGE = bytes(range(256)) * 64
IMMUTABLE = "public, max-age=31536000, immutable"


class Photos:
    """Renditions in the stores of both regions."""

    def __init__(self, servers: TestStack) -> None:
        self.stores = ObjectStores.from_settings(servers.settings)
        for region in servers.settings.object_stores:
            self.stores.prepare(region)

    def put(self, *regions: str, width: int = 320) -> str:
        """Store a new rendition in these regions; its key."""
        key = f"renditions/{token_hex(8)}/{token_hex(8)}/{width}.webp"
        for region in regions:
            self.stores.put(
                region, key, io.BytesIO(IMAGE), byte_size=len(IMAGE), content_type="image/webp"
            )
        return key


@pytest.fixture(scope="module")
def photos(servers: TestStack) -> Photos:
    return Photos(servers)


@pytest.fixture
def cdn(servers: TestStack) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=servers.cdn_url, timeout=20) as client:
        yield client


@pytest.fixture
def gateway(servers: TestStack) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=servers.gateway_url, timeout=20) as client:
        yield client


def code(response: httpx2.Response) -> str:
    assert response.headers["content-type"] == "application/json"
    return str(json.loads(response.content)["errors"][0]["extensions"]["code"])


def test_image_is_fetched_once_and_served_for_good(photos: Photos, cdn: httpx2.Client) -> None:
    key = photos.put("eu")
    first, second = cdn.get(f"/eu/{key}"), cdn.get(f"/eu/{key}")
    assert [r.headers["x-cache"] for r in (first, second)] == ["MISS", "HIT"]
    for response in (first, second):
        assert response.status_code == 200
        assert response.content == IMAGE
        assert response.headers["content-type"] == "image/webp"
        assert response.headers["cache-control"] == IMMUTABLE
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["content-security-policy"] == "default-src 'none'; sandbox"
        assert response.headers["cross-origin-resource-policy"] == "cross-origin"
        assert response.headers["access-control-allow-origin"] == "*"


def test_nothing_of_the_store_but_validators_gets_out(photos: Photos, cdn: httpx2.Client) -> None:
    response = cdn.get(f"/eu/{photos.put('eu')}")
    assert set(response.headers) == {
        *("server", "date", "content-type", "content-length", "connection", "last-modified"),
        *("etag", "accept-ranges", "cache-control", "x-cache", "x-content-type-options"),
        *("content-security-policy", "cross-origin-resource-policy"),
        *("access-control-allow-origin", "access-control-expose-headers", "timing-allow-origin"),
    }


def test_many_at_once_cost_the_store_one_request(photos: Photos, cdn: httpx2.Client) -> None:
    key = photos.put("eu")
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: cdn.get(f"/eu/{key}"), range(40)))
    assert {r.status_code for r in answers} == {200}
    assert [r.headers["x-cache"] for r in answers].count("MISS") == 1


def test_a_part_of_an_image_can_be_asked_for(photos: Photos, cdn: httpx2.Client) -> None:
    key = photos.put("eu")
    for _ in ("miss", "hit"):
        part = cdn.get(f"/eu/{key}", headers={"Range": "bytes=10-19"})
        assert (part.status_code, part.content) == (206, IMAGE[10:20])
        assert part.headers["cache-control"] == IMMUTABLE
    beyond = cdn.get(f"/eu/{key}", headers={"Range": f"bytes={len(IMAGE)}-"})
    assert beyond.status_code == 416
    assert "no-store" in beyond.headers["cache-control"]


def test_a_device_that_has_the_image_gets_304(photos: Photos, cdn: httpx2.Client) -> None:
    key = photos.put("eu")
    etag = cdn.get(f"/eu/{key}").headers["etag"]
    again = cdn.get(f"/eu/{key}", headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["cache-control"] == IMMUTABLE


def test_headers_and_queries_change_nothing(photos: Photos, cdn: httpx2.Client) -> None:
    key = photos.put("eu")
    odd = {"Host": "evil.example", "Cookie": "a=b", "Accept-Encoding": "gzip", "X-Amz-Date": "1"}
    odd |= {"Authorization": "AWS4-HMAC-SHA256 Credential=x", "X-Forwarded-Host": "evil.example"}
    poisoned = cdn.get(f"/eu/{key}?response-content-type=text/html&acl", headers=odd)
    plain = cdn.get(f"/eu/{key}")
    assert poisoned.content == plain.content == IMAGE
    assert poisoned.headers["content-type"] == plain.headers["content-type"] == "image/webp"
    assert plain.headers["x-cache"] == "HIT"


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/eu/",
        "/eu/originals/0123456789abcdef",
        "/eu/renditions/0123456789abcdef/",
        "/eu/renditions/0123456789abcdef/0123456789abcdef/320.webp.css",
        "/eu/renditions/0123456789abcdef/0123456789abcdef/320.svg",
        "/eu/renditions/0123456789ABCDEF/0123456789abcdef/320.webp",
        "/eu/renditions/../originals/0123456789abcdef/0123456789abcdef/320.webp",
        "/eu/%2e%2e/photofeed-us/renditions/0123456789abcdef/0123456789abcdef/320.webp",
        "/mars/renditions/0123456789abcdef/0123456789abcdef/320.webp",
        "/photofeed-eu/renditions/0123456789abcdef/0123456789abcdef/320.webp",
        "/_error",
    ],
)
def test_nothing_but_renditions_can_be_reached(cdn: httpx2.Client, path: str) -> None:
    refused = cdn.get(path)
    assert (refused.status_code, code(refused)) == (404, "NOT_FOUND")
    assert refused.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_the_cdn_only_reads(photos: Photos, cdn: httpx2.Client, method: str) -> None:
    refused = cdn.request(method, f"/eu/{photos.put('eu')}")
    assert (refused.status_code, code(refused)) == (405, "METHOD_NOT_ALLOWED")
    assert refused.headers["allow"] == "GET, HEAD, OPTIONS"


def test_nobody_lists_or_writes_through_the_cdn(photos: Photos, cdn: httpx2.Client) -> None:
    key = photos.put("eu")
    for query in ("?uploads", "?acl", "?policy", "?versions", "?list-type=2", "?delete"):
        assert cdn.get(f"/eu/{key}{query}").content == IMAGE
        assert cdn.get(f"/eu/{query}").status_code == 404


def test_an_image_that_appears_is_found_soon(photos: Photos, cdn: httpx2.Client) -> None:
    key = photos.put()
    missing = cdn.get(f"/eu/{key}")
    assert (missing.status_code, code(missing)) == (404, "NOT_FOUND")
    photos.stores.put("eu", key, io.BytesIO(IMAGE), byte_size=len(IMAGE), content_type="image/webp")
    deadline = time.monotonic() + 6
    while cdn.get(f"/eu/{key}").status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_the_replica_answers_for_a_region_that_lost_an_image(
    photos: Photos, cdn: httpx2.Client
) -> None:
    answer = cdn.get(f"/eu/{photos.put('us')}")
    assert (answer.status_code, answer.content) == (200, IMAGE)


@pytest.mark.parametrize("broken", [signal.SIGKILL, signal.SIGSTOP])
def test_the_replica_answers_for_a_region_that_is_away(
    servers: TestStack, photos: Photos, cdn: httpx2.Client, broken: signal.Signals
) -> None:
    keys = [photos.put("eu", "us") for _ in range(6)]
    cached = photos.put("eu", "us")
    cdn.get(f"/eu/{cached}")
    if broken == signal.SIGKILL:
        servers.stop("store-eu")
    else:
        servers.kill("store-eu", broken)
    try:
        seconds = []
        for key in keys:
            begin = time.monotonic()
            assert cdn.get(f"/eu/{key}").content == IMAGE
            seconds.append(time.monotonic() - begin)
        assert cdn.get(f"/eu/{cached}").headers["x-cache"] == "HIT"
    finally:
        if broken == signal.SIGKILL:
            servers.start("store-eu")
        else:
            servers.kill("store-eu", signal.SIGCONT)
        servers.wait_until_ready("store-eu")
    # Two misses find out that the region hangs; the others do not wait for it.
    assert max(seconds) < 1.5, seconds
    assert sorted(seconds)[-3] < 0.5, seconds


def test_a_deletion_is_final_within_a_minute(photos: Photos, cdn: httpx2.Client) -> None:
    key = photos.put("eu", "us")
    assert cdn.get(f"/eu/{key}").status_code == 200
    for region in ("eu", "us"):
        photos.stores.remove(region, key)
    begin = time.monotonic()
    while cdn.get(f"/eu/{key}").status_code != 404:
        assert time.monotonic() < begin + 40
        time.sleep(0.5)
    assert {cdn.get(f"/eu/{key}").status_code for _ in range(20)} == {404}


def test_the_load_balancer_has_few_doors(gateway: httpx2.Client) -> None:
    for path in ("/admin", "/graphql/", "/graphql/x", "/_error", "/readyz/"):
        refused = gateway.get(path)
        assert (refused.status_code, code(refused)) == (404, "NOT_FOUND"), path


def test_the_load_balancer_refuses_in_json(gateway: httpx2.Client) -> None:
    large = gateway.post("/graphql", content=b"x" * (25 * 1024**2))
    assert (large.status_code, code(large)) == (413, "PAYLOAD_TOO_LARGE")
    long = gateway.get(f"/graphql?query={'x' * 40_000}")
    assert (long.status_code, code(long)) == (414, "URI_TOO_LONG")
    headers = gateway.get("/graphql", headers={"X-Large": "x" * 40_000})
    assert (headers.status_code, code(headers)) == (431, "HEADERS_TOO_LARGE")


def test_without_the_api_the_answer_is_json(gateway: httpx2.Client, servers: TestStack) -> None:
    running = [n for n in ("api-1", "api-2") if servers.status()[n].state == "RUNNING"]
    for name in running:
        servers.stop(name)
    away = gateway.post("/graphql", json={"query": "{ __typename }"})
    for name in running:
        servers.start(name)
    assert (away.status_code, code(away)) == (502, "BAD_GATEWAY")
    assert away.headers["x-request-id"]
