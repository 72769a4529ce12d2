"""Forms on their way through the edge to real stores: stored, or refused in our own words."""

import secrets
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import httpx2
import pytest

from app.images.store import ObjectStores
from app.uploads.signing import FormSigner
from docker.local.servers import find_servers
from tests.stack import TestStack
from tests.stores.forms import HIDDEN, assert_form_refused

pytestmark = pytest.mark.both_stores
TYPE: Final = "image/jpeg"
SMALL: Final = b"a photo" * 1_000
LARGE: Final = secrets.token_bytes(1024**2) * 20


class Staging:
    """The staging areas of both regions, and forms for them."""

    def __init__(self, servers: TestStack, http: httpx2.Client) -> None:
        self.stores = ObjectStores.from_settings(servers.settings)
        for region in servers.settings.object_stores:
            self.stores.prepare(region)
        self._signer = FormSigner.from_settings(servers.settings)
        self._http = http

    def form(self, region: str, bytes_max: int = len(LARGE), *, minutes: int = 5) -> dict[str, str]:
        """The fields of a form for an object that is not there."""
        expires_at = datetime.now(UTC) + timedelta(minutes=minutes)
        key = f"staging/{secrets.token_hex(8)}/0"
        fields = self._signer.sign(
            region, key, content_type=TYPE, bytes_max=bytes_max, expires_at=expires_at
        )
        return {field.name: field.value for field in fields}

    def send(self, region: str, fields: Mapping[str, str], photo: bytes = SMALL) -> httpx2.Response:
        """Send a form as a browser does: the file is its last part."""
        file = {"file": ("photo.jpg", photo, TYPE)}
        return self._http.post(f"/uploads/{region}", data=fields, files=file)


@pytest.fixture(scope="module")
def staging(servers: TestStack) -> Iterator[Staging]:
    with httpx2.Client(base_url=servers.cdn_url, timeout=40) as http:
        yield Staging(servers, http)


@pytest.mark.parametrize("photo", [SMALL, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("region", ["eu", "us"])
def test_a_form_stores_what_it_was_signed_for(staging: Staging, region: str, photo: bytes) -> None:
    fields = staging.form(region)
    answer = staging.send(region, fields, photo)
    assert (answer.status_code, answer.content) == (204, b"")
    assert HIDDEN.isdisjoint(answer.headers)
    assert not [name for name in answer.headers if name.startswith(("x-amz", "x-minio", "seaweed"))]
    assert staging.stores.keys(region, fields["key"]) == [fields["key"]]


@pytest.mark.parametrize("photo", [SMALL, LARGE], ids=["small", "large"])
@pytest.mark.parametrize(
    "changed",
    [
        {"key": "renditions/0123456789abcdef/0123456789abcdef/320.webp"},
        {"x-amz-signature": "0" * 64},
        {"acl": "public-read"},
        {"success_action_redirect": "https://evil.example/"},
        {"success_action_status": "201"},
        {"redirect": "https://evil.example/"},
        {"x-amz-meta-a": "b"},
        {"Content-Type": "text/html"},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_a_form_that_was_changed_is_refused(
    staging: Staging, changed: dict[str, str], photo: bytes
) -> None:
    """Also a large one, of which the store does not read the end before it refuses."""
    fields = staging.form("eu")
    refused = staging.send("eu", fields | changed, photo)
    assert_form_refused(refused, 403, "FORBIDDEN")
    assert staging.stores.keys("eu", (fields | changed)["key"]) == []


def test_a_form_of_another_region_is_refused(staging: Staging) -> None:
    fields = staging.form("eu")
    # MinIO looks at the region that a form was signed for before it looks at the signature.
    is_minio = find_servers().object_store.name == "minio"
    refused = staging.send("us", fields)
    assert_form_refused(refused, *((400, "BAD_REQUEST") if is_minio else (403, "FORBIDDEN")))
    assert staging.stores.keys("us", fields["key"]) == []


def test_a_form_that_has_expired_is_refused(staging: Staging) -> None:
    fields = staging.form("eu", minutes=-1)
    assert_form_refused(staging.send("eu", fields), 403, "FORBIDDEN")
    assert staging.stores.keys("eu", fields["key"]) == []


@pytest.mark.parametrize("photo", [b"", SMALL, LARGE], ids=["empty", "small", "large"])
def test_a_file_of_another_size_is_refused(staging: Staging, photo: bytes) -> None:
    fields = staging.form("eu", bytes_max=100)
    assert_form_refused(staging.send("eu", fields, photo), 400, "BAD_REQUEST")
    assert staging.stores.keys("eu", fields["key"]) == []


def test_what_is_staged_cannot_be_fetched(staging: Staging, servers: TestStack) -> None:
    fields = staging.form("eu")
    assert staging.send("eu", fields).status_code == 204
    for path in (f"eu/{fields['key']}", f"uploads/eu/{fields['key']}", "uploads/eu", "eu/staging/"):
        assert httpx2.get(f"{servers.cdn_url}/{path}").status_code in {404, 405}


def test_while_a_store_is_away_forms_are_to_be_sent_later(
    staging: Staging, servers: TestStack
) -> None:
    fields = staging.form("eu")
    servers.stop("store-eu")
    try:
        refused = staging.send("eu", fields)
        assert_form_refused(refused, 503, "SERVICE_UNAVAILABLE")
        assert int(refused.headers["retry-after"]) > 0
    finally:
        servers.start("store-eu")
        servers.wait_until_ready("store-eu")
