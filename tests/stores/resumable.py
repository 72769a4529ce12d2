"""Resumable uploads in this process, and requests that bring them bytes."""

import asyncio
import hashlib
import secrets
from collections.abc import AsyncGenerator

from app.ids import IdSource
from app.images.regions import Regions
from app.uploads.model import Upload, staging_prefix
from app.uploads.pieces import Objects, Pieces
from app.uploads.resumable import ResumableUploads, Source
from app.uploads.store import UploadStore
from app.uploads.writing import Algorithm, Checksum
from tests.memory_objects import MemoryObjects
from tests.stores.conftest import Database

ACCOUNT = 7 << 10
FILE = secrets.token_bytes(300)
LIFE_SECONDS = 60
OPEN_MAX = 3
REQUESTS_MAX = 4


class GoneError(Exception):
    """The client is gone."""


class Desk:
    """One process's uploads, and what is in the object store that all share."""

    def __init__(
        self,
        database: Database,
        ids: IdSource,
        objects: MemoryObjects,
        *,
        through: Objects | None = None,
        request_max_seconds: float = 30,
    ) -> None:
        """Keep bytes in `objects`, or `through` what is in front of it."""
        self.objects = objects
        self.store = UploadStore(database)
        self.uploads = ResumableUploads(
            uploads=self.store,
            pieces=Pieces(
                objects=through or objects,
                regions=Regions(objects=objects, partners={"eu": None}),
            ),
            ids=ids,
            standing_region=_region,
            open_max=OPEN_MAX,
            life_seconds=LIFE_SECONDS,
            request_max_seconds=request_max_seconds,
            requests_max=REQUESTS_MAX,
        )

    async def begin(self, byte_size: int) -> Upload:
        """Open an upload; what was open before does not count."""
        await self.store.end_all_of(ACCOUNT)
        return await self.uploads.begin(
            ACCOUNT, byte_size=byte_size, content_type="image/jpeg", metadata=None
        )

    async def send(
        self, upload: Upload, offset: int, source: Source, checksum: Checksum | None = None
    ) -> Upload:
        """A request with bytes."""
        return await self.uploads.append(
            ACCOUNT, upload.id, offset=offset, source=source, checksum=checksum
        )

    async def offset(self, upload: Upload) -> int:
        """Where it ends."""
        return (await self.uploads.find(ACCOUNT, upload.id)).offset

    async def content(self, upload: Upload) -> bytes:
        """What it consists of; nothing else may lie beside it."""
        found = await self.store.find(upload.id, ACCOUNT)
        assert found is not None
        keys = [piece.key for piece in found.pieces]
        assert sorted(keys) == sorted(self.objects.keys(found.region, staging_prefix(found.id)))
        contents = [self.objects.objects[found.region, key] for key in keys]
        assert [len(each) for each in contents] == [piece.byte_size for piece in found.pieces]
        assert sum(map(len, contents)) == found.offset
        return b"".join(contents)


async def _region() -> str:
    return "eu"


def body(data: bytes, block_bytes: int = 7, broken: Exception | None = None) -> Source:
    """A request's bytes, in blocks; then it breaks off, perhaps."""

    async def blocks(_most: int) -> AsyncGenerator[bytes, None]:
        for at in range(0, len(data), block_bytes):
            yield data[at : at + block_bytes]
        if broken:
            raise broken

    return blocks


def hanging(data: bytes, begun: asyncio.Event) -> Source:
    """A request whose end never comes."""

    async def blocks(_most: int) -> AsyncGenerator[bytes, None]:
        yield data
        begun.set()
        await asyncio.Event().wait()

    return blocks


def summed(data: bytes) -> Checksum:
    """What bytes come to."""
    return Checksum(algorithm=Algorithm.SHA256, digest=hashlib.sha256(data).digest())
