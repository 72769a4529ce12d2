"""What the CDN makes of two regions, each of which has a photo, has it not, or cannot tell."""

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
from tests.stores.origins import (
    CHANGED,
    CLOSES,
    ETAG,
    HANGS,
    LAST_MODIFIED,
    PHOTO,
    Answer,
    photo_of,
)

REDIRECTS: Final = 301
HOMES: Final[tuple[Answer, ...]] = (
    CHANGED,
    PHOTO,
    404,
    403,
    410,
    REDIRECTS,
    500,
    503,
    CLOSES,
    HANGS,
)
REPLICAS: Final[tuple[Answer, ...]] = (PHOTO, 404, 403, REDIRECTS, 500, CLOSES, HANGS)
ABSENT: Final = (404, 403, 410)
FRESH_SECONDS: Final = 3
ABSENT_SECONDS: Final = 2
BACK_MAX_SECONDS: Final = 10.0
QUICK: Final = {
    "proxy_cache_valid 200 30s": f"proxy_cache_valid 200 {FRESH_SECONDS}s",
    "max_fails=2": "max_fails=0",
    "proxy_read_timeout 1s": "proxy_read_timeout 2s",
}
KEPT: Final = ("fresh", "expired", "nothing")


@dataclass(frozen=True, kw_only=True)
class Case:
    """How each region answers, and what the CDN has kept of the photo by then."""

    home: Answer
    replica: Answer
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


class Viewers:
    """Ask for the photos of cases, many at once."""

    def __init__(self, edge: Edge, client: httpx2.Client) -> None:
        self._edge = edge
        self._client = client

    def ask(self, cases: list[Case]) -> Iterator[tuple[Case, httpx2.Response]]:
        """Every case, with what is answered now."""
        urls = [f"http://{HOST}:{self._edge.port}/eu/{case.key}" for case in cases]
        with ThreadPoolExecutor(32) as pool:
            yield from zip(cases, pool.map(self._client.get, urls), strict=True)

    def keep(self, cases: list[Case]) -> None:
        """Have the CDN keep the photos of these."""
        self.tell(cases, PHOTO, PHOTO)
        assert {answer.status_code for _, answer in self.ask(cases)} == {200}

    def tell(self, cases: list[Case], home: Answer, replica: Answer) -> None:
        """Have the regions answer so from now on."""
        for case in cases:
            self._edge.origins["eu"].answers[case.at("eu")] = home
            self._edge.origins["us"].answers[case.at("us")] = replica


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    with running_edge(tmp_path_factory.mktemp("edge"), changes=QUICK) as edge:
        yield edge


@pytest.fixture(scope="module")
def viewers(edge: Edge) -> Iterator[Viewers]:
    with httpx2.Client(timeout=20) as client:
        yield Viewers(edge, client)


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    return [
        Case(home=home, replica=replica, kept=kept, key=new_key())
        for kept in KEPT
        for home in HOMES
        for replica in REPLICAS
    ]


@pytest.fixture(scope="module")
def seen(viewers: Viewers, cases: list[Case]) -> dict[Case, httpx2.Response]:
    """What each case is answered."""
    viewers.keep([case for case in cases if case.kept == "expired"])
    wait_until_over(FRESH_SECONDS)
    viewers.keep([case for case in cases if case.kept == "fresh"])
    for case in cases:
        viewers.tell([case], case.home, case.replica)
    return dict(viewers.ask(cases))


@pytest.fixture(scope="module")
def gone(seen: dict[Case, httpx2.Response]) -> list[Case]:
    """Those that the CDN has said are not there."""
    return [case for case, answer in seen.items() if answer.status_code == 404]


def new_key() -> str:
    return f"renditions/{token_hex(8)}/{token_hex(8)}/320.webp"


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


def wait_until_over(seconds: float) -> None:
    """nginx counts whole seconds."""
    end = time.monotonic() + seconds + 1.1
    while time.monotonic() < end:
        time.sleep(0.05)


def test_a_photo_outlives_regions_that_are_away(seen: dict[Case, httpx2.Response]) -> None:
    for case, answer in seen.items():
        status, where = case.expected
        assert (answer.status_code, is_right(case, answer)) == (status, True), case
        assert answer.headers["x-cache"] in where, case
        assert answer.headers.get("retry-after") == ("5" if status == 503 else None)


def test_what_is_kept_is_looked_up_again_by_its_validators(
    edge: Edge, seen: dict[Case, httpx2.Response]
) -> None:
    for case, answer in seen.items():
        if (case.home, case.kept) == (PHOTO, "expired"):
            assert answer.headers["x-cache"] == "REVALIDATED"
            again = edge.origins["eu"].asked[case.at("eu")][1]
            known = {"Host": "store", "If-None-Match": ETAG, "If-Modified-Since": LAST_MODIFIED}
            assert dict(again.headers) == known


def test_what_was_gone_is_not_served_when_nobody_can_tell_any_more(
    viewers: Viewers, seen: dict[Case, httpx2.Response], gone: list[Case]
) -> None:
    wait_until_over(ABSENT_SECONDS)
    viewers.tell(list(seen), CLOSES, CLOSES)
    for case, answer in viewers.ask(list(seen)):
        assert is_right(case, answer), case
        if case in gone:
            assert answer.status_code in {404, 503}, case
        else:
            assert answer.status_code in {200, seen[case].status_code}, case


def test_of_what_was_gone_no_byte_is_kept(edge: Edge, gone: list[Case]) -> None:
    kept = b"".join(file.read_bytes() for file in edge.cache.rglob("*") if file.is_file())
    assert photo_of("/photofeed-eu/")[:14] in kept
    assert not [case for case in gone if case.at("eu").encode() in kept]
    assert not [case for case in gone if case.at("us").encode() in kept]


def test_a_photo_that_is_copied_while_home_is_away_is_there_at_once(viewers: Viewers) -> None:
    new = [Case(home=CLOSES, replica=404, kept="nothing", key=new_key())]
    for replica, status in ((404, 404), (PHOTO, 200)):
        viewers.tell(new, CLOSES, replica)
        assert [answer.status_code for _, answer in viewers.ask(new)] == [status]


def test_what_comes_back_is_served_again(viewers: Viewers, gone: list[Case]) -> None:
    wait_until_over(ABSENT_SECONDS)
    viewers.tell(gone, PHOTO, 404)
    deadline = time.monotonic() + BACK_MAX_SECONDS
    while {answer.status_code for _, answer in viewers.ask(gone)} != {200}:
        assert time.monotonic() < deadline
