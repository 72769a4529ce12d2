"""Which media type an answer has."""

import pytest
from graphql import OperationType
from hypothesis import given
from hypothesis import strategies as st

from schema.web.negotiation import MediaType, accepted

QUERY, SUBSCRIPTION = OperationType.QUERY, OperationType.SUBSCRIPTION
URQL = (
    "application/graphql-response+json, application/graphql+json, application/json, "
    "text/event-stream, multipart/mixed"
)


@pytest.mark.parametrize(
    ("accept", "json"),
    [
        (None, MediaType.JSON),
        ("*/*", MediaType.JSON),
        ("application/*", MediaType.JSON),
        ("application/json", MediaType.JSON),
        ("APPLICATION/JSON; charset=utf-8", MediaType.JSON),
        ("application/graphql-response+json", MediaType.RESPONSE),
        ("application/graphql-response+json, application/json;q=0.9", MediaType.RESPONSE),
        ("application/json, application/graphql-response+json", MediaType.RESPONSE),
        ("application/graphql-response+json;q=0.5, application/json", MediaType.JSON),
        ("application/graphql-response+json;q=0, application/json", MediaType.JSON),
        ("application/json;q=0, */*", None),
        ("application/json;q=nonsense", MediaType.JSON),
        ("application/xml", None),
        ("text/event-stream", None),
        ("", None),
        (",;,", None),
        (URQL, MediaType.RESPONSE),
    ],
)
def test_what_a_client_likes_best_it_gets(accept: str | None, json: MediaType | None) -> None:
    assert accepted(accept).json is json


def test_who_takes_events_and_json_gets_events_for_subscriptions_alone() -> None:
    assert accepted(URQL).for_operation(QUERY) is MediaType.RESPONSE
    assert accepted(URQL).for_operation(SUBSCRIPTION) is MediaType.EVENTS


def test_who_takes_events_alone_gets_events_for_everything() -> None:
    assert accepted("text/event-stream").for_operation(QUERY) is MediaType.EVENTS
    assert accepted("application/xml").for_operation(QUERY) is None


@given(st.text(max_size=200))
def test_any_header_can_be_read(accept: str) -> None:
    accepted(accept)
