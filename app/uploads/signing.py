"""Signs forms by which whoever has one writes one object of a bucket, past us."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Final, Self

from minio.credentials.credentials import Credentials
from minio.datatypes import PostPolicy

from app.uploads.model import FormField

if TYPE_CHECKING:
    from app.settings import Settings

BYTES_MIN: Final = 1


class FormSigner:
    """POST policies for the buckets of the regions. Nothing is asked of a store."""

    def __init__(self, *, credentials: Credentials, buckets: Mapping[str, str]) -> None:
        self._credentials = credentials
        self._buckets = buckets

    @classmethod
    def from_settings(cls, settings: "Settings") -> Self:
        """Sign for all regions."""
        return cls(
            credentials=Credentials(
                settings.object_store_access_key.get_secret_value(),
                settings.object_store_secret_key.get_secret_value(),
            ),
            buckets={region: settings.bucket(region) for region in settings.object_stores},
        )

    def sign(
        self, region: str, key: str, *, content_type: str, bytes_max: int, expires_at: datetime
    ) -> tuple[FormField, ...]:
        """Fields of a form that stores 1 to `bytes_max` bytes under `key`, until it expires.

        The file comes after them, as the part `file`. A form may be posted again.
        """
        policy = PostPolicy(self._buckets[region], expires_at)
        policy.add_content_length_range_condition(BYTES_MIN, bytes_max)
        fields = {"key": key, "Content-Type": content_type}
        for name, value in fields.items():
            policy.add_equals_condition(name, value)
        fields |= policy.form_data(self._credentials, region)
        return tuple(FormField(name=name, value=value) for name, value in fields.items())
