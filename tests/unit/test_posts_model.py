"""What a post is, owes, and may say."""

from datetime import UTC, datetime
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import BadInputError, Refusal, RefusalCode
from app.jobs import FanOut, FanOutChunk, OwedJob, ReplicatePhoto
from app.posts.model import (
    IdempotencyKey,
    OwedJobs,
    Post,
    PostState,
    check_texts,
    owed_by,
)


def _post(state: PostState) -> Post:
    return Post(
        id=5,
        author_id=1,
        region="eu",
        description="",
        alt_text=None,
        created_at=datetime.now(UTC),
        original_sha256="0" * 64,
        state=state,
    )


@pytest.mark.parametrize(
    ("state", "seen_by"),
    [
        (PostState.PROCESSING, {1}),
        (PostState.READY, {1, 2, None}),
        (PostState.FAILED, {1}),
        (PostState.DELETED, set()),
    ],
)
def test_who_sees_a_post(state: PostState, seen_by: set[int | None]) -> None:
    assert {who for who in (1, 2, None) if _post(state).is_visible_to(who)} == seen_by


def test_every_job_is_owed_in_one_state() -> None:
    owed = [name for state in PostState for name in owed_by(state)]
    assert sorted(owed) == sorted(kind.name for kind in get_args(OwedJob))


def test_a_fan_out_goes_on_where_it_was() -> None:
    owed = OwedJobs(post_id=5, names=owed_by(PostState.READY), fan_out_after=77)
    assert owed.jobs() == (FanOutChunk(post_id=5, after=77), ReplicatePhoto(post_id=5))


def test_a_name_of_another_version_is_left_alone() -> None:
    assert OwedJobs(post_id=5, names=("fan_out", "develop_film")).jobs() == (FanOut(post_id=5),)


def test_texts_have_limits_in_characters_not_bytes() -> None:
    check_texts("🎞" * 2_200, "📷" * 1_000)
    check_texts("", None)


@pytest.mark.parametrize(
    ("description", "alt_text", "field"),
    [("x" * 2_201, None, "description"), ("", "x" * 1_001, "alt_text")],
)
def test_texts_that_are_too_long_are_refused(
    description: str, alt_text: str | None, field: str
) -> None:
    with pytest.raises(Refusal) as refused:
        check_texts(description, alt_text)
    assert refused.value.code is RefusalCode.INVALID_DESCRIPTION
    assert refused.value.field == field


@given(st.text(min_size=1, max_size=200))
def test_a_key_is_any_short_text(key: str) -> None:
    assert IdempotencyKey(key=key, fingerprint="f").key == key


@pytest.mark.parametrize("key", ["", "x" * 201])
def test_a_key_is_neither_empty_nor_long(key: str) -> None:
    with pytest.raises(BadInputError, match="idempotencyKey"):
        IdempotencyKey(key=key, fingerprint="f")
