"""Forms that are posted to the real stores: what they take, and what they leave."""

import base64
import json
import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from app.errors import BadInputError, Refusal
from app.ids import IdSource, random_shard
from app.images.store import ObjectStores
from app.settings import Settings
from app.uploads.model import Form, Upload, UploadMissingError
from app.uploads.signing import UNWANTED, FormSigner
from app.uploads.store import UploadStore
from app.wiring import House, open_house
from tests.forms import send, store_url
from tests.stack import TestStack
from tests.stores.conftest import Database

pytestmark = pytest.mark.both_stores

KIBIBYTE = 1024
PHOTO = secrets.token_bytes(KIBIBYTE)
Fields = dict[str, str]
Attempt = tuple[Callable[[Fields], Fields], bytes, int]
"""A change of the form, the file that is sent with it, and the status that comes back."""


@pytest.fixture(scope="module")
def settings(servers: TestStack) -> Settings:
    """The stack's, with its buckets."""
    stores = ObjectStores.from_settings(servers.settings)
    for region in servers.settings.object_stores:
        stores.prepare(region)
    return servers.settings


@pytest.fixture
async def house(settings: Settings) -> AsyncIterator[House]:
    async with open_house(settings) as house:
        yield house


@pytest.fixture
async def swept(settings: Settings, database: Database) -> AsyncIterator[House]:
    """A house where nobody else sweeps, and nothing but what is over."""
    await UploadStore(database).prepare()
    own = settings.model_copy(update={"mongodb_database": database.name})
    async with open_house(own) as house:
        yield house


@pytest.fixture
async def http() -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(timeout=10) as http:
        yield http


@pytest.fixture
def owner(ids: IdSource) -> int:
    return ids.next(random_shard())


@pytest.fixture
async def form(house: House, owner: int) -> Form:
    return await house.forms.open(owner, content_type="image/jpeg", byte_size=KIBIBYTE)


def _fields(form: Form) -> Fields:
    return {field.name: field.value for field in form.fields}


async def _fetched(house: House, upload: Upload) -> bytes | None:
    try:
        async with house.uploads.fetched(upload) as file:
            return file.read()
    except UploadMissingError:
        return None


async def test_a_form_brings_its_bytes(
    house: House, http: httpx2.AsyncClient, form: Form, owner: int
) -> None:
    assert form.url == f"{str(house.settings.cdn_url).rstrip('/')}/uploads/eu"
    assert list(_fields(form))[:2] == ["key", "Content-Type"]
    upload = await house.uploads.find(form.upload_id, owner)
    assert await _fetched(house, upload) is None
    for sent in (PHOTO[:1], PHOTO):
        answer = await send(http, store_url(house.settings), _fields(form), sent)
        assert (answer.status_code, answer.content) == (204, b"")
        assert await _fetched(house, upload) == sent
    public = await http.get(store_url(house.settings) + upload.pieces[0].key)
    assert public.status_code == 403
    # It cannot be larger than was declared; if it were, it would not be taken for an upload.
    assert await _fetched(house, replace(upload, byte_size=KIBIBYTE - 1)) is None


def _renewed(change: Callable[[Any], None]) -> Callable[[Fields], Fields]:
    """A change of the policy, by somebody who cannot sign it."""

    def changed(fields: Fields) -> Fields:
        policy = json.loads(base64.b64decode(fields["policy"]))
        change(policy)
        return {**fields, "policy": base64.b64encode(json.dumps(policy).encode()).decode()}

    return changed


def _with(**changes: str) -> Callable[[Fields], Fields]:
    named = {name.replace("_", "-"): value for name, value in changes.items()}
    return lambda fields: {**fields, **named}


def _without(name: str) -> Callable[[Fields], Fields]:
    return lambda fields: {each: fields[each] for each in fields if each != name}


@pytest.mark.parametrize(
    "attempt",
    [
        (_with(), PHOTO + b"x", 400),
        (_with(), b"", 400),
        (_with(key="staging/other"), PHOTO, 403),
        (_with(key="renditions/0000000000000005/0123456789abcdef/320.webp"), PHOTO, 403),
        (_with(Content_Type="text/html"), PHOTO, 403),
        (_with(x_amz_signature="0" * 64), PHOTO, 403),
        (_with(x_amz_meta_a="b"), PHOTO, 403),
        (_with(x_amz_acl="public-read"), PHOTO, 403),
        (_with(x_amz_website_redirect_location="https://evil.test/"), PHOTO, 403),
        (_renewed(lambda policy: policy["conditions"].pop()), PHOTO + b"x", 403),
        (_renewed(lambda policy: policy.update(expiration="2099-01-01T00:00:00.000Z")), PHOTO, 403),
        (_without("Content-Type"), PHOTO, 403),
    ],
)
async def test_it_takes_no_other_form(
    house: House, http: httpx2.AsyncClient, form: Form, owner: int, attempt: Attempt
) -> None:
    change, content, status = attempt
    answer = await send(http, store_url(house.settings), change(_fields(form)), content)
    assert answer.status_code == status, answer.text
    upload = await house.uploads.find(form.upload_id, owner)
    assert await _fetched(house, upload) is None
    assert (await http.get(store_url(house.settings) + "staging/other")).status_code != 200


