"""A client of tus that does what it is told, right or wrong."""

import base64
import hashlib
import secrets
from collections.abc import Iterable
from typing import Any, Final

import httpx2

from tests.api.hostile import codes_of
from tests.client import PASSWORD, SIGN_UP

FILE: Final = secrets.token_bytes(5_000)
BODY_TYPE: Final = "application/offset+octet-stream"
Body = bytes | Iterable[bytes]


class Tus:
    """Somebody's uploads, at one door of the API."""

    def __init__(self, http: httpx2.Client, token: str) -> None:
        self.http = http
        self.token = token

    def ask(self, method: str, path: str, content: Body | None = None, /, **headers: str) -> Any:
        """Any request."""
        sent = headers_of(self.token, **headers)
        return self.http.request(method, path, content=content, headers=sent)

    def create(self, byte_size: int, **headers: str) -> str:
        """Open an upload; returns its path."""
        answer = self.ask("POST", "/uploads", Upload_Length=str(byte_size), **headers)
        assert (answer.status_code, answer.content) == (201, b""), answer.text
        return str(answer.headers["location"])

    def offset(self, path: str) -> int:
        """Where an upload ends."""
        answer = self.ask("HEAD", path)
        assert answer.status_code == 200
        return int(answer.headers["upload-offset"])

    def send(self, path: str, offset: int, content: Body, **headers: str) -> Any:
        """Send bytes of an upload."""
        given = {"Upload_Offset": str(offset), "Content_Type": BODY_TYPE, **headers}
        return self.ask("PATCH", path, content, **given)


def headers_of(token: str, /, **headers: str) -> dict[bytes, bytes]:
    """The headers of a request, with any that are asked for; `_` stands for `-`, "" for none."""
    sent = {"Tus_Resumable": "1.0.0", "Authorization": f"Bearer {token}", **headers}
    return {
        name.replace("_", "-").encode(): value.encode("latin-1")
        for name, value in sent.items()
        if value
    }


def sign_in(http: httpx2.Client) -> str:
    """The token of a new account."""
    given = {"username": f"tus_{secrets.token_hex(5)}", "password": PASSWORD}
    asked = {"query": SIGN_UP, "variables": {"input": given}}
    return str(http.post("/graphql", json=asked).json()["data"]["signUp"]["accessToken"])


def summed(content: bytes, algorithm: str = "sha256") -> str:
    """Upload-Checksum of some bytes."""
    digest = hashlib.new(algorithm, content).digest()
    return f"{algorithm} {base64.b64encode(digest).decode()}"


def pairs(**metadata: str) -> str:
    """Upload-Metadata."""
    return ",".join(
        f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in metadata.items()
    )


def refusal(answer: Any) -> tuple[int, str]:
    """The status and the code of a refusal, which says like every answer what it speaks."""
    assert answer.headers["tus-resumable"] == "1.0.0"
    assert answer.headers["cache-control"] == "no-store"
    (code,) = codes_of(answer)
    return answer.status_code, code
