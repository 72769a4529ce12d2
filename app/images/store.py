"""Objects in the S3 stores of the regions: only what MinIO, SeaweedFS and AWS have in common."""

import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Self

import urllib3
from minio import Minio, S3Error
from minio.commonconfig import CopySource
from minio.deleteobjects import DeleteObject
from minio.error import MinioException, ServerError
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError, ReadTimeoutError

from app.images.conditions import Listed
from app.images.model import ObjectMissingError, ObjectStoreAwayError, ObjectStoreError

if TYPE_CHECKING:
    from app.settings import Settings

PUBLIC_PREFIX: Final = "renditions/"
CONNECT_MAX_SECONDS: Final = 2.0
READ_MAX_SECONDS: Final = 5.0
RETRIES_MAX: Final = 1
RETRY_BACKOFF_SECONDS: Final = 0.2
CONNECTIONS_MAX: Final = 32  # kept open; more than threads ask at once

# A larger file is sent in parts of this size, the least that S3 allows: one part is in memory.
PART_BYTES: Final = 5 * 1024**2
COPY_BYTES: Final = 1024**2

# Whether a store is there has to be known sooner than whether it can be made to answer.
CHECK_MAX_SECONDS: Final = 1.0

KINDS: Final[Mapping[str, type[ObjectStoreError]]] = MappingProxyType(
    {
        "NoSuchKey": ObjectMissingError,
        "NoSuchBucket": ObjectMissingError,
        "InternalError": ObjectStoreAwayError,
        "ServiceUnavailable": ObjectStoreAwayError,
        "SlowDown": ObjectStoreAwayError,
    }
)
MADE_MEANWHILE: Final = ("BucketAlreadyOwnedByYou", "BucketAlreadyExists")


class ObjectStores:
    """The bucket of each region. Methods block, and may be called from several threads at once.

    Each raises ObjectStoreError when the store refuses, fails or stays silent.
    """

    def __init__(
        self,
        *,
        clients: Mapping[str, Minio],
        probes: Mapping[str, Minio],
        buckets: Mapping[str, str],
    ) -> None:
        """Take clients by region; the `probes` are those that `check` asks, and lose patience."""
        self._clients = clients
        self._probes = probes
        self._buckets = buckets

    @classmethod
    def from_settings(cls, settings: "Settings") -> Self:
        """Stores of all regions; nothing is connected yet."""
        regions = settings.object_stores
        return cls(
            clients={region: _client(settings, region, _working()) for region in regions},
            probes={region: _client(settings, region, _probing()) for region in regions},
            buckets={region: settings.bucket(region) for region in regions},
        )

    def put(
        self,
        region: str,
        key: str,
        file: BinaryIO,
        *,
        byte_size: int,
        content_type: str,
        cache_control: str | None = None,
    ) -> None:
        """Store the next `byte_size` bytes of `file`, with at most `PART_BYTES` in memory."""
        with self._asked(region) as (client, bucket):
            client.put_object(
                bucket,
                key,
                file,
                byte_size,
                content_type=content_type,
                metadata={"Cache-Control": cache_control} if cache_control else None,
                part_size=PART_BYTES,
                num_parallel_uploads=1,
            )

    def fetch(self, region: str, key: str, path: Path) -> None:
        """Write the object to the file `path`; ObjectMissingError if there is none."""
        with (
            self._asked(region) as (client, bucket),
            closing(client.get_object(bucket, key)) as response,
            path.open("wb") as file,
        ):
            shutil.copyfileobj(response, file, COPY_BYTES)

    def remove(self, region: str, key: str) -> None:
        """Remove the object; it is no error if there is none."""
        with self._asked(region) as (client, bucket):
            client.remove_object(bucket, key)

    def remove_all(self, region: str, keys: Iterable[str]) -> None:
        """Remove those of the objects that there are."""
        with self._asked(region) as (client, bucket):
            refused = client.remove_objects(bucket, [DeleteObject(key) for key in keys])
            if errors := [f"{error.name}: {error.code}" for error in refused]:
                raise ObjectStoreError(region, f"It did not remove {', '.join(errors)}")

    def copy(self, region: str, source: str, target: str) -> None:
        """Store an object once more, headers and all; ObjectMissingError if there is none."""
        with self._asked(region) as (client, bucket):
            client.copy_object(bucket, target, CopySource(bucket, source))

    def keys(self, region: str, prefix: str) -> list[str]:
        """Keys of all objects whose keys begin with `prefix`."""
        with self._asked(region) as (client, bucket):
            return [
                str(found.object_name)
                for found in client.list_objects(bucket, prefix, recursive=True)
            ]

    def listed(self, region: str, prefix: str, *, after: str, limit: int) -> list[Listed]:
        """Objects whose keys begin with `prefix`, in the order of keys, behind one of them."""
        with self._asked(region) as (client, bucket):
            listing = client.list_objects(bucket, prefix, recursive=True, start_after=after or None)
            return [
                Listed(key=str(found.object_name), modified_at=found.last_modified)
                for found in islice(listing, limit)
                if found.last_modified
            ]

    def prepare(self, region: str) -> None:
        """Make the bucket unless it is there, and let anybody read renditions, nothing else."""
        with self._asked(region) as (client, bucket):
            if not client.bucket_exists(bucket):
                _make(client, bucket)
            client.set_bucket_policy(bucket, json.dumps(_policy(bucket)))

    def check(self, region: str) -> None:
        """Return if the store answers at once, and has the bucket; else raise ObjectStoreError."""
        with self._asked(region) as (_, bucket):
            if not self._probes[region].bucket_exists(bucket):
                raise ObjectMissingError(region, f"There is no bucket {bucket}.")

    @contextmanager
    def _asked(self, region: str) -> Iterator[tuple[Minio, str]]:
        """Client and bucket of a region; what goes wrong between them becomes ours."""
        if region not in self._clients:
            raise ObjectStoreError(region, "It is not among the settings.")
        try:
            yield self._clients[region], self._buckets[region]
        except S3Error as error:
            kind = KINDS.get(error.code or "", ObjectStoreError)
            raise kind(region, str(error)) from error
        except urllib3.exceptions.ProtocolError as error:  # in the middle of an object
            raise ObjectStoreError(region, repr(error)) from error
        except (ServerError, urllib3.exceptions.HTTPError) as error:
            raise ObjectStoreAwayError(region, repr(error)) from error
        except MinioException as error:
            raise ObjectStoreError(region, repr(error)) from error


