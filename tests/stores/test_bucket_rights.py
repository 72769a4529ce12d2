"""Who may do what with the buckets, asked of the store itself: past the edge, past the API."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import httpx2
import pytest
from minio import Minio, S3Error
from minio.commonconfig import CopySource, Tags
from minio.deleteobjects import DeleteObject

from tests.stores.buckets import ORIGINAL, PREFIXES, RENDITION, STAGED, Bucket, bucket, put

__all__ = ["bucket"]

pytestmark = pytest.mark.both_stores

POLICY = '{"Version": "2012-10-17", "Statement": []}'
DELETION = f"<Delete><Object><Key>{RENDITION}</Key></Object></Delete>"
TAGGING = "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>"
TAGS = Tags.new_object_tags()
TAGS["a"] = "b"

READS = (
    *("", "?list-type=2", "?list-type=2&prefix=renditions/", "?versions", "?uploads"),
    *("?acl", "?policy", "?policyStatus", "?lifecycle", "?versioning", "?tagging", "?cors"),
    *(f"/{RENDITION}?acl", f"/{RENDITION}?tagging", f"/{RENDITION}?uploadId=1"),
    *(f"/{ORIGINAL}", f"/{STAGED}", "/staging/", "/renditions/../originals/rights"),
    *("/renditions/%2e%2e/originals/rights", f"/renditions%2F..%2F{ORIGINAL}"),
)


@pytest.mark.parametrize("path", READS)
def test_a_stranger_reads_renditions_and_nothing_else(bucket: Bucket, path: str) -> None:
    assert httpx2.get(f"{bucket.address}/{RENDITION}").content == b"before"
    answer = httpx2.get(bucket.address + path)
    assert answer.status_code in {400, 403, 404}
    assert b"before" not in answer.content
    assert b"<Contents>" not in answer.content


WRITES = (
    *(("PUT", f"/{prefix}rights", "evil") for prefix in PREFIXES),
    *(("PUT", f"/{prefix}rights.new", "evil") for prefix in PREFIXES),
    *(("PUT", path, POLICY) for path in ("", "?policy", "?acl", "?cors", "?lifecycle")),
    *(("PUT", path, POLICY) for path in ("?versioning", "?tagging", "?notification")),
    *(("PUT", f"/{RENDITION}{query}", TAGGING) for query in ("?acl", "?tagging", "?retention")),
    *(("POST", f"/{prefix}rights?uploads", "") for prefix in PREFIXES),
    *(("POST", path, DELETION) for path in ("", "?delete", f"/{RENDITION}", f"/{STAGED}?restore")),
    *(("DELETE", f"/{prefix}rights", "") for prefix in PREFIXES),
    *(("DELETE", query, "") for query in ("", "?policy", "?cors", "?lifecycle", "?tagging")),
)


@pytest.mark.parametrize(("method", "path", "content"), WRITES)
def test_a_stranger_changes_nothing(bucket: Bucket, method: str, path: str, content: str) -> None:
    before = bucket.state()
    answer = httpx2.request(method, bucket.address + path, content=content)
    assert answer.status_code in {400, 403, 405, 411, 501} or b"AccessDenied" in answer.content
    assert b"<Deleted>" not in answer.content
    assert bucket.state() == before


@pytest.mark.parametrize("acl", ["public-read", "public-read-write"])
def test_a_stranger_opens_nothing_by_a_header(bucket: Bucket, acl: str) -> None:
    before = bucket.state()
    for path in ("", f"/{ORIGINAL}", f"/{ORIGINAL}?acl"):
        answer = httpx2.put(bucket.address + path, headers={"x-amz-acl": acl}, content=b"evil")
        assert answer.status_code in {400, 403, 409}
    assert bucket.state() == before


Attempt = Callable[[Minio, str], Any]
ATTEMPTS: Mapping[str, Attempt] = MappingProxyType(
    {
        "put an open object": lambda c, b: put(c, b, RENDITION),
        "put an original": lambda c, b: put(c, b, ORIGINAL),
        "put beside staging": lambda c, b: put(c, b, "stagingx/rights"),
        "put outside": lambda c, b: put(c, b, "rights"),
        "put elsewhere": lambda c, b: put(c, f"{b}-other", STAGED),
        "read what is staged": lambda c, b: c.get_object(b, STAGED).data,
        "read an original": lambda c, b: c.get_object(b, ORIGINAL).data,
        "ask for what is staged": lambda c, b: c.stat_object(b, STAGED),
        "list": lambda c, b: list(c.list_objects(b, "staging/", recursive=True)),
        "list all": lambda c, b: list(c.list_objects(b, recursive=True, use_api_v1=True)),
        "list versions": lambda c, b: list(c.list_objects(b, include_version=True)),
        "list parts": lambda c, b: c._list_multipart_uploads(b),
        "delete": lambda c, b: c.remove_object(b, STAGED),
        "open what is staged": lambda c, b: c.copy_object(b, RENDITION, CopySource(b, STAGED)),
        "copy an original": lambda c, b: c.copy_object(b, f"{STAGED}.1", CopySource(b, ORIGINAL)),
        "copy what is staged": lambda c, b: c.copy_object(b, f"{STAGED}.1", CopySource(b, STAGED)),
        "tag": lambda c, b: c.set_object_tags(b, STAGED, TAGS),
        "untag": lambda c, b: c.delete_object_tags(b, STAGED),
        "read tags": lambda c, b: c.get_object_tags(b, STAGED),
        "ask for the bucket": lambda c, b: c.bucket_exists(b),
        "make a bucket": lambda c, b: c.make_bucket(f"{b}-new"),
        "remove the bucket": lambda c, b: c.remove_bucket(b),
        "read the policy": lambda c, b: c.get_bucket_policy(b),
        "set the policy": lambda c, b: c.set_bucket_policy(b, POLICY),
        "delete the policy": lambda c, b: c.delete_bucket_policy(b),
        "read the lifecycle": lambda c, b: c.get_bucket_lifecycle(b),
        "delete the lifecycle": lambda c, b: c.delete_bucket_lifecycle(b),
        "read the versioning": lambda c, b: c.get_bucket_versioning(b),
    }
)


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_who_signs_uploads_may_do_nothing_else(bucket: Bucket, attempt: str) -> None:
    before = bucket.state()
    with pytest.raises(S3Error) as refused:
        ATTEMPTS[attempt](bucket.uploader, bucket.name)
    assert refused.value.code == "AccessDenied"
    assert bucket.state() == before


def test_who_signs_uploads_deletes_nothing_in_bulk(bucket: Bucket) -> None:
    before = bucket.state()
    keys = [DeleteObject(key) for key in (RENDITION, ORIGINAL, STAGED)]
    refused = list(bucket.uploader.remove_objects(bucket.name, keys))
    assert len(refused) == len(keys)
    assert {each.code for each in refused} == {"AccessDenied"}
    assert bucket.state() == before


def test_who_signs_uploads_sees_no_buckets(bucket: Bucket) -> None:
    """One store refuses to list them, the other lists none."""
    try:
        seen = bucket.uploader.list_buckets()
    except S3Error as refused:
        seen = []
        denied = refused.code == "AccessDenied"
    else:
        denied = True
    assert denied
    assert seen == []


def test_who_signs_uploads_puts_what_is_staged(bucket: Bucket) -> None:
    put(bucket.uploader, bucket.name, f"{STAGED}.put", b"staged")
    assert bucket.read(f"{STAGED}.put") == b"staged"
