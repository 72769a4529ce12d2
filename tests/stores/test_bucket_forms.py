"""What a form can store that we have signed, asked of the store itself: past the edge."""

import secrets

import httpx2
import pytest

from tests.stores.buckets import BYTES_MAX, PREFIXES, STAGED, Bucket, bucket

__all__ = ["bucket"]

pytestmark = pytest.mark.both_stores


def test_a_form_stores_what_it_was_signed_for(bucket: Bucket) -> None:
    key = f"{STAGED}.{secrets.token_hex(4)}"
    answer = bucket.post(bucket.form(key), b"x" * BYTES_MAX)
    assert answer.status_code == 204
    assert bucket.owner.stat_object(bucket.name, key).content_type == "image/jpeg"
    assert bucket.read(key) == b"x" * BYTES_MAX
    assert httpx2.get(f"{bucket.address}/{key}").status_code == 403


@pytest.mark.parametrize("size", [0, BYTES_MAX + 1])
def test_a_form_stores_as_much_as_it_was_signed_for(bucket: Bucket, size: int) -> None:
    before = bucket.contents()
    assert bucket.post(bucket.form(f"{STAGED}.size"), bytes(size)).status_code == 400
    assert bucket.contents() == before


CHANGES = {
    "key": f"{STAGED}.other",
    "Content-Type": "text/html",
    "policy": "e30=",
    "x-amz-signature": "0" * 64,
    "x-amz-credential": "somebody/20261125/eu/s3/aws4_request",
    "x-amz-date": "20200101T000000Z",
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_form_that_was_changed_is_refused(bucket: Bucket, change: str) -> None:
    before = bucket.contents()
    form = bucket.form(f"{STAGED}.form")
    assert bucket.post(form | {change: CHANGES[change]}).status_code in {400, 403}
    del form[change]
    assert bucket.post(form).status_code in {400, 403}
    assert bucket.contents() == before


@pytest.mark.parametrize("prefix", [prefix for prefix in PREFIXES if prefix != "staging/"])
def test_a_form_for_anything_but_staging_is_refused(bucket: Bucket, prefix: str) -> None:
    before = bucket.contents()
    assert bucket.post(bucket.form(f"{prefix}rights.form")).status_code == 403
    assert bucket.contents() == before


def test_a_form_is_for_one_bucket(bucket: Bucket) -> None:
    before = bucket.contents()
    files = {"file": ("a.jpg", b"bytes", "image/jpeg")}
    fields = bucket.form(f"{STAGED}.form")
    answer = httpx2.post(f"{bucket.address}-other", data=fields, files=files)
    assert answer.status_code in {403, 404}
    assert bucket.contents() == before


EXTRA = {
    "acl": "public-read",
    "success_action_redirect": "https://evil.example/",
    "redirect": "https://evil.example/",
    "success_action_status": "201",
    "x-amz-meta-owner": "somebody",
    "x-amz-acl": "public-read",
    "x-amz-tagging": "a=b",
    "x-amz-storage-class": "GLACIER",
    "x-amz-website-redirect-location": "https://evil.example/",
    "x-amz-server-side-encryption": "AES256",
    "Cache-Control": "no-store",
    "Content-Encoding": "gzip",
    "Content-Disposition": "attachment",
    "Expires": "0",
}


@pytest.mark.parametrize("field", EXTRA)
def test_a_form_with_another_field_is_refused(bucket: Bucket, field: str) -> None:
    before = bucket.contents()
    answer = bucket.post(bucket.form(f"{STAGED}.extra") | {field: EXTRA[field]})
    assert answer.status_code == 403
    assert "Location" not in answer.headers
    assert bucket.contents() == before


@pytest.mark.parametrize("field", ["tagging", "whatever"])
def test_of_a_field_that_a_store_may_ignore_nothing_is_kept(bucket: Bucket, field: str) -> None:
    key = f"{STAGED}.{secrets.token_hex(4)}"
    answer = bucket.post(bucket.form(key) | {field: "<Tagging/>"})
    assert answer.status_code in {204, 403}
    if answer.status_code == 204:
        stored = bucket.owner.stat_object(bucket.name, key)
        assert "<Tagging/>" not in str(stored.metadata)
        assert not bucket.owner.get_object_tags(bucket.name, key)
        bucket.owner.remove_object(bucket.name, key)
    assert key not in bucket.contents()