def _client(settings: "Settings", region: str, pool: urllib3.PoolManager) -> Minio:
    endpoint = settings.object_stores[region]
    return Minio(
        f"{endpoint.host}:{endpoint.port}",
        access_key=settings.object_store_access_key.get_secret_value(),
        secret_key=settings.object_store_secret_key.get_secret_value(),
        secure=endpoint.scheme == "https",
        # Without it, the client asks the server for it before it can sign anything.
        region=settings.signing_region(region),
        http_client=pool,
    )


def _working() -> urllib3.PoolManager:
    return urllib3.PoolManager(
        maxsize=CONNECTIONS_MAX,
        timeout=urllib3.Timeout(connect=CONNECT_MAX_SECONDS, read=READ_MAX_SECONDS),
        retries=_Retry(
            total=RETRIES_MAX,
            allowed_methods=None,  # none of ours does harm when it is done twice
            backoff_factor=RETRY_BACKOFF_SECONDS,
            status_forcelist=(500, 502, 503, 504),
        ),
    )


SILENCE: Final = (ReadTimeoutError, ConnectTimeoutError)


class _Retry(urllib3.Retry):
    """Tries again what failed at once, such as a connection that a restart has cut.

    Who has been silent once is not waited for twice.
    """

    def increment(self, *args: Any, **kwargs: Any) -> Self:  # noqa: ANN401 - as urllib3 calls it
        error = kwargs.get("error")
        if isinstance(error, SILENCE) and not isinstance(error, NewConnectionError):
            raise error
        return super().increment(*args, **kwargs)


def _probing() -> urllib3.PoolManager:
    return urllib3.PoolManager(timeout=urllib3.Timeout(total=CHECK_MAX_SECONDS), retries=False)


def _make(client: Minio, bucket: str) -> None:
    try:
        client.make_bucket(bucket)
    except S3Error as error:
        if error.code not in MADE_MEANWHILE:
            raise


def _policy(bucket: str) -> dict[str, object]:
    """Let anybody GET what lies under the public prefix: not list it, not write it."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": ["*"]},
                "Action": ["s3:GetObject"],
                "Resource": [f"arn:aws:s3:::{bucket}/{PUBLIC_PREFIX}*"],
            }
        ],
    }
