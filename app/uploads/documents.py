"""How an upload is written down in MongoDB."""

from collections.abc import Sequence
from typing import Any

from app.sharding import by_id
from app.uploads.model import Piece, Upload, UploadKind, UploadState


def to_document(upload: Upload) -> dict[str, Any]:
    """An upload's own fields; its slot, and when it is swept, are the store's business."""
    return {
        **by_id(upload.id),
        "account_id": upload.account_id,
        "region": upload.region,
        "kind": upload.kind.value,
        "content_type": upload.content_type,
        "byte_size": upload.byte_size,
        "offset": upload.offset,
        "pieces": to_pieces(upload.pieces),
        "metadata": upload.metadata,
        "state": upload.state.value,
        "post_id": upload.post_id,
        "sha256": upload.sha256,
        "created_at": upload.created_at,
        "expires_at": upload.expires_at,
    }


def to_pieces(pieces: Sequence[Piece]) -> list[dict[str, Any]]:
    """Pieces, in their order."""
    return [{"key": piece.key, "byte_size": piece.byte_size} for piece in pieces]


def to_upload(document: dict[str, Any]) -> Upload:
    """The upload that a document stands for."""
    return Upload(
        id=document["_id"],
        account_id=document["account_id"],
        region=document["region"],
        kind=UploadKind(document["kind"]),
        content_type=document["content_type"],
        byte_size=document["byte_size"],
        offset=document["offset"],
        pieces=tuple(
            Piece(key=piece["key"], byte_size=piece["byte_size"]) for piece in document["pieces"]
        ),
        metadata=document["metadata"],
        state=UploadState(document["state"]),
        post_id=document["post_id"],
        sha256=document["sha256"],
        created_at=document["created_at"],
        expires_at=document["expires_at"],
    )
