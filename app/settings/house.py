"""Settings of the house: its servers, its limits, its pace."""

from typing import Literal

from pydantic import Field, HttpUrl, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings

from app.settings.fields import (
    Addresses,
    Count,
    RegionsByRegion,
    Seconds,
    Secret,
    StoresByRegion,
)


class HouseSettings(BaseSettings):
    """What a deployment may choose, whichever door is used."""

    region: str = Field(
        pattern=r"^[a-z][a-z0-9]{1,15}$",
        description="The region this process runs in; new photos are stored there.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="The least severe record that is logged."
    )

    mongodb_url: Secret = Field(description="The MongoDB replica set: posts, follows, accounts.")
    mongodb_database: str = Field(default="photofeed", description="The database's name.")
    broker_url: Secret = Field(description="The Redis that holds jobs (AOF, noeviction).")
    cache_url: Secret = Field(description="The Redis for timelines and live events (evicting).")
    cache_cluster: bool = Field(
        default=False,
        description="The cache is a Redis Cluster: `cache_url` names one of its nodes.",
    )

    object_stores: StoresByRegion = Field(
        description='The S3 endpoint of each region, as JSON: `{"eu": "http://…"}`.'
    )
    object_store_access_key: Secret = Field(description="The access key of the object stores.")
    object_store_secret_key: Secret = Field(description="The secret key of the object stores.")
    object_store_upload_access_key: Secret = Field(
        description="An access key that may do nothing but put objects under `staging/`."
    )
    object_store_upload_secret_key: Secret = Field(
        description="Its secret key; it signs the forms of direct uploads."
    )
    object_store_signing_regions: RegionsByRegion = Field(
        default={},
        description='What a store calls its region, as JSON: `{"eu": "eu-west-1"}`; else as we do.',
    )
    bucket_prefix: str = Field(
        default="photofeed", description="A region's bucket is called `<prefix>-<region>`."
    )
    cdn_url: HttpUrl = Field(description="Where clients fetch images: the address of the edge.")
    edges: Addresses = Field(
        default=(),
        description="Where workers reach the edges, to warm them: a JSON list; none: `cdn_url`.",
    )

    token_secret: SecretStr = Field(
        min_length=32, description="Signs access tokens; at least 32 characters."
    )
    access_token_seconds: Count = Field(default=900, description="Life of an access token.")
    refresh_token_seconds: Count = Field(
        default=2_592_000, description="Life of a session that is not refreshed."
    )
    password_hash_memory_kib: Count = Field(
        default=19_456, description="Memory of one argon2id hash (OWASP: 19 MiB)."
    )
    password_hash_passes: Count = Field(default=2, description="Passes of one argon2id hash.")
    password_hash_parallel_max: Count = Field(
        default=2, description="Argon2id hashes at once in a process; more wait."
    )

    image_max_bytes: Count = Field(default=20 * 1024**2, description="Largest photo accepted.")
    image_max_pixels: Count = Field(default=50_000_000, description="Most pixels of a photo.")
    image_max_side_px: Count = Field(default=12_000, description="Longest side of a photo.")
    decode_memory_max_bytes: Count = Field(
        default=1536 * 1024**2, description="Address space of a decoding process."
    )
    decode_quick_cpu_max_seconds: Count = Field(
        default=2,
        description="CPU time of a decoding process at first; then comes the slow lane.",
    )
    decode_cpu_max_seconds: Count = Field(
        default=20, description="CPU time of a decoding process in the slow lane."
    )
    decode_wall_max_seconds: Seconds = Field(
        default=30, description="Wall-clock time of a decoding process."
    )
    renditions_avif: bool = Field(
        default=False, description="Make AVIF beside WebP: smaller, at twice the CPU time a photo."
    )

    upload_url: HttpUrl | None = Field(
        default=None,
        description="Where clients post the forms of `createUpload`; unless set, to the edge.",
    )
    upload_form_seconds: Count = Field(
        default=300, description="How long the form of `createUpload` is good, and what it brought."
    )
    uploads_open_max: Count = Field(
        default=20, description="Uploads that one account may have open at once."
    )
    upload_resumable_seconds: Count = Field(
        default=86_400, description="How long a resumable upload is kept after its last bytes."
    )
    upload_request_max_seconds: Seconds = Field(
        default=300,
        description="Longest that one request may bring bytes of a resumable upload; they stay.",
    )
    upload_requests_max: Count = Field(
        default=128,
        description="Requests that bring bytes of resumable uploads to a process at once.",
    )

    following_max: Count = Field(
        default=10_000, description="Accounts that one account may follow."
    )
    pull_above_followers: Count = Field(
        default=100_000,
        description="Accounts with more followers are pulled: readers merge their posts in.",
    )
    push_below_followers: Count = Field(
        default=80_000,
        description="Pulled accounts with fewer followers are pushed to timelines again.",
    )
    timeline_max_posts: Count = Field(
        default=500,
        description="Posts that a cached timeline keeps; older ones are read from MongoDB.",
    )
    timeline_builds_max: Count = Field(
        default=4, description="Timelines that a process builds at once; other readers do without."
    )
    stored_reads_max: Count = Field(
        default=16, description="Pages that a process reads from MongoDB at once; more wait."
    )
    fan_out_chunk_followers: Count = Field(
        default=10_000, description="Followers that a fan-out serves at once."
    )
    fan_out_job_seconds: Seconds = Field(
        default=0.5, description="A fan-out that takes longer lets others have their turn."
    )
    cache_timeout_seconds: Seconds = Field(
        default=0.5, description="Longest wait for the cache before MongoDB is asked instead."
    )

    renders_quick_max: Count = Field(
        default=2, description="Photos of one account under way; further ones go to the slow lane."
    )
    owed_retry_seconds: Seconds = Field(
        default=15, description="A job that a post still owes after this long is sent again."
    )
    sweep_interval_seconds: Seconds = Field(
        default=5, description="Pause between two looks for owed jobs."
    )

    live_pending_max_updates: Count = Field(
        default=1_000,
        description="Updates kept for a subscriber who is slow or comes back; then a FeedGap.",
    )
    live_kept_seconds: Seconds = Field(
        default=86_400, description="How long `feedUpdates(after:)` knows what happened."
    )

    @field_validator("object_stores")
    @classmethod
    def _region_has_a_store(
        cls, stores: dict[str, HttpUrl], others: ValidationInfo
    ) -> dict[str, HttpUrl]:
        if "region" in others.data and others.data["region"] not in stores:
            raise ValueError("the region of this process has no store")
        return stores

    @field_validator("push_below_followers")
    @classmethod
    def _is_not_above_pulling(cls, push_below: int, others: ValidationInfo) -> int:
        if push_below > others.data.get("pull_above_followers", push_below):
            raise ValueError("it must not be above pull_above_followers")
        return push_below

    def bucket(self, region: str) -> str:
        """Name of a region's bucket."""
        return f"{self.bucket_prefix}-{region}"

    def signing_region(self, region: str) -> str:
        """What a region's store calls it; requests are signed for that name."""
        return self.object_store_signing_regions.get(region, region)

    def edge_addresses(self) -> tuple[str, ...]:
        """Where the edges are to be reached by workers."""
        return tuple(str(each) for each in self.edges or (self.cdn_url,))

    def partner(self, region: str) -> str | None:
        """The region that has the second copy of a region's photos; None if there is none.

        The next one in the order of `object_stores`; the last one's partner is the first.
        """
        regions = list(self.object_stores)
        if region not in regions or len(regions) == 1:
            return None
        return regions[(regions.index(region) + 1) % len(regions)]
