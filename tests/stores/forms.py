"""Forms as they are sent to the edge, and what is made of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import httpx2

from docker.local.ports import HOST
from tests.stores.gateways import IMPATIENT, Edge, running_edge
from tests.stores.origins import Request

ALLOWED: Final = ("https://app.example.org", "http://localhost:5173")
ORIGINS: Final = {"PHOTOFEED_NGINX_ALLOWED_ORIGINS": " ".join(f"{origin} 1;" for origin in ALLOWED)}
TYPE: Final = "multipart/form-data; boundary=x"
FORM: Final = b'--x\r\nContent-Disposition: form-data; name="key"\r\n\r\nstaging/1\r\n--x--\r\n'
BUCKET: Final = "/photofeed-eu"
HIDDEN: Final = {
    *("etag", "last-modified", "location", "set-cookie", "retry-after", "content-type", "via"),
    *("x-amz-request-id", "x-amz-version-id", "x-minio-deployment-id", "seaweed-x-amz-owner"),
}


@contextmanager
def form_edge(folder: Path) -> Iterator[Edge]:
    """An edge that loses patience soon, and never with a store for good."""
    with running_edge(folder, ORIGINS | IMPATIENT, {"max_fails=2": "max_fails=0"}) as edge:
        yield edge


@contextmanager
def visitor(edge: Edge) -> Iterator[httpx2.Client]:
    """A client of an edge whose stores take every form, and have not been asked yet."""
    for origin in edge.origins.values():
        origin.asked.clear()
        origin.otherwise = 204
    with httpx2.Client(base_url=f"http://{HOST}:{edge.port}", timeout=30) as client:
        yield client


def send(http: httpx2.Client, path: str = "/uploads/eu", **headers: str) -> httpx2.Response:
    """Send a form; an underscore in the name of a header is a dash."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return http.post(path, content=FORM, headers={"Content-Type": TYPE} | named)


def asked(edge: Edge) -> dict[str, list[Request]]:
    """What every store was asked, by path."""
    return {path: some for origin in edge.origins.values() for path, some in origin.asked.items()}


def assert_form_refused(answer: httpx2.Response, status: int, code: str) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["vary"] == "Origin"
    assert len(answer.headers["x-request-id"]) == 32
    assert HIDDEN.isdisjoint(set(answer.headers) - {"content-type", "retry-after"})
    (error,) = answer.json()["errors"]
    assert error["extensions"] == {"code": code}
    assert error["message"].endswith(".")
    assert "secret" not in answer.text
