"""The web app's files, as nginx hands them out."""

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import httpx2
import pytest

from docker.local.ports import Ports
from tests.stores.gateways import assert_refused, running_nginx
from tests.wire import WireAnswer, answer_to

PAGE: Final = "<!doctype html><title>Photofeed</title>" + "<p>photo</p>" * 100
SCRIPT: Final = "console.log('photo');" * 100
SECRET: Final = "nobody's business"
ASSET: Final = "/assets/index-Ab_1-2cd.js"
FILES: Final = {
    "index.html": PAGE,
    "index.html.gz": SECRET,
    "sw.js": SCRIPT,
    "favicon.svg": "<svg/>",
    "app.webmanifest": "{}",
    "robots.txt": "User-agent: *",
    ".hidden.js": SECRET,
    ".vite/manifest.json": SECRET,
    "assets/index-Ab_1-2cd.js": SCRIPT,
    "assets/index-Ab_1-2cd.js.gz": SECRET,
    "assets/index-Ab_1-2cd.js.map": SECRET,
    "assets/index-Ef3_4.css": "p {}",
    "assets/.hidden.js": SECRET,
    "assets/deeper/file.js": SECRET,
    "../secret.js": SECRET,
    "../persisted-documents.json": SECRET,
}
TYPES: Final = {
    "/": "text/html; charset=utf-8",
    "/sw.js": "text/javascript; charset=utf-8",
    "/favicon.svg": "image/svg+xml; charset=utf-8",
    "/app.webmanifest": "application/manifest+json; charset=utf-8",
    "/robots.txt": "text/plain; charset=utf-8",
    ASSET: "text/javascript; charset=utf-8",
    "/assets/index-Ef3_4.css": "text/css; charset=utf-8",
}
PAGES: Final = (
    *("/", "/index.html", "/sign-in", "/sign-up", "/upload", "/people", "/settings"),
    *("/posts/UG9zdDox_-A=", "/people/Ada_1815", "/people/ada/followers", "/people/ada/following"),
)
NO_PAGES: Final = (
    *("/sign-in/", "/Upload", "/upload%0a", "/feed", "/index", "/posts", "/posts/", "/posts/a/b"),
    *("/posts/a.b", "/people/", "/people/ada/", "/people/ada/likes", "/people/ada/followers/"),
    *("/assets", "/assets/", "/assets/missing-Ab12.js", "/missing.js", "/manifest.json"),
    *("/.vite/manifest.json", "/.hidden.js", "/assets/.hidden.js", "/assets/deeper/file.js"),
    *("/index.html.gz", f"{ASSET}.gz", f"{ASSET}.map", "/persisted-documents.json", "/secret.js"),
)
ESCAPES: Final = (
    *("/../secret.js", "/%2e%2e/secret.js", "/assets/../../secret.js", "/..%2fsecret.js"),
    *("/assets/..%2f..%2fsecret.js", "/assets/%2e%2e/%2e%2e/secret.js", "/..%5csecret.js"),
    *("/assets/..%252f..%252fsecret.js", "/favicon.svg/../../secret.js", "//../secret.js"),
    *("/posts/../../secret.js", "/secret.js%00.svg", "/assets/....//....//secret.js"),
)


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ports]:
    """An nginx with these files."""
    folder = tmp_path_factory.mktemp("app") / "files"
    for name, text in FILES.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    variables = {
        "PHOTOFEED_CDN_URL": "https://cdn.example.org/pictures",
        "PHOTOFEED_UPLOAD_URL": "https://forms.example.org:8443/",
        "PHOTOFEED_NGINX_WEB_FOLDER": str(folder),
    }
    with running_nginx(tmp_path_factory.mktemp("nginx"), variables) as (ports, _, _):
        yield ports


@pytest.fixture
def http(gateway: Ports) -> Iterator[httpx2.Client]:
    headers = {"Accept-Encoding": "identity"}
    with httpx2.Client(
        base_url=f"http://{gateway.address('gateway')}", headers=headers, timeout=20
    ) as client:
        yield client


def get(ports: Ports, path: str, host: str = "x") -> WireAnswer:
    request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    return answer_to(ports["gateway"], request.encode())


def policy(value: str) -> dict[str, str]:
    return dict(directive.partition(" ")[::2] for directive in value.split("; "))


def test_every_page_is_the_app_and_is_asked_for_anew(http: httpx2.Client) -> None:
    for path in PAGES:
        page = http.get(path, params={"from": "a link"})
        assert (page.status_code, page.text) == (200, PAGE), path
        assert page.headers["cache-control"] == "no-cache", path


def test_every_other_address_stays_the_api_s(gateway: Ports) -> None:
    for path in NO_PAGES:
        assert_refused(get(gateway, path), 404, "NOT_FOUND")


def test_nothing_outside_the_folder_can_be_read(gateway: Ports) -> None:
    for path in ESCAPES:
        answer = get(gateway, path)
        assert answer.status in {400, 404}, path
        assert answer.headers["Content-Type"] == "application/json", path


