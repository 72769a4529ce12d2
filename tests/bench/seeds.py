"""Accounts, edges, posts and timelines in bulk, as our own code would have written them."""

import secrets
from collections.abc import AsyncIterator, Collection, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from app.accounts.model import Viewer
from app.accounts.sessions import SessionStore
from app.accounts.tokens import AccessTokens, new_refresh_token, new_session_id
from app.clients import open_mongodb
from app.ids import IdSource, created_at, random_shard, shard_of
from app.images.model import Image, ImageFormat, Rendition, Variant, rendition_key
from app.posts.documents import to_document
from app.posts.model import Post, PostState
from app.settings import Settings
from app.sharding import by_id
from app.wiring import Database

RENDITIONS = (
    (320, ImageFormat.WEBP),
    (640, ImageFormat.WEBP),
    (1080, ImageFormat.JPEG),
    (1080, ImageFormat.WEBP),
    (1600, ImageFormat.WEBP),
)
THUMBHASH = "1QcSHQRnh493V4dIh4eXh1h4kJUI"

_ids = IdSource()


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[Database]:
    """The database of a stack."""
    client = open_mongodb(settings)
    try:
        yield client[settings.mongodb_database]
    finally:
        client.close()


def new_ids(count: int) -> list[int]:
    """Ids of anything, on shards of all kinds, rising; nothing is written."""
    return sorted(_ids.next(random_shard()) for _ in range(count))


async def insert_accounts(database: Database, account_ids: Collection[int]) -> None:
    """Add accounts that nobody can sign in to."""
    await database["usernames"].insert_many(
        [{"_id": f"bench_{each:x}", "account_id": each} for each in account_ids]
    )
    await database["accounts"].insert_many(
        [
            {
                **by_id(account_id),
                "username": f"bench_{account_id:x}",
                "display_name": f"Bench {account_id % 1000}",
                "password_hash": "none",
                "created_at": created_at(account_id),
                **dict.fromkeys(("post_count", "follower_count"), 0),
                **dict.fromkeys(("following_count", "following_version"), 0),
                "is_pulled": False,
            }
            for account_id in account_ids
        ]
    )


async def insert_edges(database: Database, edges: Iterable[tuple[int, int]]) -> None:
    """Add edges, each a follower and a followee."""
    await database["follows"].insert_many(
        [
            {
                **by_id(_ids.next(shard_of(follower_id))),
                "follower_id": follower_id,
                "followee_id": followee_id,
            }
            for follower_id, followee_id in edges
        ],
        ordered=False,
    )


async def insert_posts(database: Database, posts: Iterable[Post]) -> None:
    """Add posts that owe nothing any more, and whose photos nobody looks for."""
    settled: dict[str, Any] = {"owed": [], "copies": []}
    await database["posts"].insert_many([{**to_document(post), **settled} for post in posts])


async def sign_in(database: Database, settings: Settings, account_id: int) -> str:
    """Begin a session; returns its access token."""
    token = new_refresh_token(new_session_id())
    await SessionStore(database).insert(
        session_id=token.session_id,
        account_id=account_id,
        token_hash=token.hash(),
        expires_at=datetime.now(UTC) + timedelta(seconds=settings.refresh_token_seconds),
    )
    signer = AccessTokens(
        secret=settings.token_secret.get_secret_value(), life_seconds=settings.access_token_seconds
    )
    viewer = Viewer(account_id=account_id, session_id=token.session_id)
    return signer.sign(viewer)[0]


def new_post(author_id: int, region: str) -> Post:
    """A READY post with as many variants as a large photo has."""
    post_id = _ids.next(shard_of(author_id))
    return Post(
        id=post_id,
        author_id=author_id,
        region=region,
        description=f"Photo {post_id % 100_000}, taken on the way and never looked at again",
        alt_text="A landscape under a sky",
        created_at=created_at(post_id),
        original_sha256=secrets.token_hex(32),
        state=PostState.READY,
        image=Image(
            region=region,
            thumbhash=THUMBHASH,
            variants=tuple(_variant(post_id, width, kind) for width, kind in RENDITIONS),
        ),
    )


def _variant(post_id: int, width_px: int, kind: ImageFormat) -> Variant:
    rendition = Rendition(
        width_px=width_px,
        height_px=width_px * 3 // 4,
        format=kind,
        byte_size=width_px * 97,
        sha256=secrets.token_hex(32),
    )
    return Variant(
        key=rendition_key(post_id, rendition),
        width_px=rendition.width_px,
        height_px=rendition.height_px,
        format=rendition.format,
        byte_size=rendition.byte_size,
        sha256=rendition.sha256,
    )
