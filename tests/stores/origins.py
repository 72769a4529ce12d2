"""Stands where a region's store would: answers as it is told to, and keeps what it was asked."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesParser
from threading import Thread
from typing import Final

from docker.local.ports import HOST

ETAG: Final = '"5d41402abc4b2a76b9719d911017c592"'
LAST_MODIFIED: Final = "Wed, 21 Oct 2026 07:28:00 GMT"
TOLD: Final = """
Access-Control-Allow-Origin: *
Access-Control-Expose-Headers: x
Age: 7
Cache-Control: private
Content-Disposition: attachment
Content-Security-Policy: block-all-mixed-content
Expires: 0
Link: <x>; rel=y
Location: http://store:9000/somewhere
Pragma: no-cache
Referrer-Policy: origin
Refresh: 1
Retry-After: 9
Server: MinIO
Set-Cookie: a=b
Strict-Transport-Security: max-age=1
Vary: Origin, Accept-Encoding
Via: 1.1 x
X-Accel-Buffering: no
X-Accel-Expires: 9
X-Accel-Redirect: /
X-Amz-Bucket-Region: eu
X-Amz-Checksum-Sha256: x
X-Amz-Checksum-Type: FULL_OBJECT
X-Amz-Expiration: x
X-Amz-Id-2: dd
X-Amz-Mp-Parts-Count: 1
X-Amz-Replication-Status: COMPLETED
X-Amz-Request-Id: 18
X-Amz-Server-Side-Encryption: AES256
X-Amz-Storage-Class: STANDARD
X-Amz-Tagging-Count: 1
X-Amz-Version-Id: null
X-Content-Type-Options: sniff
X-Minio-Deployment-Id: 0
X-Minio-Error-Code: x
X-Minio-Error-Desc: x
X-Ratelimit-Limit: 1
X-Ratelimit-Remaining: 1
X-Request-Id: 0123456789
X-Xss-Protection: 1
Seaweed-X-Amz-Etag: x
Seaweed-X-Amz-Owner: x
"""
"""What stores say of themselves, and what nginx would obey."""

Answer = int | str
"""How to answer: with a status, or as one of these words says."""

PHOTO: Final = "photo"
"""Answers with the photo, and with 304 to who has it."""

CHANGED: Final = "changed"
"""Answers with the photo, whoever asks."""

CLOSES: Final = "closes"
HANGS: Final = "hangs"
SHORT: Final = "short"
"""Hangs up before the photo is whole."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request as it came."""

    line: str
    headers: Message
    body: bytes


@dataclass(kw_only=True)
class Origin:
    """A store that is none: how it answers to a path is up to the test, a status or a word."""

    port: int
    answers: dict[str, Answer] = field(default_factory=dict)
    otherwise: Answer = 404
    told: str = TOLD
    photos: dict[str, bytes] = field(default_factory=dict)
    """Those that are not `photo_of` their paths."""

    asked: dict[str, list[Request]] = field(default_factory=lambda: defaultdict(list))
    seconds: float = 0
    """How long it takes to answer."""

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Answer; after that, who connects is refused."""
        self.start()
        try:
            yield
        finally:
            self.stop()

    def start(self) -> None:
        """Listen and answer."""
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever)
        self._thread.start()
        listens = asyncio.start_server(self._serve, HOST, self.port, backlog=1024)
        self._server = asyncio.run_coroutine_threadsafe(listens, self._loop).result()

    def stop(self) -> None:
        """Refuse who connects, and hang up on who is connected."""
        asyncio.run_coroutine_threadsafe(_end(self._server), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await self._answer(reader, writer)
        writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line, _, rest = (await reader.readuntil(b"\r\n\r\n")).partition(b"\r\n")
        headers = BytesParser().parsebytes(rest)
        body = await reader.readexactly(int(headers["Content-Length"] or 0))
        request = Request(line=line.decode(), headers=headers, body=body)
        path = line.decode().split()[1]
        self.asked[path].append(request)
        await asyncio.sleep(self.seconds)
        how = self.answers.get(path, self.otherwise)
        if how == HANGS:
            await reader.read()
        elif how != CLOSES:
            photo = self.photos.get(path, photo_of(path))
            writer.write(_message(how, photo, request, self.told))
            await writer.drain()


def photo_of(path: str) -> bytes:
    """The bytes that a path has, with the path among them."""
    return path.encode() * 200


async def _end(server: asyncio.Server) -> None:
    server.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


def _message(how: Answer, photo: bytes, request: Request, told: str) -> bytes:
    status = 200 if isinstance(how, str) else how
    body = photo if status == 200 else b"<Error>a secret of the store</Error>"
    if how == PHOTO and request.headers["If-None-Match"] == ETAG:
        status, body = 304, b""
    kind = "image/webp" if status == 200 else "application/xml"
    headers = {"ETag": ETAG, "Last-Modified": LAST_MODIFIED, "Content-Type": kind}
    headers |= {"Connection": "close"} | ({"Content-Length": str(len(body))} if body else {})
    lines = "".join(f"{name}: {value}\n" for name, value in headers.items())
    head = f"HTTP/1.1 {status} As told{told}{lines}\n".replace("\n", "\r\n")
    return head.encode() + (body[: len(body) // 2] if how == SHORT else body)
