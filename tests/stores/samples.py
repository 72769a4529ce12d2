"""Accounts, posts and timelines to put into stores."""

from functools import partial
from typing import Final

from pydantic import SecretStr
from redis.asyncio import Redis, RedisCluster

from app.accounts.model import Account
from app.accounts.store import AccountStore
from app.feeds.model import Timeline, build_timeline
from app.feeds.store import TimelineStore
from app.ids import IdSource, created_at, random_shard, shard_of
from app.images.model import Image, ImageFormat, Variant
from app.live.store import ChangeLog
from app.posts.model import Post, PostState
from app.settings import Settings
from app.transactions import Transactions
from tests.redis_cluster import RunningCluster

Cache = Redis | RedisCluster

CAP: Final = 5
CACHE_TIMEOUT_SECONDS: Final = 0.5
IMAGE: Final = Image(
    region="eu",
    thumbhash="1QcSHQRnh493V4dIh4eXh1h4kJUI",
    variants=(
        Variant(
            key="renditions/0000000000000005/0123456789abcdef/320.jpg",
            width_px=320,
            height_px=200,
            format=ImageFormat.JPEG,
            byte_size=4_321,
            sha256="0123456789abcdef" * 4,
        ),
    ),
)


def an_account(ids: IdSource, username: str, account_id: int | None = None) -> Account:
    """An account that nobody follows."""
    account_id = account_id or ids.next(random_shard())
    return Account(
        id=account_id,
        username=username,
        display_name="愛 𝄞",
        created_at=created_at(account_id),
        post_count=0,
        follower_count=0,
        following_count=0,
        following_version=0,
    )


async def insert(accounts: AccountStore, transactions: Transactions, *new: Account) -> None:
    """Add accounts, each in a transaction of its own."""
    for each in new:
        await transactions.run(partial(accounts.insert, each, f"hash of {each.username}"))


async def some_people(
    accounts: AccountStore, transactions: Transactions, ids: IdSource, count: int
) -> list[int]:
    """Ids of new accounts."""
    people = [an_account(ids, f"person_{number}") for number in range(count)]
    await insert(accounts, transactions, *people)
    return [person.id for person in people]


def a_post(ids: IdSource, author_id: int = 1, state: PostState = PostState.PROCESSING) -> Post:
    """A new post."""
    post_id = ids.next(shard_of(author_id))
    return Post(
        id=post_id,
        author_id=author_id,
        region="eu",
        description="Lift-off 🚀\0",
        alt_text=None,
        created_at=created_at(post_id),
        original_sha256="f" * 64,
        state=state,
        image=IMAGE if state is PostState.READY else None,
    )


def clustered(settings: Settings, cluster: RunningCluster) -> Settings:
    """The same, with a cluster for a cache."""
    return settings.model_copy(update={"cache_url": SecretStr(cluster.url), "cache_cluster": True})


def a_timeline(
    newest: list[int], version: int = 1, *, built_at: int = 0, pulled_ids: tuple[int, ...] = ()
) -> Timeline:
    """A timeline of what is newest."""
    return build_timeline(
        following_version=version,
        built_at=built_at,
        pulled_ids=pulled_ids,
        newest=newest,
        most=CAP,
    )


async def build(timelines: TimelineStore, viewer: int, built: Timeline | list[int]) -> None:
    """Build a timeline, or one of what is newest."""
    built = built if isinstance(built, Timeline) else a_timeline(built)
    token = await timelines.begin_build(viewer, built.following_version)
    assert token is not None
    await timelines.finish_build(viewer, token, built)


async def read(timelines: TimelineStore, viewer: int) -> Timeline:
    """Read a timeline that is there."""
    timeline = await timelines.read(viewer)
    assert timeline is not None
    return timeline


async def logged(log: ChangeLog) -> list[tuple[str, int, int]]:
    """What the log says, without the moments."""
    return [
        (change.kind.value, change.actor_id, change.subject_id)
        for change in await log.read_after(0, limit=100)
    ]
