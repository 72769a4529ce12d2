"""What has to be in the stores before anything is: indexes, buckets, policies."""

import asyncio
from collections.abc import AsyncIterator

from app.accounts.sessions import SessionStore
from app.accounts.store import AccountStore
from app.clients import open_mongodb
from app.departures.store import DepartureStore
from app.follows.pulls import PullStore
from app.follows.store import FollowStore
from app.images.store import ObjectStores
from app.live.store import ChangeLog
from app.posts.census import PostCensus
from app.posts.store import PostStore
from app.settings import Settings
from app.uploads.store import UploadStore


async def prepare_stores(settings: Settings) -> AsyncIterator[str]:
    """Create what is missing of indexes, buckets and policies; yields what has been seen to.

    Safe to run again, and twice at once.
    """
    client = open_mongodb(settings)
    try:
        database = client[settings.mongodb_database]
        for store in (
            AccountStore(database),
            SessionStore(database),
            FollowStore(database),
            PullStore(database),
            DepartureStore(database, retry_seconds=settings.owed_retry_seconds),
            PostStore(database, retry_seconds=settings.owed_retry_seconds),
            UploadStore(database),
            PostCensus(database),
            ChangeLog(database),
        ):
            await store.prepare()
            yield f"indexes of {type(store).__name__}"
    finally:
        client.close()
    objects = ObjectStores.from_settings(settings)
    for region in settings.object_stores:
        await asyncio.to_thread(objects.prepare, region)
        yield f"bucket {settings.bucket(region)} in region {region}"
