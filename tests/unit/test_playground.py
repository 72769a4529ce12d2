"""The playground's page, and its absence."""

from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import httpx2

from schema.playground import PATH, playground_page
from schema.root import build_schema
from schema.view import View

if TYPE_CHECKING:
    from app.wiring import House


async def test_without_its_files_there_is_no_playground() -> None:
    house = cast("House", SimpleNamespace(settings=SimpleNamespace(allowed_origins=())))
    view = View(build_schema(), house, None)
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=view), base_url="http://api"
    ) as http:
        page = await http.get("/graphql", headers={"Accept": "text/html"})
    assert page.status_code == 404
    assert page.json()["errors"][0]["extensions"]["code"] == "NOT_FOUND"


def test_the_page_names_no_other_origin() -> None:
    page = playground_page()
    assert "https://" not in page
    assert f'"{PATH}/graphiql/graphiql.min.js"' in page
