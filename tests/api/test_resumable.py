"""The core of tus 1.0 at `/uploads`, sentence by sentence."""

from typing import Final

from tests.api.hostile import codes_of
from tests.api.tus import FILE, Tus, refusal
from tests.stack import TestStack

EXTENSIONS: Final = {"creation", "termination", "checksum", "expiration"}


def test_anybody_may_ask_what_of_tus_there_is(tus: Tus, stack: TestStack) -> None:
    for path in ("/uploads", "/uploads/x"):
        answer = tus.ask("OPTIONS", path, Authorization="", Tus_Resumable="")
        assert (answer.status_code, answer.content) == (204, b"")
        assert answer.headers["tus-resumable"] == answer.headers["tus-version"] == "1.0.0"
        assert set(answer.headers["tus-extension"].split(",")) == EXTENSIONS
        assert set(answer.headers["tus-checksum-algorithm"].split(",")) == {"sha1", "sha256"}
        assert answer.headers["tus-max-size"] == str(stack.settings.image_max_bytes)


def test_bytes_go_on_where_the_upload_ends(tus: Tus, upload: str) -> None:
    for at in range(0, len(FILE), 2_000):
        told = tus.ask("HEAD", upload)
        assert (told.status_code, told.content) == (200, b"")
        assert told.headers["upload-offset"] == str(at)
        assert told.headers["upload-length"] == str(len(FILE))
        assert told.headers["cache-control"] == "no-store"
        answer = tus.send(upload, at, FILE[at : at + 2_000])
        assert (answer.status_code, answer.content) == (204, b"")
        assert answer.headers["upload-offset"] == str(min(at + 2_000, len(FILE)))
        assert answer.headers["tus-resumable"] == "1.0.0"
        assert len(answer.headers["x-request-id"]) >= 8


def test_bytes_may_come_without_their_number(tus: Tus, upload: str) -> None:
    answer = tus.send(upload, 0, iter([FILE[:10], FILE[10:30]]))
    assert (answer.status_code, answer.headers["upload-offset"]) == (204, "30")


def test_no_bytes_change_nothing(tus: Tus, upload: str) -> None:
    for at in (0, 0):
        assert tus.send(upload, at, b"").headers["upload-offset"] == "0"


def test_another_version_is_refused_and_told_of_this_one(tus: Tus, upload: str) -> None:
    for version in ("", "0.2.2", "1.0", "1.0.1", "2.0.0", "1.0.0, 1.0.0"):
        for method, path in (("POST", "/uploads"), ("PATCH", upload), ("DELETE", upload)):
            answer = tus.ask(method, path, b"", Tus_Resumable=version, Upload_Length="5")
            assert refusal(answer) == (412, "PRECONDITION_FAILED")
            assert answer.headers["tus-version"] == "1.0.0"
        assert tus.ask("HEAD", upload, Tus_Resumable=version).status_code == 412
    assert tus.offset(upload) == 0


def test_bytes_that_go_elsewhere_are_a_conflict(tus: Tus, upload: str) -> None:
    tus.send(upload, 0, FILE[:100])
    for at in (0, 99, 101, len(FILE), 10**15):
        assert refusal(tus.send(upload, at, b"x")) == (409, "UPLOAD_CONFLICT")
    assert tus.offset(upload) == 100


def test_bytes_are_of_one_type_and_not_compressed(tus: Tus, upload: str) -> None:
    for sent_as in ("", "application/octet-stream", "image/jpeg", "x", ";"):
        answer = tus.send(upload, 0, b"x", Content_Type=sent_as)
        assert refusal(answer) == (415, "UNSUPPORTED_MEDIA_TYPE")
    answer = tus.send(upload, 0, b"x", Content_Encoding="gzip")
    assert refusal(answer) == (415, "UNSUPPORTED_MEDIA_TYPE")


def test_an_offset_is_a_number(tus: Tus, upload: str) -> None:
    for offset in ("", "-1", "+1", "1.0", "0x0", "one", "9" * 17, "0, 0", "\xb2"):
        answer = tus.send(upload, 0, b"x", Upload_Offset=offset)
        assert refusal(answer) == (400, "BAD_REQUEST")


def test_there_are_no_bytes_beyond_the_end(tus: Tus, upload: str) -> None:
    assert refusal(tus.send(upload, 0, FILE + b"!")) == (413, "PAYLOAD_TOO_LARGE")
    assert tus.offset(upload) == 0
    tus.send(upload, 0, FILE)
    assert refusal(tus.send(upload, len(FILE), b"!")) == (413, "PAYLOAD_TOO_LARGE")
    beyond = iter([b"!", b"!"])
    assert refusal(tus.send(upload, len(FILE), beyond)) == (413, "PAYLOAD_TOO_LARGE")
    assert tus.offset(upload) == len(FILE)


def test_other_methods_are_told_which_there_are(tus: Tus, upload: str) -> None:
    for path in ("/uploads", upload):
        for method in ("GET", "PUT"):
            answer = tus.ask(method, path)
            assert codes_of(answer) == {"METHOD_NOT_ALLOWED"}
            assert {"OPTIONS", "POST" if path == "/uploads" else "PATCH"} <= {
                each.strip() for each in answer.headers["allow"].split(",")
            }
    assert refusal(tus.ask("POST", upload, Upload_Length="5")) == (405, "METHOD_NOT_ALLOWED")
    assert refusal(tus.ask("DELETE", "/uploads")) == (405, "METHOD_NOT_ALLOWED")
    assert tus.ask("HEAD", "/uploads").status_code == 405


def test_a_method_may_be_meant_that_a_network_would_not_let_by(tus: Tus, upload: str) -> None:
    answer = tus.ask(
        *("POST", upload, FILE[:9]),
        X_HTTP_Method_Override="PATCH",
        Upload_Offset="0",
        Content_Type="application/offset+octet-stream",
    )
    assert (answer.status_code, answer.headers["upload-offset"]) == (204, "9")
    told = tus.ask("POST", upload, X_HTTP_Method_Override="HEAD")
    assert (told.status_code, told.headers["upload-offset"]) == (200, "9")
    for odd in ("GET", "patch", "PATCH, PATCH", "\x7f"):
        answer = tus.ask("POST", upload, X_HTTP_Method_Override=odd)
        assert codes_of(answer) <= {"METHOD_NOT_ALLOWED", "BAD_REQUEST"}
    assert tus.ask("POST", upload, X_HTTP_Method_Override="DELETE").status_code == 204
    assert tus.ask("HEAD", upload).status_code == 404
