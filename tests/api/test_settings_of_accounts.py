"""What people set for their own account: nobody else sees it, and it holds at once."""

from typing import Any, Final

import pytest

from tests.client import Api, Person
from tests.faults.truth import open_truth
from tests.own_account import update_settings
from tests.stack import TestStack

SETTINGS: Final = "{ viewer { settings { altTextRequired } } }"


async def settings_of(person: Person) -> Any:
    return (await person.ask(SETTINGS))["viewer"]["settings"]


async def test_settings_are_changed_one_by_one_and_hold_at_once(api: Api) -> None:
    person = await api.sign_up()
    assert await settings_of(person) == {"altTextRequired": False}
    for wish, holds in ((True, True), (None, True), (False, False)):
        payload = await update_settings(person, altTextRequired=wish)
        assert payload["errors"] == []
        assert payload["viewer"] == {"id": person.id, "settings": {"altTextRequired": holds}}
        assert await settings_of(person) == {"altTextRequired": holds}
    assert (await update_settings(person))["viewer"]["settings"] == {"altTextRequired": False}


async def test_settings_are_nobody_elses_business(api: Api) -> None:
    person, other = await api.sign_up_many(2)
    await update_settings(person, altTextRequired=True)
    query = """query($id: ID!, $name: String!) {
      node(id: $id) { ... on User { settings { altTextRequired } } }
      user(username: $name) { settings { altTextRequired } } }"""
    asked = {"id": person.id, "name": person.username}
    for token, seen in (
        (person.access_token, {"altTextRequired": True}),
        (other.access_token, None),
        (None, None),
    ):
        data = (await api.ask(query, asked, token=token)).data
        assert data == {"node": {"settings": seen}, "user": {"settings": seen}}


@pytest.mark.parametrize("alt_text", [None, "", " \n\t"])
async def test_a_photo_without_an_alternative_text_is_refused_before_anything_is_stored(
    api: Api, stack: TestStack, photo: bytes, alt_text: str | None
) -> None:
    person = await api.sign_up()
    await update_settings(person, altTextRequired=True)
    payload = await person.upload(photo, altText=alt_text)
    assert payload["post"] is None
    ((code, path, message),) = [(e["code"], e["path"], e["message"]) for e in payload["errors"]]
    assert (code, path) == ("INVALID_DESCRIPTION", ["altText"])
    assert "alternative text" in message
    async with open_truth(stack.settings) as truth:
        assert await truth.posts_of(person) == []
    assert (await person.upload(photo, altText="A cat"))["errors"] == []
    await update_settings(person, altTextRequired=False)
    assert (await person.upload(photo))["errors"] == []


async def test_what_was_published_before_is_answered_whatever_is_asked_for_since(
    api: Api, photo: bytes
) -> None:
    person = await api.sign_up()
    first = await person.upload(photo, idempotencyKey="k")
    await update_settings(person, altTextRequired=True)
    again = await person.upload(photo, idempotencyKey="k")
    assert again["post"]["id"] == first["post"]["id"]
