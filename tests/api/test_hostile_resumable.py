"""Whatever is sent to `/uploads`, it is refused in words, or taken, and nothing is our fault."""

import time
from collections.abc import Iterator
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.hostile import ANSWER_SECONDS, Doors, codes_of
from tests.api.tus import BODY_TYPE, Tus, refusal, sign_in
from tests.stack import TestStack
from tests.wire import answer_to

LARGE: Final = b"x" * 20 * 1024**2
NAMES: Final = (
    *("Upload_Length", "Upload_Offset", "Upload_Metadata", "Upload_Checksum", "Content_Type"),
    *("Upload_Defer_Length", "Upload_Concat", "X_HTTP_Method_Override", "Tus_Resumable"),
    *("Content_Encoding", "Authorization", "Expect", "Origin"),
)
VALUES: Final = (
    *("0", "5", "-1", "1.0.0", "final;/uploads/x", "sha1", BODY_TYPE, "PATCH", "DELETE", "HEAD"),
    *("a YQ==", "sha256 " + "A" * 43 + "=", "100-continue", "null"),
)
HEADERS: Final = st.dictionaries(
    st.sampled_from(NAMES),
    st.sampled_from(VALUES)
    | st.text(st.characters(min_codepoint=33, max_codepoint=255, exclude_characters="\x7f")),
    max_size=5,
)
METHODS: Final = st.sampled_from(["POST", "HEAD", "PATCH", "DELETE", "OPTIONS"])


@settings(
    max_examples=200,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(METHODS, HEADERS, st.binary(max_size=20), st.booleans())
def test_no_headers_are_our_fault(
    tus: Tus,
    upload: str,
    method: str,
    headers: dict[str, str],
    content: bytes,
    is_of_one: bool,  # noqa: FBT001 - as it is drawn
) -> None:
    answer = tus.ask(method, upload if is_of_one else "/uploads", content, **headers)
    assert answer.headers["tus-resumable"] == "1.0.0"
    if answer.status_code >= 400 and method != "HEAD" and answer.content:
        assert len(codes_of(answer)) == 1
    assert answer.status_code < 500
    if answer.status_code == 201:
        tus.ask("DELETE", answer.headers["location"])


@pytest.mark.parametrize("door", ["the load balancer", "the API"])
def test_who_sends_very_much_that_is_refused_is_still_told_why(doors: Doors, door: str) -> None:
    tus = Tus(doors[door], sign_in(doors[door]))
    path = tus.create(5)
    for _ in range(2):  # and the connection goes on
        refused = tus.send(path, 0, LARGE, Authorization="")
        assert refusal(refused) == (401, "UNAUTHENTICATED")
        assert refusal(tus.send(path, 0, LARGE)) == (413, "PAYLOAD_TOO_LARGE")
        assert refusal(tus.send(path, 1, LARGE)) == (409, "UPLOAD_CONFLICT")
        assert refusal(tus.send("/uploads/x", 0, LARGE)) == (404, "NOT_FOUND")
    blocks = (LARGE[at : at + 65_536] for at in range(0, len(LARGE), 65_536))
    assert refusal(tus.send(path, 0, blocks)) == (413, "PAYLOAD_TOO_LARGE")
    tus.ask("DELETE", path)


@pytest.mark.parametrize("announced", ["Content-Length: 1000", "Transfer-Encoding: chunked"])
def test_who_announces_more_than_comes_keeps_what_came(
    stack: TestStack, doors: Doors, announced: str
) -> None:
    tus = Tus(doors["the API"], sign_in(doors["the API"]))
    path = tus.create(1_000)
    head = (
        *(f"PATCH {path} HTTP/1.1", "Host: x", "Tus-Resumable: 1.0.0", "Upload-Offset: 0"),
        *(f"Authorization: Bearer {tus.token}", f"Content-Type: {BODY_TYPE}", announced),
    )
    body = b"x" * 100 if "Length" in announced else b"64\r\n" + b"x" * 100 + b"\r\nff"

    def then() -> Iterator[bytes]:
        yield "\r\n".join(head).encode() + b"\r\n\r\n" + body
        deadline = time.monotonic() + ANSWER_SECONDS
        while tus.offset(path) == 0:  # who asks for it ends the request
            assert time.monotonic() < deadline

    answer = answer_to(stack.port("api-1"), then())
    assert (answer.status, answer.headers["upload-offset"]) == (204, "100")
    tus.ask("DELETE", path)


def test_what_is_no_http_is_no_upload(stack: TestStack, tus: Tus) -> None:
    path = tus.create(1_000)
    for odd in (b"Content-Length: 5, 6", b"Content-Length: -1", b"Transfer-Encoding: gzip"):
        head = f"PATCH {path} HTTP/1.1\r\nHost: x\r\n".encode() + odd + b"\r\n\r\nhello"
        answer = answer_to(stack.port("api-1"), head)
        assert 400 <= answer.status < 500
    assert tus.offset(path) == 0
    tus.ask("DELETE", path)
