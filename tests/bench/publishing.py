"""Posts that become READY as the media worker makes them so, without a photo to be rendered."""

import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from app.accounts.store import AccountStore
from app.broker import Broker
from app.clients import open_clients
from app.images.model import Image
from app.live.bus import LiveBus
from app.live.changes import Changes
from app.live.store import ChangeLog
from app.posts.model import PostState
from app.posts.outbox import Outbox
from app.posts.rendering import Rendering
from app.posts.store import PostStore
from app.settings import Settings
from app.transactions import Transaction, Transactions
from schema.nodes import Kind, global_id
from tests.bench import seeds
from tests.bench.rounds import BenchError

if TYPE_CHECKING:
    from app.wiring import Database

Result = TypeVar("Result")


@dataclass(frozen=True, kw_only=True)
class Published:
    """A post that is READY since `ready_at`, as `time.perf_counter` says."""

    post_id: int
    ready_at: float

    @property
    def node_id(self) -> str:
        """The id that clients know it by."""
        return global_id(Kind.POST, self.post_id)


class Publisher:
    """Publishes posts, one at a time."""

    def __init__(
        self, *, posts: PostStore, rendering: Rendering, clock: "_Clocked", region: str
    ) -> None:
        self._posts = posts
        self._rendering = rendering
        self._clock = clock
        self._region = region

    async def publish(self, author_id: int) -> Published:
        """Write a post that is PROCESSING, and do what follows its rendering."""
        post = replace(
            seeds.new_post(author_id, self._region), state=PostState.PROCESSING, image=None
        )
        await self._posts.insert(post, None)
        before = self._clock.committed_at
        await self._rendering.render(post.id)
        if self._clock.committed_at == before:
            raise BenchError(f"Post {post.id:x} has not become READY")
        return Published(post_id=post.id, ready_at=self._clock.committed_at)


@asynccontextmanager
async def open_publisher(settings: Settings) -> AsyncIterator[Publisher]:
    """Open clients of our own, and publish from this process."""
    async with AsyncExitStack() as closing:
        clients = open_clients(settings, None, closing)
        database: Database = clients.mongodb[settings.mongodb_database]
        posts = PostStore(database, retry_seconds=settings.owed_retry_seconds)
        clock = _Clocked(clients.mongodb)
        yield Publisher(
            posts=posts,
            rendering=Rendering(
                posts=posts,
                images=_Rendered(),
                edges=_Rendered(),
                counts=AccountStore(database),
                changes=Changes(
                    log=ChangeLog(database),
                    bus=LiveBus(clients.bus),
                    kept_seconds=settings.live_kept_seconds,
                ),
                outbox=Outbox(posts=posts, jobs=Broker(clients.jobs)),
                transactions=clock,
                quick_max=settings.renders_quick_max,
            ),
            clock=clock,
            region=settings.region,
        )


class _Rendered:
    """Images whose renditions are there already."""

    async def render(
        self, post_id: int, region: str, original_sha256: str, *, is_quick: bool
    ) -> Image:
        image = seeds.new_post(post_id, region).image
        if image is None:
            raise BenchError("A READY post has no image")
        return image

    async def copy(self, post_id: int, region: str, twin: Image) -> Image | None:
        return None

    async def warm(self, image: Image) -> None:
        """There are no edges."""

    async def erase(self, post_id: int) -> None:
        raise BenchError(f"Post {post_id:x} was to be erased")


class _Clocked(Transactions):
    """Transactions that note when the last one was committed."""

    committed_at = 0.0

    async def run(self, change: Callable[[Transaction], Coroutine[Any, Any, Result]]) -> Result:
        result = await super().run(change)
        self.committed_at = time.perf_counter()
        return result