@pytest.mark.parametrize("name", [*UNWANTED, "Cache-Control", "Content-Disposition"])
async def test_it_takes_no_other_field(
    house: House, http: httpx2.AsyncClient, form: Form, name: str
) -> None:
    for value in ("public-read", "https://evil.test/", "201"):
        fields = {**_fields(form), name: value}
        answer = await send(http, store_url(house.settings), fields, PHOTO)
        assert answer.status_code == 403, (name, value, answer.text)


async def test_a_form_is_for_one_region_and_for_a_while(
    house: House, http: httpx2.AsyncClient, form: Form
) -> None:
    answer = await send(http, store_url(house.settings, "us"), _fields(form), PHOTO)
    assert answer.status_code in {400, 403}  # MinIO says that it is another region
    late = FormSigner.from_settings(house.settings).sign(
        "eu",
        "staging/late",
        content_type="image/jpeg",
        bytes_max=KIBIBYTE,
        expires_at=datetime.now(UTC) - timedelta(seconds=1),
    )
    fields = {field.name: field.value for field in late}
    assert (await send(http, store_url(house.settings), fields, PHOTO)).status_code == 403


async def test_what_signs_forms_may_do_nothing_else(house: House, http: httpx2.AsyncClient) -> None:
    for key in ("originals/5/0", "renditions/0000000000000005/0123456789abcdef/320.webp"):
        signed = FormSigner.from_settings(house.settings).sign(
            "eu",
            key,
            content_type="image/jpeg",
            bytes_max=KIBIBYTE,
            expires_at=datetime.now(UTC) + timedelta(minutes=1),
        )
        fields = {field.name: field.value for field in signed}
        assert (await send(http, store_url(house.settings), fields, PHOTO)).status_code == 403


async def test_what_is_over_leaves_nothing(
    swept: House, http: httpx2.AsyncClient, owner: int, database: Database
) -> None:
    """Also what arrives when nobody waits for it any more."""
    forms = [await swept.forms.open(owner, content_type="image/png", byte_size=9) for _ in range(3)]
    uploads = [await swept.uploads.find(form.upload_id, owner) for form in forms]
    ended, expired, still_open = uploads
    for form in forms:
        await send(http, store_url(swept.settings), _fields(form), b"bytes")
    await swept.uploads.end(ended)
    assert await _fetched(swept, ended) is None
    await send(http, store_url(swept.settings), _fields(forms[0]), b"again")
    past = {"sweep_at": datetime.now(UTC), "expires_at": datetime.now(UTC)}
    await database["uploads"].update_one({"_id": expired.id}, {"$set": past})
    assert await swept.uploads.sweep() == 2
    assert [await _fetched(swept, each) for each in uploads] == [None, None, b"bytes"]

    await swept.uploads.remove_all_of(owner)
    assert await swept.uploads.sweep() == 3
    assert await _fetched(swept, still_open) is None
    with pytest.raises(Refusal):
        await swept.uploads.find(still_open.id, owner)


async def test_what_lies_in_a_region_that_is_away_is_swept_later(
    swept: House, database: Database, owner: int
) -> None:
    here, away = [
        await swept.forms.open(owner, content_type="image/png", byte_size=9) for _ in range(2)
    ]
    elsewhere: dict[str, Any] = {"region": "moon", "sweep_at": datetime.now(UTC)}
    await database["uploads"].update_one({"_id": away.upload_id}, {"$set": elsewhere})
    await swept.uploads.end(await swept.uploads.find(here.upload_id, owner))
    assert await swept.uploads.sweep() == 1
    assert await database["uploads"].count_documents({"_id": away.upload_id}) == 1


async def test_what_no_photo_can_be_is_refused(house: House, owner: int) -> None:
    for content_type in ("image/gif", "", "image/jpg", "text/html", "image/svg+xml", "image"):
        with pytest.raises(Refusal) as refusal:
            await house.forms.open(owner, content_type=content_type, byte_size=1)
        assert (refusal.value.code, refusal.value.field) == ("UNSUPPORTED_FORMAT", "content_type")
    for byte_size in (0, -1):
        with pytest.raises(BadInputError):
            await house.forms.open(owner, content_type="image/png", byte_size=byte_size)
