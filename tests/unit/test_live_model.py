"""Events, as they travel on the bus."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ids import ID_MAX
from app.live.model import (
    Event,
    Followed,
    PostDeleted,
    PostPublished,
    Unfollowed,
    pack_event,
    unpack_event,
)

IDS = st.integers(0, ID_MAX)
EVENTS = st.one_of(
    st.builds(PostPublished, post_id=IDS, author_id=IDS),
    st.builds(PostDeleted, post_id=IDS, author_id=IDS),
    st.builds(Followed, follower_id=IDS, followee_id=IDS),
    st.builds(Unfollowed, follower_id=IDS, followee_id=IDS),
)


@given(EVENTS)
def test_an_event_arrives_as_it_was_sent(event: Event) -> None:
    assert unpack_event(pack_event(event)) == event


@pytest.mark.parametrize(
    "packed",
    [
        b"",
        b"[]",
        b"5",
        b"null",
        b"{}",
        b"\xff",
        b'{"kind": "renamed", "account_id": 5}',
        b'{"kind": ["post_published"]}',
        b'{"kind": "post_published", "post_id": 5}',
        b'{"kind": "post_published", "post_id": 5, "author_id": 1, "mood": 3}',
    ],
)
def test_what_another_version_says_is_passed_over(packed: bytes) -> None:
    assert unpack_event(packed) is None
