"""The web app of the whole stack: its page at the front door, and its documents, known by hash."""

import json

import httpx2

from tests.stack import TestStack


def test_the_front_door_shows_the_app_which_takes_pictures_from_the_edge(stack: TestStack) -> None:
    page = httpx2.get(stack.gateway_url)
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    policy = page.headers["content-security-policy"].split("; ")
    assert f"img-src 'self' blob: data: {stack.cdn_url}" in policy


def test_the_api_knows_every_document_of_the_app_by_its_hash(stack: TestStack) -> None:
    file = stack.settings.trusted_documents_file
    assert file is not None
    documents = json.loads(file.read_text())
    assert documents
    for name in documents:
        named = {"version": 1, "sha256Hash": name.removeprefix("sha256:")}
        body = {"extensions": {"persistedQuery": named}, "variables": {}}
        answer = httpx2.post(
            stack.graphql_url, json=body, headers={"Accept": "application/graphql-response+json"}
        ).json()
        codes = {error["extensions"]["code"] for error in answer.get("errors", [])}
        assert not {code for code in codes if code.startswith("PERSISTED")}, (name, answer)
