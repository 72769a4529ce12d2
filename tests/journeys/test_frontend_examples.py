"""FRONTEND.md and README.md: their commands run in a shell, their files in an app."""

import base64
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from docker.local import REPOSITORY
from schema.operations.persisted import read_trusted_documents
from tests.client import PASSWORD, Api, Person
from tests.clients.node import PACKAGES
from tests.journeys.apps import CODEGEN, TSC, node, write_files
from tests.journeys.pages import Page, open_shell
from tests.photographs import jpeg, photograph
from tests.stack import TestStack

pytestmark = pytest.mark.asyncio(loop_scope="module")

APP = REPOSITORY / "tests/journeys/frontend"


async def test_the_commands_for_frontend_teams_run(stack: TestStack, tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(photograph("rocket.jpg"))
    printed = ""
    async with open_shell(tmp_path) as shell:
        for block in Page("FRONTEND.md", stack.graphql_url).blocks("sh"):
            printed += await shell.run(block)
    assert '"errors":[]' in printed
    for said in (
        '"viewer":null',  # nobody, at first
        '"status":"READY"',
        '"viewerFollows":true',
        '"description":"Lift-off"',
        '"__typename":"FeedAuthorRemoved"',
        '"code":"INVALID_USERNAME"',
        '"code":"UNAUTHENTICATED"',
        '"code":"PERSISTED_QUERY_NOT_FOUND"',
    ):
        assert said in printed, printed
    codes = set(re.findall(r'"code":"(\w+)"', printed))
    assert codes == {"INVALID_USERNAME", "UNAUTHENTICATED", "PERSISTED_QUERY_NOT_FOUND"}


async def test_the_first_session_of_the_readme_runs(
    stack: TestStack, api: Api, tmp_path: Path
) -> None:
    (tmp_path / "photo.jpg").write_bytes(photograph("rocket.jpg"))
    session = Page("README.md", stack.graphql_url).section("A first session")
    names, upload, look = session.blocks("sh")
    async with open_shell(tmp_path) as shell:
        await shell.run(names)
        post_id = re.findall(r'"id":"([^"]+)"', await shell.run(upload))[0]
        ada = Person(
            api=api,
            id=await shell.value("ada_id"),
            username="ada",
            access_token=await shell.value("ada_token"),
            refresh_token="",
        )
        await ada.until_processed(post_id)  # a moment later
        printed = await shell.run(look)
        again = await shell.run(look)
    assert '"description":"Lift-off"' in printed
    assert re.findall(r"(?i)x-cache: *(\w+)", again) == ["HIT"]


@pytest.fixture(scope="module")
def app(stack: TestStack, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An app of which every file is from the page, but for the one that uses them."""
    assert PACKAGES.install() is None
    folder = tmp_path_factory.mktemp("app")
    shutil.copytree(APP, folder, dirs_exist_ok=True)
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "node_modules").symlink_to(PACKAGES.files)
    write_files(folder, Page("FRONTEND.md", stack.graphql_url).without("The device"))
    return folder


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def generated(app: Path) -> Path:
    """The same, with types made for its documents."""
    await node(app, CODEGEN)
    return app


async def another_session(person: Person) -> str:
    """Sign in again; returns the refresh token."""
    given = {"username": person.username, "password": PASSWORD}
    document = "mutation($input: LogInInput!) { logIn(input: $input) { refreshToken } }"
    return str((await person.api.ask(document, {"input": given})).data["logIn"]["refreshToken"])


async def test_the_files_compile_strictly(generated: Path) -> None:
    await node(generated, TSC, "--project", ".")


async def test_the_persisted_documents_are_a_manifest_of_trusted_ones(generated: Path) -> None:
    documents = read_trusted_documents(generated / "src/gql/persisted-documents.json")
    assert {text.split("(")[0] for text in documents.values()} == {
        "query Page",
        "subscription Listen",
    }


async def test_an_app_made_of_the_files_works(generated: Path, api: Api) -> None:
    ada, bob = await api.sign_up_many(2)
    posts = [(await ada.publish(jpeg((64, 64))))["id"] for _ in range(3)]
    moment = (await bob.feed(first=1))["updatesCursor"]
    await bob.follow(ada)
    given: dict[str, Any] = {
        "refreshTokens": [bob.refresh_token, await another_session(bob)],
        "moment": moment,
        "photo": base64.b64encode(jpeg((64, 64))).decode(),
        "author": ada.id,
    }
    printed = await node(generated, "--import", "./bundler.mjs", "main.mjs", json.dumps(given))
    came = json.loads(printed)
    assert came["apollo"] == posts[::-1]
    assert (came["urql"], came["relay"]) == (bob.username, bob.username)
    for upload in came["uploads"]:
        assert (upload["errors"], upload["post"]["status"]) == ([], "PROCESSING")
    assert came["updates"] == ["FeedAuthorAdded", "FeedAuthorRemoved"]
