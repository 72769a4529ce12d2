"""The playground's page: what it names, and what it is sent with."""

import re
from pathlib import Path

import httpx2
import pytest
from starlette.applications import Starlette

from schema.playground import PATH, playground_files, playground_headers, playground_page

CDN = "https://cdn.example.org/pictures"
PACKAGES = ("@graphiql/plugin-explorer", "graphiql", "react", "react-dom")


@pytest.fixture
def http(tmp_path: Path) -> httpx2.AsyncClient:
    """A client of the playground's files; each package is one file."""
    for name in PACKAGES:
        package = tmp_path / name
        package.mkdir(parents=True)
        (package / "file.js").write_text(name)
    application = Starlette(routes=[playground_files(tmp_path)])
    transport = httpx2.ASGITransport(app=application)
    return httpx2.AsyncClient(transport=transport, base_url="http://api")


def test_the_page_names_no_other_origin() -> None:
    page = playground_page()
    assert "://" not in page
    named = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert all(address.startswith((f"{PATH}/", "data:")) for address in named)
    assert f"{PATH}/graphiql/graphiql.min.js" in named


def test_the_page_has_no_script_but_files() -> None:
    assert "unsafe" not in policy()["script-src"]
    assert re.findall(r"<script[^>]*>(?!</script>)", playground_page()) == []
    assert re.findall(r"\son\w+=", playground_page()) == []


def test_the_page_may_ask_nobody_but_us_and_show_pictures_of_the_cdn() -> None:
    assert policy()["default-src"] == "'none'"
    assert policy()["connect-src"] == "'self'"
    assert policy()["img-src"] == "'self' data: https://cdn.example.org"


async def test_the_packages_that_the_page_asks_for_are_served(http: httpx2.AsyncClient) -> None:
    for name in PACKAGES:
        assert (await http.get(f"{PATH}/{name}/file.js")).text == name


@pytest.mark.parametrize(
    "path", ["/__init__.py", "/page/../__init__.py", "/page/%2e%2e/__init__.py", "/other/file.js"]
)
async def test_nothing_else_is_served(http: httpx2.AsyncClient, path: str) -> None:
    assert (await http.get(PATH + path)).status_code == 404


def policy() -> dict[str, str]:
    """What the content security policy says of each kind of file."""
    directives = playground_headers(CDN)["Content-Security-Policy"].split("; ")
    return dict(directive.partition(" ")[::2] for directive in directives)
