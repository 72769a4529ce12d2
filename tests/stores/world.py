"""A small world on real servers: people, two processes that serve them, and jobs that wait."""

import asyncio
import random
import secrets
from collections import Counter
from collections.abc import Iterable
from contextlib import AsyncExitStack, aclosing
from typing import TYPE_CHECKING, Any, Final, cast

from redis.asyncio import Redis

from app.accounts.model import Account, Viewer
from app.clients import open_mongodb
from app.feeds.store import _key
from app.ids import IdSource
from app.jobs import JOBS
from app.posts.model import Post, PostState
from app.posts.store import PostStore
from app.preparation import prepare_stores
from app.settings import Settings
from app.wiring import House, open_house
from tests.stores.devices import Device, as_heard, cancelled, sure
from tests.stores.oracle import PULL_ABOVE, PUSH_BELOW, Oracle, heard_by
from tests.stores.pile import Pile
from tests.stores.samples import IMAGE, a_post
from workers.handlers import HANDLERS

if TYPE_CHECKING:
    import dramatiq
    from dramatiq.brokers.redis import RedisBroker

TIMELINE_MAX_POSTS: Final = 5
CHUNK_FOLLOWERS: Final = 4
JOB_SECONDS: Final = 0.005  # some jobs come to one chunk, some to the end
PEOPLE: Final = 13
PATIENCE_SECONDS: Final = 20
PASSWORD: Final = "a password"
_HANDLER_BY_NAME = {job.name: HANDLERS[job] for job in JOBS}


