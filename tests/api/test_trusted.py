"""Trusted documents: those of a manifest, which a deployment may make the only ones."""

import json
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest

from app.errors import ConfigurationError
from tests.api.applications import running
from tests.api.persisting import NOT_FOUND, a_document, get, hash_of, named
from tests.client import PASSWORD, SIGN_UP, Api
from tests.stack import TestStack

QUERY: Final = "query Trusted { __typename }"
VIEWER: Final = "query TrustedViewer { viewer { username } }"
OTHER: Final = "query Trusted { __typename  }"
ANSWER: Final = {"__typename": "Query"}


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """The documents that are trusted: two queries and a mutation."""
    path = tmp_path / "trusted.json"
    documents = {hash_of(each): each for each in (QUERY, SIGN_UP)}
    # As GraphQL Code Generator writes it.
    documents[f"sha256:{hash_of(VIEWER)}"] = VIEWER
    path.write_text(json.dumps(documents))
    return path


@pytest.fixture
async def strict(stack: TestStack, manifest: Path) -> AsyncIterator[Api]:
    """An application in production that runs nothing but trusted documents."""
    async with running(
        stack.settings,
        environment="production",
        trusted_documents_file=manifest,
        trusted_documents_only=True,
    ) as api:
        yield api


async def test_a_trusted_document_is_run_by_its_hash_and_by_its_text(strict: Api) -> None:
    for asked in (
        {"query": QUERY},
        named(hash_of(QUERY)),
        named(hash_of(QUERY).upper()),
        named(hash_of(QUERY), query=QUERY),
        named(hash_of(QUERY), query=""),
    ):
        assert (await strict.post(json=asked)).data == ANSWER
        assert (await get(strict, asked)).data == ANSWER


async def test_an_unknown_hash_is_told_that_there_is_no_use_in_sending_more(strict: Api) -> None:
    refused = await strict.post(json=named(hash_of(OTHER)))
    assert refused.codes == ["PERSISTED_QUERY_NOT_SUPPORTED"]
    assert refused.body["errors"][0]["message"] == "PersistedQueryNotSupported"
    assert (await get(strict, named(hash_of(OTHER)))).codes == ["PERSISTED_QUERY_NOT_SUPPORTED"]


@pytest.mark.parametrize("text", [OTHER, "{ __typename }", "{", "{ __schema { types { name } } }"])
async def test_any_other_text_is_refused_unread(strict: Api, text: str) -> None:
    for asked in ({"query": text}, named(hash_of(text), query=text)):
        assert (await strict.post(json=asked)).codes == ["TRUSTED_DOCUMENTS_ONLY"]
        assert (await get(strict, asked)).codes == ["TRUSTED_DOCUMENTS_ONLY"]


async def test_a_text_does_not_come_in_under_the_hash_of_another(strict: Api) -> None:
    """Whatever text goes along with a trusted hash, what is run is the trusted document."""
    for text in ("{ viewer { id } }", OTHER):
        answer = await strict.post(json=named(hash_of(QUERY), query=text))
        assert answer.body.get("data", ANSWER) == ANSWER


async def test_what_clients_have_persisted_elsewhere_is_not_trusted(api: Api, strict: Api) -> None:
    document = a_document(f"q{secrets.token_hex(8)}")
    await api.post(json=named(hash_of(document), query=document))
    assert (await api.post(json=named(hash_of(document)))).data == ANSWER
    refused = await strict.post(json=named(hash_of(document)))
    assert refused.codes == ["PERSISTED_QUERY_NOT_SUPPORTED"]


async def test_trusted_mutations_and_variables_work_as_ever(strict: Api) -> None:
    fields = {"username": f"t_{secrets.token_hex(5)}", "password": PASSWORD}
    asked = named(hash_of(SIGN_UP), variables={"input": fields})
    signed_up = (await strict.post(json=asked)).data["signUp"]
    assert signed_up["errors"] == []
    viewer = await strict.post(json=named(hash_of(VIEWER)), token=signed_up["accessToken"])
    assert viewer.data == {"viewer": {"username": fields["username"]}}
    assert (await get(strict, asked)).codes == ["METHOD_NOT_ALLOWED"]


async def test_a_trusted_get_may_be_cached_and_one_with_a_token_not(strict: Api) -> None:
    for asked in (named(hash_of(QUERY)), {"query": QUERY}):
        public = await get(strict, asked)
        assert public.headers["cache-control"].startswith("public, max-age=")
        private = await get(strict, asked, token="nonsense")
        assert private.headers["cache-control"] == "no-store"


async def test_beside_trusted_documents_others_are_run_unless_refused(
    stack: TestStack, manifest: Path
) -> None:
    async with running(stack.settings, trusted_documents_file=manifest) as api:
        document = a_document(f"q{secrets.token_hex(8)}")
        assert (await api.post(json={"query": document})).data == ANSWER
        assert (await api.post(json=named(hash_of(document)))).codes == NOT_FOUND
        assert (await api.post(json=named(hash_of(QUERY)))).data == ANSWER
        await api.post(json=named(hash_of(document), query=document))
        assert (await api.post(json=named(hash_of(document)))).data == ANSWER


async def test_with_no_manifest_nothing_is_trusted(stack: TestStack) -> None:
    async with running(stack.settings, trusted_documents_only=True) as api:
        assert (await api.ask("{ __typename }")).codes == ["TRUSTED_DOCUMENTS_ONLY"]


@pytest.mark.parametrize(
    "content",
    [
        None,
        b"",
        b"{",
        b"[]",
        b'"x"',
        b"\xff",
        json.dumps({hash_of(QUERY): OTHER}).encode(),
        json.dumps({hash_of(QUERY).upper(): QUERY}).encode(),
        json.dumps({hash_of(QUERY): None}).encode(),
        json.dumps({"QUERY": QUERY}).encode(),
    ],
)
async def test_a_manifest_that_is_none_keeps_the_application_from_starting(
    stack: TestStack, tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "manifest.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigurationError, match="PHOTOFEED_TRUSTED_DOCUMENTS_FILE"):
        async with running(stack.settings, trusted_documents_file=path):
            raise AssertionError("It has started")
