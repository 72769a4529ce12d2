"""Signs forms by which whoever has one writes one object of a bucket, past us."""

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Self

from minio.signer import get_credential_string, post_presign_v4
from minio.time import to_amz_date, to_iso8601utc
from pydantic import SecretStr

from app.uploads.model import FormField

if TYPE_CHECKING:
    from app.settings import Settings

BYTES_MIN: Final = 1
ALGORITHM: Final = "AWS4-HMAC-SHA256"

# MinIO refuses a field that no condition names. SeaweedFS takes these of them, unless a condition
# says that they are empty, which they are as well if they are left out.
UNWANTED: Final = (
    "acl",
    "success_action_redirect",
    "redirect",
    "success_action_status",
    "cache-control",
    "content-disposition",
    "content-encoding",
    "expires",
)


class FormSigner:
    """POST policies for the buckets of the regions. Nothing is asked of a store.

    The access key is in every form, so it should be one that may do nothing else.
    """

    def __init__(
        self,
        *,
        access_key: SecretStr,
        secret_key: SecretStr,
        buckets: Mapping[str, str],
        signing_regions: Mapping[str, str],
    ) -> None:
        self._access_key = access_key
        self._secret_key = secret_key
        self._buckets = buckets
        self._signing_regions = signing_regions

    @classmethod
    def from_settings(cls, settings: "Settings") -> Self:
        """Sign for all regions."""
        regions = settings.object_stores
        return cls(
            access_key=settings.object_store_upload_access_key,
            secret_key=settings.object_store_upload_secret_key,
            buckets={region: settings.bucket(region) for region in regions},
            signing_regions={region: settings.signing_region(region) for region in regions},
        )

    def sign(
        self, region: str, key: str, *, content_type: str, bytes_max: int, expires_at: datetime
    ) -> tuple[FormField, ...]:
        """Fields of a form that stores 1 to `bytes_max` bytes under `key`, until it expires.

        The file comes after them, as the part `file`. A form may be posted again.
        """
        now, signing_region = datetime.now(UTC), self._signing_regions[region]
        access_key = self._access_key.get_secret_value()
        fields = {
            "key": key,
            "Content-Type": content_type,
            "x-amz-algorithm": ALGORITHM,
            "x-amz-credential": get_credential_string(access_key, now, signing_region),
            "x-amz-date": to_amz_date(now),
        }
        demanded = {"bucket": self._buckets[region], **fields, **dict.fromkeys(UNWANTED, "")}
        policy = {
            "expiration": to_iso8601utc(expires_at),
            "conditions": [
                *(["eq", f"${name}", value] for name, value in demanded.items()),
                ["content-length-range", BYTES_MIN, bytes_max],
            ],
        }
        fields["policy"] = base64.b64encode(json.dumps(policy).encode()).decode()
        fields["x-amz-signature"] = post_presign_v4(
            fields["policy"], self._secret_key.get_secret_value(), now, signing_region
        )
        return tuple(FormField(name=name, value=value) for name, value in fields.items())