class World:
    """Every step changes the stores through the house, and the oracle beside it."""

    def __init__(self, settings: Settings, dice: random.Random) -> None:
        self.settings = settings.model_copy(
            update={
                "mongodb_database": f"test_{secrets.token_hex(6)}",
                "timeline_max_posts": TIMELINE_MAX_POSTS,
                "fan_out_chunk_followers": CHUNK_FOLLOWERS,
                "fan_out_job_seconds": JOB_SECONDS,
                "pull_above_followers": PULL_ABOVE,
                "push_below_followers": PUSH_BELOW,
            }
        )
        self.oracle = Oracle()
        self.dice = dice
        self.processing: list[Post] = []
        self.deleted: set[int] = set()
        self.pile = Pile()
        self.devices: list[Device] = []
        self._ids = IdSource()
        self._closing = AsyncExitStack()
        self._houses: list[House] = []

    async def begin(self) -> None:
        """Open two houses, as two processes would, and let people sign up."""
        async for _ in prepare_stores(self.settings):
            pass
        for _ in range(2):
            broker = cast("RedisBroker", self.pile)
            house = await self._closing.enter_async_context(open_house(self.settings, broker))
            self._houses.append(house)
            running = asyncio.create_task(house.live.run())
            self._closing.push_async_callback(cancelled, running)
        mongodb = open_mongodb(self.settings)
        self._closing.callback(mongodb.close)
        self._closing.push_async_callback(mongodb.drop_database, self.settings.mongodb_database)
        self.database = mongodb[self.settings.mongodb_database]
        self._posts = PostStore(self.database, retry_seconds=60)
        self.cache = Redis.from_url(self.settings.cache_url.get_secret_value())
        self._closing.push_async_callback(self.cache.aclose)
        for _ in range(PEOPLE):
            await self.sign_up()

    async def end(self) -> None:
        """Leave nothing behind."""
        for device in self.devices:
            await self._disconnect(device)
        await self._closing.aclose()

    @property
    def house(self) -> House:
        """Whichever the load balancer chooses."""
        return self.dice.choice(self._houses)

    @property
    def person(self) -> int:
        """Anybody."""
        return self.dice.choice(self.oracle.people)

    async def sign_up(self) -> None:
        """One more."""
        name = f"p_{secrets.token_hex(6)}"
        credentials = await self.house.accounts.sign_up(name, PASSWORD, None)
        self.oracle.people.append(credentials.account.id)

    async def follow(self, follower_id: int, followee_id: int) -> None:
        await self.house.follows.follow(follower_id, followee_id)
        self.oracle.follow(follower_id, followee_id)

    async def unfollow(self, follower_id: int, followee_id: int) -> None:
        await self.house.follows.unfollow(follower_id, followee_id)
        self.oracle.unfollow(follower_id, followee_id)

    async def upload(self, author_id: int) -> None:
        """A photo that is not READY yet."""
        post = a_post(self._ids, author_id)
        await self._posts.insert(post, None)
        self.processing.append(post)

    async def finish(self, post: Post) -> None:
        """Make a post READY, without any image work, unless it was deleted."""
        self.processing.remove(post)
        if await self.house.rendering.publish(post, IMAGE):
            self.oracle.publish(post.id, post.author_id)

    async def delete(self, post_id: int, author_id: int) -> None:
        """Delete a post in whatever state."""
        await self.house.posts.delete(author_id, post_id)
        self.oracle.delete(post_id)
        self.deleted.add(post_id)

    async def delete_account(self, account_id: int, max_seconds: float) -> None:
        """Delete an account; it is erased at once as far as that gets, then by jobs."""
        viewer = Viewer(account_id=account_id, session_id="")
        await self.house.departures.depart(viewer, PASSWORD, max_seconds=max_seconds)
        self.oracle.delete_account(account_id)
        self.deleted |= {post.id for post in self.processing if post.author_id == account_id}
        for device in [each for each in self.devices if each.viewer_id == account_id]:
            self.devices.remove(device)
            await self._disconnect(device)

    async def answer(self, count: int) -> None:
        """Answer some jobs, in any order, at once, some of them twice."""
        messages = self.dice.sample(self.pile.jobs, min(count, len(self.pile.jobs)))
        for message in messages:
            if self.dice.random() < 0.7:
                self.pile.jobs.remove(message)
        await asyncio.gather(*(self._answer(message) for message in messages))

    async def rest(self) -> None:
        """Finish every post and answer every job."""
        while self.processing:
            await self.finish(self.dice.choice(self.processing))
        while self.pile.jobs:
            await self._answer(self.pile.jobs.pop(self.dice.randrange(len(self.pile.jobs))))

    async def evict(self, viewer_ids: Iterable[int]) -> None:
        """Lose some timelines."""
        for viewer_id in viewer_ids:
            await self.cache.delete(_key(viewer_id))

    async def flush(self) -> None:
        """Lose all that Redis has."""
        await self.cache.flushall()

    async def page(self, viewer_id: int, first: int, before: int | None) -> list[int]:
        """The posts on a page."""
        feed = await self.house.feeds.page(viewer_id, first=first, before=before)
        shown = [post.id for post in feed.page.items]
        assert shown == sorted(set(shown), reverse=True)
        assert all(post.state is PostState.READY for post in feed.page.items)
        return shown

    async def walk(self, viewer_id: int, first: int) -> list[int]:
        """A feed to its end; each page but the last must be full."""
        walked: list[int] = []
        before = None
        while True:
            feed = await self.house.feeds.page(viewer_id, first=first, before=before)
            walked += [post.id for post in feed.page.items]
            if not feed.page.has_next:
                return walked
            assert len(feed.page.items) == first
            before = walked[-1]

    async def connect(self, viewer_id: int) -> None:
        """Read a page, and subscribe from its moment on."""
        feed = await self.house.feeds.page(viewer_id, first=1, before=None)
        device = Device(viewer_id=viewer_id, begun_at=feed.moment, moment=feed.moment)
        self.devices.append(device)
        self._listen(device)

    async def reconnect(self, device: Device) -> None:
        """Lose the connection, and come back with the last cursor, wherever that is."""
        await self._disconnect(device)
        self._listen(device)

    async def check_device(self, device: Device) -> None:
        """All that happened was heard, once and in order."""
        log = await self.log()
        expected = heard_by(device.viewer_id, log, device.begun_at)
        author_of = {each["subject_id"]: each["actor_id"] for each in log}
        wanted = sure(expected, self.oracle.gone)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                updates = list(device.updates)
                heard = [as_heard(device.viewer_id, each, author_of) for each in updates]
                if [each for each in heard if each in wanted] == wanted:
                    break
                await asyncio.sleep(0.01)
        assert not Counter(heard) - Counter(expected)
        moments = [update.moment for update in updates]
        assert moments == sorted(set(moments))

    async def log(self) -> list[dict[str, Any]]:
        """All that was ever written down."""
        return await self.database["changes"].find().sort("_id").to_list(None)

    async def account(self, account_id: int) -> Account:
        """Somebody, as they are now."""
        account = await self.house.accounts.find(account_id)
        assert account is not None
        return account

    async def _answer(self, message: "dramatiq.Message[None]") -> None:
        if message.actor_name == "erase_photo":
            return  # there are no objects
        await _HANDLER_BY_NAME[message.actor_name](self.house, **message.kwargs)

    def _listen(self, device: Device) -> None:
        device.listening = asyncio.create_task(self._hear(device, self.house))

    async def _hear(self, device: Device, house: House) -> None:
        updates = house.live.updates(device.viewer_id, after=device.moment)
        async with aclosing(updates):
            async for update in updates:
                device.updates.append(update)
                device.moment = update.moment

    async def _disconnect(self, device: Device) -> None:
        if device.listening is not None:
            await cancelled(device.listening)
