"""The bucket of a region as its owner sees it, and those who try what they may not."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO

import httpx2
import pytest
from minio import Minio

from app.images.store import ObjectStores
from app.settings import Settings
from app.uploads.signing import FormSigner
from tests.stack import TestStack

REGION = "eu"
RENDITION, ORIGINAL, STAGED = "renditions/rights", "originals/rights", "staging/rights"
PREFIXES = ("renditions/", "originals/", "staging/", "stagingx/", "")
BYTES_MAX = 10
FORM_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """A bucket, its owner, and who signs uploads to it."""

    name: str
    address: str
    owner: Minio
    uploader: Minio
    signer: FormSigner

    def contents(self) -> dict[str, str]:
        """The objects of these tests, and what tells their content."""
        found = self.owner.list_objects(self.name, recursive=True)
        return {str(o.object_name): str(o.etag) for o in found if "rights" in str(o.object_name)}

    def state(self) -> tuple[object, ...]:
        """All that nobody else may change."""
        policy = json.loads(self.owner.get_bucket_policy(self.name))
        versioning = self.owner.get_bucket_versioning(self.name).status
        return (self.contents(), policy, versioning, self.owner.get_object_tags(self.name, STAGED))

    def read(self, key: str) -> bytes:
        """An object's content."""
        with self.owner.get_object(self.name, key) as response:
            return response.data

    def form(self, key: str) -> dict[str, str]:
        """The fields of a form for a JPEG of a few bytes."""
        expires_at = datetime.now(UTC) + timedelta(seconds=FORM_SECONDS)
        fields = self.signer.sign(
            REGION, key, content_type="image/jpeg", bytes_max=BYTES_MAX, expires_at=expires_at
        )
        return {field.name: field.value for field in fields}

    def post(self, fields: dict[str, str], content: bytes = b"bytes") -> httpx2.Response:
        """Send a form as a browser does."""
        files = {"file": ("a.jpg", content, "image/jpeg")}
        return httpx2.post(self.address, data=fields, files=files)


def put(client: Minio, bucket: str, key: str, content: bytes = b"put") -> None:
    """Put a small object."""
    client.put_object(bucket, key, BytesIO(content), len(content))


@pytest.fixture(scope="module")
def bucket(servers: TestStack) -> Iterator[Bucket]:
    """The stack's own bucket, with an object under each prefix."""
    settings = servers.settings
    ObjectStores.from_settings(settings).prepare(REGION)
    made = Bucket(
        name=settings.bucket(REGION),
        address=f"{settings.object_stores[REGION]}{settings.bucket(REGION)}",
        owner=_client(
            settings,
            settings.object_store_access_key.get_secret_value(),
            settings.object_store_secret_key.get_secret_value(),
        ),
        uploader=_client(
            settings,
            settings.object_store_upload_access_key.get_secret_value(),
            settings.object_store_upload_secret_key.get_secret_value(),
        ),
        signer=FormSigner.from_settings(settings),
    )
    for key in (RENDITION, ORIGINAL, STAGED):
        put(made.owner, made.name, key, b"before")
    yield made
    for key in made.contents():
        made.owner.remove_object(made.name, key)


def _client(settings: Settings, access_key: str, secret_key: str) -> Minio:
    endpoint = settings.object_stores[REGION]
    return Minio(
        f"{endpoint.host}:{endpoint.port}",
        access_key=access_key,
        secret_key=secret_key,
        secure=False,
        region=REGION,
    )
