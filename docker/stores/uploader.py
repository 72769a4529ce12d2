"""The user that signs direct uploads, and how MinIO is given it; safe to run again.

It may put objects under `staging/` of the region's bucket, and do nothing else. Whoever sees a
signed form learns its signer's access key, so nobody else signs any.
"""

import sys
from collections.abc import Iterable

import urllib3
from minio.credentials.providers import StaticProvider
from minio.error import MinioException
from minio.minioadmin import MinioAdmin

from app.errors import ConfigurationError
from app.settings import Settings, load_settings

POLICY = "photofeed-uploads"
TIMEOUT_SECONDS = 5
# For some seconds after its start, MinIO has no users to speak of, and says 503.
RETRIES_MAX = 6
RETRY_BACKOFF_SECONDS = 0.2


def main(settings: Settings) -> None:
    """Make the policy and the user in the store of each region."""
    user = settings.object_store_upload_access_key.get_secret_value()
    for region in settings.object_stores:
        admin = _admin(settings, region)
        admin.policy_add(POLICY, policy=policy([settings.bucket(region)]))
        admin.user_add(user, settings.object_store_upload_secret_key.get_secret_value())
        admin.policy_set(POLICY, user=user)


def policy(buckets: Iterable[str]) -> dict[str, object]:
    """All that the user may do."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": ["s3:PutObject"],
                "Resource": [f"arn:aws:s3:::{bucket}/staging/*" for bucket in buckets],
            }
        ],
    }


def _admin(settings: Settings, region: str) -> MinioAdmin:
    endpoint = settings.object_stores[region]
    return MinioAdmin(
        endpoint=f"{endpoint.host}:{endpoint.port}",
        credentials=StaticProvider(
            settings.object_store_access_key.get_secret_value(),
            settings.object_store_secret_key.get_secret_value(),
        ),
        region=settings.signing_region(region),
        secure=endpoint.scheme == "https",
        http_client=urllib3.PoolManager(
            timeout=TIMEOUT_SECONDS,
            retries=urllib3.Retry(
                total=RETRIES_MAX, backoff_factor=RETRY_BACKOFF_SECONDS, status_forcelist=(503,)
            ),
        ),
    )


if __name__ == "__main__":
    try:
        main(load_settings())
    except (ConfigurationError, MinioException, urllib3.exceptions.HTTPError) as error:
        sys.exit(f"{type(error).__name__}: {error}")
