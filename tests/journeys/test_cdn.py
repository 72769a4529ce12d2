"""The CDN answers for renditions as caches expect it to, and knows nothing else."""

import time
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from schema.nodes import read_global_id
from tests.client import Api, Person, until
from tests.photographs import photograph
from tests.stack import TestStack

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.both_stores]

GONE_MAX_SECONDS = 60.0
IMMUTABLE = "public, max-age=31536000, immutable"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def author(api: Api) -> Person:
    return await api.sign_up("author")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def post(author: Person) -> AsyncIterator[Any]:
    yield await author.publish(photograph("coffee.png"))


def url_of(post: Any, width_px: int = 600, image_format: str = "WEBP") -> str:
    """The address of one rendition."""
    wanted = (width_px, image_format)
    variants = post["image"]["variants"]
    return next(str(v["url"]) for v in variants if (v["width"], v["format"]) == wanted)


async def test_the_first_who_asks_is_answered_from_the_cache(
    author: Person, http: httpx2.AsyncClient
) -> None:
    async def warmed() -> Any:
        """A post whose edge had a second for it, which a busy machine may not have."""
        post = await author.publish(photograph("coffee.png"))
        answers = [await http.head(variant["url"]) for variant in post["image"]["variants"]]
        return post if {answer.headers["x-cache"] for answer in answers} == {"HIT"} else None

    post = await until(warmed)
    first, second = [await http.get(url_of(post, 320)) for _ in range(2)]
    assert [first.headers["x-cache"], second.headers["x-cache"]] == ["HIT", "HIT"]
    assert first.content == second.content
    for answer in (first, second):
        assert answer.headers["cache-control"] == IMMUTABLE
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["etag"] == first.headers["etag"]
        assert answer.headers["timing-allow-origin"] == "*"
        assert "set-cookie" not in answer.headers


async def test_neither_query_strings_nor_headers_make_a_difference(
    post: Any, http: httpx2.AsyncClient
) -> None:
    plain = await http.get(url_of(post))
    for query, headers in (
        ("?", {}),
        ("?width=9999&X-Amz-Signature=0", {}),
        ("", {"Accept": "text/html", "Accept-Encoding": "br", "Cookie": "a=b"}),
        ("", {"Authorization": "Bearer nobody", "Host": "elsewhere.example"}),
        ("", {"Cache-Control": "no-cache", "Pragma": "no-cache", "X-Forwarded-Host": "evil"}),
    ):
        answer = await http.get(url_of(post) + query, headers=headers)
        assert (answer.status_code, answer.content) == (200, plain.content)
        assert answer.headers["x-cache"] == "HIT"


async def test_heads_ranges_and_conditions_are_understood(
    post: Any, http: httpx2.AsyncClient
) -> None:
    url = url_of(post, image_format="JPEG")
    whole = await http.get(url)

    head = await http.head(url)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(whole.content))
    assert head.headers["content-type"] == "image/jpeg"

    part = await http.get(url, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, whole.content[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(whole.content)}"
    beyond = await http.get(url, headers={"Range": f"bytes={len(whole.content)}-"})
    assert beyond.status_code == 416

    unchanged = await http.get(url, headers={"If-None-Match": whole.headers["etag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    changed = await http.get(url, headers={"If-None-Match": '"another"'})
    assert (changed.status_code, changed.content) == (200, whole.content)


async def test_a_rendition_cannot_be_written_or_deleted(
    post: Any, http: httpx2.AsyncClient
) -> None:
    url = url_of(post)
    for method in ("PUT", "POST", "DELETE", "PATCH"):
        assert (await http.request(method, url, content=b"evil")).status_code == 405
    assert (await http.get(url)).status_code == 200


async def test_originals_are_out_of_reach(
    post: Any, http: httpx2.AsyncClient, stack: TestStack
) -> None:
    node = read_global_id(post["id"])
    assert node is not None
    number = f"{node[1]:016x}"
    region = stack.settings.region
    bucket = stack.settings.bucket(region)
    folder = f"originals/{number}"
    sha256 = post["image"]["variants"][0]["sha256"]
    rendition = url_of(post).removeprefix(f"{stack.cdn_url}/{region}/")
    for path in (
        f"{region}/{folder}/{sha256[:16]}",
        f"{region}/{folder}/",
        f"{region}/{folder}/{sha256[:16]}.webp",
        f"{region}/{folder}/{sha256[:16]}/600.webp",
        f"{region}/renditions/../{folder}/{sha256[:16]}",
        f"{region}/renditions/%2e%2e/{folder}/{sha256[:16]}",
        f"{region}/renditions/..%2f{folder}/{sha256[:16]}",
        f"{region}/{bucket}/{folder}/{sha256[:16]}",
        f"{bucket}/{folder}/{sha256[:16]}",
        f"{bucket}/{rendition}",
        f"{region}/{rendition}/",
        f"{region}/",
        "",
    ):
        for host in (stack.cdn_url, stack.gateway_url):
            answer = await http.get(f"{host}/{path}")
            is_page = host == stack.gateway_url and not path
            assert answer.status_code in ((200,) if is_page else (400, 404)), (host, path)


async def test_what_is_not_there_is_not_found(
    post: Any, http: httpx2.AsyncClient, stack: TestStack
) -> None:
    region = stack.settings.region
    existing = url_of(post).removeprefix(f"{stack.cdn_url}/{region}/")
    for path in (
        f"{region}/renditions/{'0' * 16}/{'0' * 16}/320.webp",
        f"{region}/{existing.replace('600.webp', '601.webp')}",
        f"{region}/{existing.replace('600.webp', '600.avif')}",
        f"mars/{existing}",
        f"{region.upper()}/{existing}",
        f"{region}/{existing.upper()}",
        f"{region}/{existing}.html",
        "robots.txt",
    ):
        answer = await http.get(f"{stack.cdn_url}/{path}")
        assert answer.status_code == 404, path
        assert answer.headers["cache-control"] == "no-store"
        assert answer.json()["errors"][0]["extensions"]["code"] == "NOT_FOUND"


async def test_a_deleted_photo_is_gone_from_the_cdn_within_a_minute(
    author: Person, http: httpx2.AsyncClient
) -> None:
    post = await author.publish(photograph("chelsea.png"))
    urls = [variant["url"] for variant in post["image"]["variants"]]
    for url in urls:
        assert (await http.get(url)).status_code == 200
    await author.delete(post["id"])
    deleted_at = time.monotonic()

    async def gone() -> bool:
        answers = [await http.get(url) for url in urls]
        return all(answer.status_code == 404 for answer in answers)

    await until(gone, seconds=GONE_MAX_SECONDS - (time.monotonic() - deleted_at))
    assert await gone()
