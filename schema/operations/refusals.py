"""Why an operation is not run though there is nothing wrong with its document."""

from graphql import OperationType

from app.errors import RateLimitedError
from schema.codes import ErrorCode
from schema.errors import RequestError


def not_this_way(kind: OperationType) -> RequestError:
    """What is said of an operation that came by a way that is not for its kind."""
    message = {
        OperationType.MUTATION: "A mutation is sent by POST",
        OperationType.SUBSCRIPTION: "A subscription is sent over a WebSocket, or asks for "
        "text/event-stream",
    }.get(kind, f"A {kind.value} is not run this way")
    return RequestError(405, ErrorCode.METHOD_NOT_ALLOWED, message)


def rate_limited(error: RateLimitedError) -> RequestError:
    """What is said of an operation that does not fit into what may be asked for in a while."""
    retry_after = error.retry_after_seconds
    return RequestError(
        429,
        ErrorCode.RATE_LIMITED,
        str(error),
        extensions={"retryAfter": retry_after},
        headers={
            "Retry-After": str(retry_after),
            "RateLimit-Limit": str(error.limit),
            "RateLimit-Remaining": str(error.remaining),
            "RateLimit-Reset": str(retry_after),
        },
    )
