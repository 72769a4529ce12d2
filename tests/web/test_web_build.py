"""What a build of the web app is made of."""

import gzip
import hashlib
import json
import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Final

import httpx2
import pytest

from docker.local import WEB
from docker.local.web import build_web
from tests.conftest import FIGURE
from tests.stores.gateways import running_nginx

FIRST_LOAD_MAX_BYTES: Final = 150_000
GZIP_LEVEL: Final = 6
"""As nginx compresses."""

NOT_SERVED: Final = {".vite/manifest.json"}


@pytest.fixture(scope="module")
def files() -> Path:
    """The build of what the sources are now."""
    assert build_web() is None
    return WEB / "files"


@pytest.fixture(scope="module")
def manifest(files: Path) -> dict[str, Any]:
    return dict(json.loads((files / ".vite/manifest.json").read_text()))


@pytest.fixture(scope="module")
def http(files: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx2.Client]:
    with (
        running_nginx(tmp_path_factory.mktemp("nginx")) as (ports, _, _),
        httpx2.Client(base_url=f"http://{ports.address('gateway')}", timeout=20) as client,
    ):
        yield client


class Page(HTMLParser):
    """What a page names and what it carries itself."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.named: list[str] = []
        self.carried: list[str] = []
        self._within = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._within = tag
        self.named += [value or "" for name, value in attrs if name in {"src", "href"}]
        self.carried += [name for name, _ in attrs if name == "style" or name.startswith("on")]
        if tag == "script" and "src" not in dict(attrs):
            self.carried.append(tag)

    def handle_data(self, data: str) -> None:
        if self._within in {"script", "style"} and data.strip():
            self.carried.append(data)


def loaded_first(manifest: dict[str, Any]) -> set[str]:
    """The entry, and everything that it imports before anything is shown."""
    (entry,) = (name for name, chunk in manifest.items() if chunk.get("isEntry"))
    found, pending = set[str](), [entry]
    while pending:
        name = pending.pop()
        if name not in found:
            found.add(name)
            pending += manifest[name].get("imports", [])
    return {manifest[name]["file"] for name in found}


def test_the_first_load_is_within_its_budget(
    files: Path, manifest: dict[str, Any], record_property: Callable[[str, object], None]
) -> None:
    first = loaded_first(manifest)
    scripts = {
        f"assets/{file.name}": len(gzip.compress(file.read_bytes(), GZIP_LEVEL))
        for file in (files / "assets").glob("*.js")
    }
    load = sum(size for name, size in scripts.items() if name in first)
    said = f"{load:,} bytes of JavaScript, compressed, of {FIRST_LOAD_MAX_BYTES:,}"
    later = f"{len(scripts) - len(first)} files of {sum(scripts.values()) - load:,} bytes"
    record_property(FIGURE, f"The web app's first load: {said}; when they are needed: {later}")
    assert load <= FIRST_LOAD_MAX_BYTES


def test_the_page_has_no_script_and_no_style_but_files_of_ours(files: Path) -> None:
    page = Page((files / "index.html").read_text())
    assert page.carried == []
    assert page.named
    for address in page.named:
        assert re.match(r"/[^/]", address), address
        assert (files / address[1:]).is_file(), address


def test_a_file_that_is_kept_for_good_is_named_by_its_hash(files: Path) -> None:
    for file in (files / "assets").iterdir():
        assert re.search(r"-[\w-]{8}\.\w+$", file.name), file.name


def test_everything_that_is_built_is_served(files: Path, http: httpx2.Client) -> None:
    built = {str(file.relative_to(files)) for file in files.rglob("*") if file.is_file()}
    assert {"index.html", "sw.js", "app.webmanifest", "robots.txt", *NOT_SERVED} <= built
    for name in built:
        answer = http.get(f"/{name}")
        assert answer.status_code == (404 if name in NOT_SERVED else 200), name
        if name not in NOT_SERVED:
            assert answer.content == (files / name).read_bytes(), name
            assert answer.headers["content-type"] != "application/octet-stream", name


def test_the_documents_that_are_sent_are_those_that_the_api_is_given(files: Path) -> None:
    documents = json.loads((WEB / "persisted-documents.json").read_text())
    for name, text in documents.items():
        assert name == f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
    scripts = "".join(file.read_text() for file in (files / "assets").glob("*.js"))
    sent = set(re.findall(r"sha256:[0-9a-f]{64}", scripts))
    assert sent
    assert sent <= set(documents)