def test_a_browser_is_told_what_a_file_is(http: httpx2.Client) -> None:
    assert {path: http.get(path).headers["content-type"] for path in TYPES} == TYPES


def test_a_file_named_by_its_hash_is_kept_for_good_and_the_others_are_asked_for_anew(
    http: httpx2.Client,
) -> None:
    for path in TYPES:
        is_hashed = path.startswith("/assets/")
        kept = "public, max-age=31536000, immutable" if is_hashed else "no-cache"
        assert http.get(path).headers["cache-control"] == kept, path


def test_who_has_a_file_is_told_so(http: httpx2.Client) -> None:
    for path in TYPES:
        for coding in ("identity", "gzip"):
            first = http.get(path, headers={"Accept-Encoding": coding})
            known = {"Accept-Encoding": coding, "If-None-Match": first.headers["etag"]}
            again = http.get(path, headers=known)
            assert (again.status_code, again.content) == (304, b""), path
            assert again.headers["cache-control"] == first.headers["cache-control"], path


def test_files_are_compressed_for_who_can_read_that(gateway: Ports, http: httpx2.Client) -> None:
    for path, text in (("/", PAGE), (ASSET, SCRIPT), ("/sw.js", SCRIPT)):
        request = f"GET {path} HTTP/1.1\r\nHost: x\r\nVia: 1.1 y\r\nAccept-Encoding: gzip\r\n\r\n"
        compressed = answer_to(gateway["gateway"], request.encode())
        assert compressed.headers["Content-Encoding"] == "gzip", path
        assert gzip.decompress(compressed.body).decode() == text, path
        plain = http.get(path)
        assert "content-encoding" not in plain.headers, path
        assert plain.text == text, path
        assert plain.headers["vary"] == compressed.headers["Vary"] == "Accept-Encoding", path


def test_head_is_get_without_the_file(http: httpx2.Client) -> None:
    for path in TYPES:
        asked, shown = http.head(path), http.get(path)
        assert (asked.status_code, asked.content) == (200, b""), path
        for headers in (asked.headers, shown.headers):
            del headers["date"]
        assert asked.headers == shown.headers, path


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"])
def test_files_are_only_read(http: httpx2.Client, method: str) -> None:
    for path in ("/", "/people/ada", "/sw.js", ASSET):
        refused = http.request(method, path, content=b"x")
        assert refused.status_code == 405, path
        assert refused.headers["allow"] == "GET, HEAD", path
        assert refused.json()["errors"][0]["extensions"] == {"code": "METHOD_NOT_ALLOWED"}, path


def test_a_page_runs_its_own_scripts_and_asks_nobody_but_us_and_the_edge(
    gateway: Ports,
) -> None:
    edge = "https://cdn.example.org https://forms.example.org:8443"
    for path in (*PAGES, "/sw.js", ASSET):
        headers = get(gateway, path, "photos.example.org:8080").headers
        assert policy(headers["Content-Security-Policy"]) == {
            "default-src": "'none'",
            "script-src": "'self'",
            "style-src": "'self'",
            "img-src": f"'self' blob: data: {edge}",
            "connect-src": f"'self' {edge}"
            " ws://photos.example.org:8080 wss://photos.example.org:8080",
            "font-src": "'self'",
            "manifest-src": "'self'",
            "worker-src": "'self'",
            "base-uri": "'none'",
            "form-action": "'self'",
            "frame-ancestors": "'none'",
            "require-trusted-types-for": "'script'",
            "trusted-types": "default",
        }, path
        assert headers["X-Content-Type-Options"] == "nosniff", path
        assert headers["Referrer-Policy"] == "no-referrer", path
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin", path
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin", path
        assert "camera=()" in headers["Permissions-Policy"], path


@pytest.mark.parametrize("host", ["x;script-src", "x'unsafe-inline'", "x,y", "x*", "x:8080;"])
def test_nobody_writes_the_policy_by_naming_a_host(gateway: Ports, host: str) -> None:
    answer = get(gateway, "/", host)
    if answer.status == 200:
        asked = policy(answer.headers["Content-Security-Policy"])
        assert "ws:" not in asked["connect-src"]
        assert asked["script-src"] == "'self'"
        assert host not in answer.headers["Content-Security-Policy"]
    else:
        assert_refused(answer, 400, "BAD_REQUEST")


def test_without_a_build_a_page_says_what_is_missing(tmp_path: Path) -> None:
    variables = {"PHOTOFEED_NGINX_WEB_FOLDER": str(tmp_path / "none")}
    with running_nginx(tmp_path, variables) as (ports, _, _):
        for path in PAGES:
            answer = get(ports, path)
            assert_refused(answer, 404, "NOT_FOUND")
            assert "not built" in answer.json["errors"][0]["message"], path
        for path in ("/sw.js", "/favicon.svg", ASSET, "/nothing"):
            answer = get(ports, path)
            assert_refused(answer, 404, "NOT_FOUND")
            assert "not built" not in answer.json["errors"][0]["message"], path
