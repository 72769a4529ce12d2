"""Documents by their hash: those that clients persist on the way, and those that are trusted."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import orjson

from app.errors import ConfigurationError
from app.settings.door import DoorSettings
from schema.codes import ErrorCode
from schema.errors import RequestError
from schema.operations.request import OperationRequest, bad_request

_SHA256 = re.compile(r"[0-9a-f]{64}")
_PREFIX = "sha256:"  # as GraphQL Code Generator writes it
_SETTING = "PHOTOFEED_TRUSTED_DOCUMENTS_FILE"


class Store(Protocol):
    """Where documents are kept that clients have persisted."""

    async def find(self, sha256: str) -> str | None:
        """The document with that hash; None if it is not known, or not now."""

    async def keep(self, sha256: str, text: str) -> None:
        """Have a document found by its hash from now on; best effort."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """The text of a document, and whether it is one that was chosen or persisted before.

    `to_keep` is the hash it is to be kept under, once it has turned out to be good.
    """

    text: str
    is_known: bool = False
    to_keep: str | None = None


class PersistedQueries:
    """Finds the document that a request is about."""

    def __init__(self, store: Store, settings: DoorSettings) -> None:
        self._store = store
        self._trusted = read_trusted_documents(settings.trusted_documents_file)
        self._texts = frozenset(self._trusted.values())
        self._is_trusted_only = settings.trusted_documents_only

    async def find(self, asked: OperationRequest) -> Found:
        """The document of a request, sent or named by its hash.

        Raises:
            RequestError: there is none by that hash, or it is none that may be run.
        """
        sha256 = _named(asked)
        if sha256 is not None and sha256 in self._trusted:
            return Found(text=self._trusted[sha256], is_known=True)
        if self._is_trusted_only:
            return self._only_trusted(asked)
        if sha256 is None:
            return Found(text=asked.query or "", is_known=asked.query in self._texts)
        if asked.query is None:
            return await self._kept(sha256)
        if hashlib.sha256(asked.query.encode()).hexdigest() != sha256:
            raise bad_request("`sha256Hash` is not the SHA-256 of `query`")
        return Found(text=asked.query, to_keep=sha256)

    async def keep(self, sha256: str, text: str) -> None:
        """Have a document found by its hash from now on; best effort."""
        await self._store.keep(sha256, text)

    async def _kept(self, sha256: str) -> Found:
        text = await self._store.find(sha256)
        if text is None:
            # In Apollo's words, which clients compare.
            raise RequestError(
                0,
                ErrorCode.PERSISTED_QUERY_NOT_FOUND,
                "PersistedQueryNotFound",
                headers={"Cache-Control": "no-store"},
            )
        return Found(text=text, is_known=True)

    def _only_trusted(self, asked: OperationRequest) -> Found:
        if asked.query is not None and asked.query in self._texts:
            return Found(text=asked.query, is_known=True)
        if asked.query is None:
            raise RequestError(
                0, ErrorCode.PERSISTED_QUERY_NOT_SUPPORTED, "PersistedQueryNotSupported"
            )
        raise RequestError(
            0, ErrorCode.TRUSTED_DOCUMENTS_ONLY, "Only trusted documents are run here"
        )


def read_trusted_documents(path: Path | None) -> Mapping[str, str]:
    """The documents of a manifest by their hash; none without a manifest.

    Raises:
        ConfigurationError: it cannot be read, or a hash in it is another document's.
    """
    if path is None:
        return {}
    try:
        manifest = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise ConfigurationError(f"Setting {_SETTING}: {error}") from None
    if not isinstance(manifest, dict):
        raise ConfigurationError(f"Setting {_SETTING}: this is no JSON object")
    documents: dict[str, str] = {}
    for name, text in manifest.items():
        sha256 = name.removeprefix(_PREFIX)
        if not isinstance(text, str) or hashlib.sha256(text.encode()).hexdigest() != sha256:
            raise ConfigurationError(f"Setting {_SETTING}: {name} is not its document's SHA-256")
        documents[sha256] = text
    return documents


def _named(asked: OperationRequest) -> str | None:
    """The hash that a request names its document by."""
    named = (asked.extensions or {}).get("persistedQuery")
    if named is None:
        return None
    if not isinstance(named, dict) or named.get("version") != 1:
        raise bad_request("`persistedQuery` has `version` 1 and `sha256Hash`")
    sha256 = named.get("sha256Hash")
    if not isinstance(sha256, str) or not _SHA256.fullmatch(sha256.lower()):
        raise bad_request("`sha256Hash` is a SHA-256 in hex")
    return sha256.lower()
