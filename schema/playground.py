"""GraphiQL, served by us: Strawberry's page, its files from a folder of npm packages."""

import re
from pathlib import Path

from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from strawberry.http.ides import get_graphql_ide_html

PATH = "/playground"
# https://unpkg.com/<package>@<version>/<file>, as the page asks for its files.
_CDN_FILE = re.compile(r'"https://unpkg\.com/((?:@[\w-]+/)?[\w.-]+)@[\w.-]+/([^"]+)"')
_INTEGRITY = re.compile(r'\s+integrity="[^"]+"')


def playground_page() -> str:
    """The page, with every address of a file changed to our own."""
    page = _CDN_FILE.sub(rf'"{PATH}/\1/\2"', get_graphql_ide_html("graphiql"))
    return _INTEGRITY.sub("", page)  # it is our own origin, and the versions are locked


def playground_files(folder: Path) -> Mount:
    """Where the page's files are served from."""
    return Mount(PATH, StaticFiles(directory=folder))
