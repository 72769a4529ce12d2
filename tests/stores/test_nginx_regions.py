"""What the CDN makes of two regions, each of which has a photo, has it not, or cannot tell."""

import itertools
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from secrets import token_hex
from typing import Final

import httpx2
import pytest

from docker.local.ports import HOST
from tests.stores.gateways import Edge, running_edge
from tests.stores.origins import CHANGED, CLOSES, HANGS, PHOTO, SHORT, photo_of

REDIRECTS: Final = 301
HOMES: Final = (CHANGED, PHOTO, 404, 403, 410, REDIRECTS, 500, 503, CLOSES, HANGS)
REPLICAS: Final = (PHOTO, 404, 403, REDIRECTS, 500, CLOSES, HANGS)
ABSENT: Final = (404, 403, 410)
FRESH_SECONDS: Final = 3
ABSENT_SECONDS: Final = 2
QUICK: Final = {
    "proxy_cache_valid 200 30s": f"proxy_cache_valid 200 {FRESH_SECONDS}s",
    "max_fails=2": "max_fails=0",
}
KEPT: Final = ("fresh", "expired", "nothing")


@dataclass(frozen=True, kw_only=True)
class Case:
    """How each region answers, and what the CDN has kept of the photo by then."""

    home: int | str
    replica: int | str
    kept: str
    key: str

    @property
    def expected(self) -> tuple[int, set[str]]:
        """The status that it has to be, and where from."""
        if self.kept == "fresh":
            return 200, {"HIT"}
        if self.home in {CHANGED, PHOTO}:
            return 200, {"MISS", "EXPIRED", "REVALIDATED"}
        if self.replica == PHOTO:
            return 200, {"MISS", "EXPIRED", "REVALIDATED"}
        if self.home in ABSENT or self.replica in ABSENT:
            return 404, {"MISS", "EXPIRED", "HIT"}
        if self.kept == "expired" and self.replica != REDIRECTS:
            return 200, {"STALE"}
        return 503, {"MISS", "EXPIRED"}

    def at(self, region: str) -> str:
        """The object's path in a region's store."""
        return f"/photofeed-{region}/{self.key}"


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    with running_edge(tmp_path_factory.mktemp("edge"), changes=QUICK) as edge:
        yield edge


def new_key() -> str:
    return f"renditions/{token_hex(8)}/{token_hex(8)}/320.webp"


def tell(edge: Edge, case: Case, home: int | str, replica: int | str) -> None:
    edge.origins["eu"].answers[case.at("eu")] = home
    edge.origins["us"].answers[case.at("us")] = replica


def is_right(case: Case, answer: httpx2.Response) -> bool:
    """Whether the answer is the photo, or else a refusal of our own."""
    if answer.status_code == 200:
        return answer.content in {photo_of(case.at("eu")), photo_of(case.at("us"))}
    told = answer.json()["errors"][0]["extensions"]["code"]
    return (
        answer.headers["cache-control"] == "no-store"
        and answer.headers["content-type"] == "application/json"
        and told == {404: "NOT_FOUND", 503: "SERVICE_UNAVAILABLE"}[answer.status_code]
    )


def wait_until_expired(since: float, seconds: float) -> None:
    """nginx counts whole seconds."""
    while time.monotonic() < since + seconds + 1.1:
        time.sleep(0.05)


def test_a_photo_outlives_regions_that_are_away_but_never_its_deletion(edge: Edge) -> None:
    cases = [
        Case(home=home, replica=replica, kept=kept, key=new_key())
        for home, replica, kept in itertools.product(HOMES, REPLICAS, KEPT)
    ]
    with ThreadPoolExecutor(32) as pool, httpx2.Client(timeout=20) as client:

        def asked(some: list[Case]) -> Iterator[tuple[Case, httpx2.Response]]:
            urls = (f"http://{HOST}:{edge.port}/eu/{case.key}" for case in some)
            return zip(some, pool.map(client.get, urls), strict=True)

        def keep(kept: str) -> float:
            some = [case for case in cases if case.kept == kept]
            for case in some:
                tell(edge, case, PHOTO, PHOTO)
            assert {answer.status_code for _, answer in asked(some)} == {200}
            return time.monotonic()

        wait_until_expired(keep("expired"), FRESH_SECONDS)
        keep("fresh")
        for case in cases:
            tell(edge, case, case.home, case.replica)
        seen = dict(asked(sorted(cases, key=lambda case: KEPT.index(case.kept))))
        for case, answer in seen.items():
            status, where = case.expected
            assert (answer.status_code, is_right(case, answer)) == (status, True), case
            assert answer.headers["x-cache"] in where, case

        gone = [case for case, answer in seen.items() if answer.status_code == 404]
        wait_until_expired(time.monotonic(), ABSENT_SECONDS)
        for case in cases:
            tell(edge, case, CLOSES, CLOSES)
        for case, answer in asked(cases):
            assert is_right(case, answer), case
            assert answer.status_code == 200 or case in gone or seen[case].status_code == 503, case
            assert answer.status_code != 200 or case not in gone, case

        kept = b"".join(file.read_bytes() for file in edge.cache.rglob("*") if file.is_file())
        assert not [case for case in gone if photo_of(case.at("eu")) in kept]
        assert not [case for case in gone if photo_of(case.at("us")) in kept]

        for case in gone:
            tell(edge, case, PHOTO, 404)
        assert {answer.status_code for _, answer in asked(gone)} == {200}
