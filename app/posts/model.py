"""A post, its states, and what each state owes."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from app.accounts.model import AccountSettings
from app.errors import BadInputError, Refusal, RefusalCode
from app.images.model import Image
from app.jobs import (
    ErasePhoto,
    FanOut,
    FanOutChunk,
    Job,
    OwedJob,
    RenderPhoto,
    RenderPhotoSlowly,
    ReplicatePhoto,
)

DESCRIPTION_MAX_CHARACTERS = 2_200
ALT_TEXT_MAX_CHARACTERS = 1_000
IDEMPOTENCY_KEY_MAX_CHARACTERS = 200


class PostState(StrEnum):
    """Where a post stands; only READY posts are seen by others, DELETED ones by nobody."""

    PROCESSING = "PROCESSING"
    READY = "READY"
    FAILED = "FAILED"
    DELETED = "DELETED"


UNDELETED = (PostState.PROCESSING, PostState.READY, PostState.FAILED)
"""Every state but the last."""

OWED_BY_STATE: Mapping[PostState, tuple[type[OwedJob], ...]] = MappingProxyType(
    {
        PostState.PROCESSING: (RenderPhoto,),
        PostState.READY: (FanOut, ReplicatePhoto),
        PostState.FAILED: (),
        PostState.DELETED: (ErasePhoto,),
    }
)
"""The jobs that a post owes on entering a state, written in the same write as the state."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Post:
    """A photo that somebody published.

    `region` is where its objects are, `image` is there once it is READY, and `failure` says why
    it is FAILED. `moment` is the place of its publication in the log of changes; 0 until it is
    READY. One that `is_slow` is rendered in the slow lane. `memo` is what others have derived from
    this value; it lives as long as the value does.
    """

    id: int
    author_id: int
    region: str
    description: str
    alt_text: str | None
    created_at: datetime
    original_sha256: str
    state: PostState = PostState.PROCESSING
    failure: str | None = None
    image: Image | None = None
    moment: int = 0
    is_slow: bool = False
    memo: dict[Any, Any] = field(
        default_factory=dict, init=False, compare=False, repr=False, hash=False
    )

    def is_visible_to(self, viewer_id: int | None) -> bool:
        """Whether a viewer (None: nobody in particular) may see it."""
        if self.state is PostState.DELETED:
            return False
        return self.state is PostState.READY or self.author_id == viewer_id


@dataclass(frozen=True, kw_only=True, slots=True)
class Copy:
    """A region that had every object of a post, bit for bit, and when it was seen to."""

    region: str
    verified_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class CopiedPost:
    """A post, where its copies are, and the names of the jobs that it owes.

    Pages show posts without either: neither changes what there is to be seen.
    """

    post: Post
    copies: tuple[Copy, ...]
    owed: frozenset[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class IdempotencyKey:
    """A client's name for one upload; `fingerprint` tells whether it is the same upload again."""

    key: str
    fingerprint: str

    def __post_init__(self) -> None:
        if not 1 <= len(self.key) <= IDEMPOTENCY_KEY_MAX_CHARACTERS:
            raise BadInputError(
                f"idempotencyKey has 1 to {IDEMPOTENCY_KEY_MAX_CHARACTERS} characters"
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """What somebody wants to publish a photo with; texts that are too long are refused."""

    author_id: int
    description: str
    alt_text: str | None
    idempotency_key: str | None

    def __post_init__(self) -> None:
        check_texts(self.description, self.alt_text)

    def check_alt_text(self, settings: AccountSettings) -> None:
        """Refuse a photo without an alternative text, if its author wants that."""
        if settings.alt_text_required and not (self.alt_text or "").strip():
            raise Refusal(
                RefusalCode.INVALID_DESCRIPTION,
                "Your settings ask for an alternative text with every photo: say what is to be "
                "seen, for those who cannot see it.",
                field="alt_text",
            )

    def idempotency(self, photo_sha256: str) -> IdempotencyKey | None:
        """The client's name for publishing that photo with these texts, if it gave one."""
        if self.idempotency_key is None:
            return None
        alt_text = "" if self.alt_text is None else f"alt {self.alt_text}"
        parts = (photo_sha256, self.description, alt_text)
        fingerprint = hashlib.sha256("\0".join(parts).encode()).hexdigest()
        return IdempotencyKey(key=self.idempotency_key, fingerprint=fingerprint)


@dataclass(frozen=True, kw_only=True, slots=True)
class OwedJobs:
    """What a post still owes: names of jobs, and how far it has got with them.

    Its fan-out has reached the follow edge `fan_out_after`; it `is_slow` to render.
    """

    post_id: int
    names: tuple[str, ...]
    fan_out_after: int = 0
    is_slow: bool = False

    def jobs(self) -> tuple[Job, ...]:
        """The jobs, to be sent."""
        return tuple(self._job(kind) for kind in _KINDS if kind.name in self.names)

    def _job(self, kind: type[OwedJob]) -> Job:
        if kind is FanOut and self.fan_out_after:
            return FanOutChunk(post_id=self.post_id, after=self.fan_out_after)
        if kind is RenderPhoto and self.is_slow:
            return RenderPhotoSlowly(post_id=self.post_id)
        return kind(post_id=self.post_id)


@dataclass(frozen=True, kw_only=True, slots=True)
class FanOutState:
    """A fan-out that is owed: whose post it is, and the follow edge it has reached (0: none)."""

    author_id: int
    reached: int


_KINDS = tuple(kind for kinds in OWED_BY_STATE.values() for kind in kinds)


def owed_by(state: PostState) -> tuple[str, ...]:
    """Names of the jobs that a post owes on entering a state."""
    return tuple(kind.name for kind in OWED_BY_STATE[state])


def check_texts(description: str, alt_text: str | None) -> None:
    """Refuse texts that are too long."""
    for text, limit, name in (
        (description, DESCRIPTION_MAX_CHARACTERS, "description"),
        (alt_text or "", ALT_TEXT_MAX_CHARACTERS, "alt_text"),
    ):
        if len(text) > limit:
            raise Refusal(
                RefusalCode.INVALID_DESCRIPTION,
                f"At most {limit:,} characters, please: these are {len(text):,}.",
                field=name,
            )
