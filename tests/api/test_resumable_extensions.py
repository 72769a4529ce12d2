"""The extensions of tus at `/uploads`, and whose uploads are, sentence by sentence."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from schema.nodes import Kind, global_id
from tests.api.hostile import codes_of
from tests.api.tus import FILE, Tus, pairs, refusal, sign_in, summed
from tests.stack import TestStack

# Creation.


def test_an_upload_is_at_a_path_of_its_own(tus: Tus) -> None:
    paths = {tus.create(1) for _ in range(3)}
    assert len(paths) == 3
    for path in paths:
        assert re.fullmatch(r"/uploads/[A-Za-z0-9_-]+", path)
        tus.ask("DELETE", path)


def test_an_upload_has_a_length_that_comes_at_once_and_is_one_file(tus: Tus) -> None:
    for length in ("", "0", "-1", "x", "1e3", "5, 5", "9" * 17):
        answer = tus.ask("POST", "/uploads", Upload_Length=length)
        assert refusal(answer) == (400, "BAD_REQUEST")
    for odd in ({"Upload_Defer_Length": "1"}, {"Upload_Concat": "partial"}):
        answer = tus.ask("POST", "/uploads", Upload_Length="5", **odd)
        assert refusal(answer) == (400, "BAD_REQUEST")


def test_an_upload_is_no_larger_than_a_photo(tus: Tus, stack: TestStack) -> None:
    most = stack.settings.image_max_bytes
    answer = tus.ask("POST", "/uploads", Upload_Length=str(most + 1))
    assert refusal(answer) == (413, "PAYLOAD_TOO_LARGE")
    assert answer.headers["tus-max-size"] == str(most)
    tus.ask("DELETE", tus.create(most))


def test_what_a_client_says_of_its_upload_it_is_told_again(tus: Tus, upload: str) -> None:
    assert "upload-metadata" not in tus.ask("HEAD", upload).headers
    for said in (pairs(filename="Été.jpg", filetype="image/jpeg"), "lone", "lone ,b YQ=="):
        path = tus.create(5, Upload_Metadata=said)
        assert tus.ask("HEAD", path).headers["upload-metadata"] == said
        tus.ask("DELETE", path)


def test_garbled_metadata_are_refused(tus: Tus) -> None:
    garbled = ("a YQ==,a YQ==", "a YQ", "a Y Q", "a !!!!", "a YQ==,,b", ",", "\xe9 YQ==", "a \xe9")
    for said in (*garbled, "a  YQ==", "a " + "YWFh" * 1_100):
        answer = tus.ask("POST", "/uploads", Upload_Length="5", Upload_Metadata=said)
        assert refusal(answer) == (400, "BAD_REQUEST")


# Checksums.


def test_bytes_of_the_right_sum_are_taken(tus: Tus, upload: str) -> None:
    for at, algorithm in ((0, "sha1"), (2_500, "sha256")):
        data = FILE[at : at + 2_500]
        answer = tus.send(upload, at, data, Upload_Checksum=summed(data, algorithm))
        assert (answer.status_code, answer.headers["upload-offset"]) == (204, str(at + 2_500))


def test_bytes_of_a_wrong_sum_are_forgotten(tus: Tus, upload: str) -> None:
    tus.send(upload, 0, FILE[:10])
    answer = tus.send(upload, 10, FILE[10:], Upload_Checksum=summed(FILE[10:-1] + b"!"))
    assert refusal(answer) == (460, "CHECKSUM_MISMATCH")
    assert tus.offset(upload) == 10


def test_garbled_sums_are_refused(tus: Tus, upload: str) -> None:
    mixed = summed(b"", "sha1").replace("sha1", "sha256")
    garbled = ("md5 1B2M2Y8AsgTpgAmY7PhCfg==", "sha1", "sha1 x", "sha256 YQ==", "SHA1 YQ==", mixed)
    for checksum in (*garbled, f"{summed(b'')}, {summed(b'')}"):
        answer = tus.send(upload, 0, b"x", Upload_Checksum=checksum)
        assert refusal(answer) == (400, "BAD_REQUEST")
    assert tus.offset(upload) == 0


# Expiration and termination.


def test_an_upload_says_how_long_it_stays(tus: Tus, upload: str, stack: TestStack) -> None:
    life = timedelta(seconds=stack.settings.upload_resumable_seconds)
    created = tus.ask("POST", "/uploads", Upload_Length="5")
    for answer in (created, tus.ask("HEAD", upload), tus.send(upload, 0, b"x")):
        expires_at = parsedate_to_datetime(answer.headers["upload-expires"])
        assert answer.headers["upload-expires"].endswith(" GMT")
        assert abs(expires_at - datetime.now(UTC) - life) < timedelta(seconds=60)
    tus.ask("DELETE", created.headers["location"])


def test_what_is_ended_is_gone(tus: Tus, upload: str) -> None:
    tus.send(upload, 0, FILE[:10])
    ended = tus.ask("DELETE", upload)
    assert (ended.status_code, ended.content) == (204, b"")
    assert tus.ask("HEAD", upload).status_code == 404
    assert refusal(tus.send(upload, 10, b"x")) == (404, "NOT_FOUND")
    assert refusal(tus.ask("DELETE", upload)) == (404, "NOT_FOUND")


# Whose they are.


def test_who_has_no_good_token_is_told_so(tus: Tus, upload: str) -> None:
    for token in ("", "Bearer", "Bearer x", "Basic eDp5", f"Bearer {tus.token}x", "x" * 2_000):
        for method, path in (("POST", "/uploads"), ("PATCH", upload), ("DELETE", upload)):
            answer = tus.ask(method, path, b"", Authorization=token, Upload_Length="5")
            assert refusal(answer) == (401, "UNAUTHENTICATED")
            assert answer.headers["www-authenticate"] == "Bearer"
        assert tus.ask("HEAD", upload, Authorization=token).status_code == 401
    assert tus.offset(upload) == 0


def test_another_s_upload_is_as_unknown_as_none(tus: Tus, upload: str) -> None:
    stranger = Tus(tus.http, sign_in(tus.http))
    nobody_s = [f"/uploads/{global_id(kind, 12_345)}" for kind in Kind]
    for path in (upload, *nobody_s, "/uploads/x", f"{upload}x", f"{upload}=", f"{upload}%00"):
        assert stranger.ask("HEAD", path).status_code in {400, 404}
        for answer in (stranger.send(path, 0, b"x"), stranger.ask("DELETE", path)):
            assert codes_of(answer) <= {"NOT_FOUND", "BAD_REQUEST"}
    assert tus.offset(upload) == 0


def test_an_account_has_so_many_open_uploads_and_no_more(tus: Tus, stack: TestStack) -> None:
    somebody = Tus(tus.http, sign_in(tus.http))
    paths = [somebody.create(5) for _ in range(stack.settings.uploads_open_max)]
    answer = somebody.ask("POST", "/uploads", Upload_Length="5")
    assert refusal(answer) == (429, "TOO_MANY_UPLOADS")
    for path in paths:
        somebody.ask("DELETE", path)
    somebody.ask("DELETE", somebody.create(5))
