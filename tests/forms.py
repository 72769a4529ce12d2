"""Uploads by form, as a client sends them: a ticket, the form, and the mutation that uses it."""

from typing import Any

import httpx2

from app.settings import Settings
from tests.client import ERRORS, UPLOAD, Person

CREATE_UPLOAD = f"""mutation($input: CreateUploadInput!) {{ createUpload(input: $input) {{
  upload {{ id url fields {{ name value }} expiresAt }} {ERRORS} }} }}"""


async def create_upload(
    person: Person, *, content_type: str = "image/jpeg", byte_size: int = 100_000
) -> Any:
    """Ask for a ticket; returns the payload."""
    asked = {"contentType": content_type, "byteSize": byte_size}
    return (await person.ask(CREATE_UPLOAD, input=asked))["createUpload"]


async def publish_upload(person: Person, upload_id: str, **fields: Any) -> Any:
    """Publish what was uploaded; returns the payload. `fields` are those of UploadPhotoInput."""
    return (await person.ask(UPLOAD, input={"uploadId": upload_id, **fields}))["uploadPhoto"]


def fields_of(ticket: Any) -> dict[str, str]:
    """The fields of a ticket by name, in their order."""
    return {field["name"]: field["value"] for field in ticket["fields"]}


async def send(
    http: httpx2.AsyncClient, url: str, fields: dict[str, str], photo: bytes
) -> httpx2.Response:
    """POST a form: its fields in their order, and the file last."""
    return await http.post(url, data=fields, files={"file": ("photo", photo)})


def store_url(settings: Settings, region: str = "eu") -> str:
    """Where the store of a region takes forms itself."""
    return f"{settings.object_stores[region]}{settings.bucket(region)}/"
