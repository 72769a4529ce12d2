"""What an entry of a timeline costs in the memory of Redis."""

from contextlib import AsyncExitStack

from app.clients import open_clients
from app.feeds.model import ID_BYTES
from app.feeds.store import TimelineStore
from tests.bench import seeds, timelines
from tests.bench.report import Figure
from tests.bench.rounds import BenchError, Say
from tests.stack import TestStack

PUSHES = 20


async def measure(stack: TestStack, say: Say) -> list[Figure]:
    """Bytes an entry, over timelines of every length there is; the limit is the id itself."""
    settings = stack.settings
    posts_max = settings.timeline_max_posts
    viewer_ids = seeds.new_ids(2 * (posts_max + 1))
    async with AsyncExitStack() as closing:
        clients = open_clients(settings, None, closing)
        store = TimelineStore(
            clients.cache,
            posts_max=posts_max,
            timeout_seconds=settings.cache_timeout_seconds,
        )
        with timelines.open_cache(settings) as cache:
            timelines.fill(cache, viewer_ids, posts_max=posts_max)
            for post_id in seeds.new_ids(PUSHES):
                await store.push(post_id, viewer_ids)
            counted = sum(timelines.memory_bytes(cache, viewer) for viewer in viewer_ids)
            entries = sum(timelines.entry_count(cache, viewer) for viewer in viewer_ids)
    if entries < posts_max * len(viewer_ids):
        raise BenchError("Timelines are shorter than they are kept")
    say(f"{counted:,} bytes for {entries:,} entries")
    return [
        Figure(
            name="timeline_memory",
            value=counted / entries,
            unit="bytes/entry",
            limit=ID_BYTES,
            less_is_better=True,
            note=f"{entries / len(viewer_ids):.0f} entries a timeline on average; "
            f"{counted / len(viewer_ids) / posts_max:.1f} bytes for each of the {posts_max} that "
            "are kept",
        )
    ]
