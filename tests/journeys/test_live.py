"""What happens to a feed reaches the devices that listen to it: once, and nobody else's."""

import asyncio
from contextlib import AsyncExitStack, suppress

import pytest
from gql.transport.exceptions import TransportError, TransportQueryError
from websockets import ConnectionClosed, connect
from websockets.asyncio.client import ClientConnection

from app.paging import ListKind, encode_cursor
from schema.nodes import Kind, read_id_of
from tests.client import Api, Person
from tests.live import PROTOCOL, LiveFeed, listening, updates
from tests.photographs import jpeg, photograph
from tests.stack import TestStack

pytestmark = pytest.mark.asyncio(loop_scope="module")

SOON_SECONDS = 15.0
DEVICES = 24


async def first_update(url: str, token: str | None, after: str | None) -> object:
    async with asyncio.timeout(SOON_SECONDS):
        async for update in updates(url, token, after):
            return update
    return None


async def refused_with(url: str, token: str | None, after: str | None) -> str:
    """The code that a subscription is refused with."""
    with pytest.raises(TransportQueryError) as refused:
        await first_update(url, token, after)
    assert refused.value.errors is not None
    return str(refused.value.errors[0]["extensions"]["code"])


async def test_a_device_hears_of_each_new_post_once_and_of_its_end(
    api: Api, stack: TestStack
) -> None:
    viewer, author, stranger = await api.sign_up_many(3)
    await viewer.follow(author)
    async with listening(stack.graphql_ws_url, viewer) as feed:
        unseen = await stranger.publish(jpeg((64, 48)))
        posts = [await author.publish(photograph("chelsea.png")), await author.publish(jpeg())]
        ids = [post["id"] for post in posts]
        await feed.until(lambda heard: set(heard.added) == set(ids), seconds=SOON_SECONDS)
        assert {update["post"]["id"]: update["post"] for update in feed.updates} == {
            post["id"]: post for post in posts
        }
        await viewer.until_in_feed(*ids)

        await author.delete(ids[0])
        await stranger.delete(unseen["id"])
        await feed.until(lambda heard: heard.removed, seconds=SOON_SECONDS)
        # Whatever else was on its way comes before this.
        last = await author.publish(jpeg((64, 48)))
        await feed.until(lambda heard: last["id"] in heard.added, seconds=SOON_SECONDS)
        assert feed.removed == [ids[0]]
        assert sorted(feed.added) == sorted([*ids, last["id"]])
        assert len(feed.updates) == 4
        assert feed.end is None


async def test_a_device_hears_whom_its_owner_follows_from_elsewhere(
    api: Api, stack: TestStack
) -> None:
    viewer, author, other = await api.sign_up_many(3)
    await viewer.follow(other)
    async with listening(stack.graphql_ws_url, viewer) as feed:
        await viewer.follow(author)
        await feed.until(lambda heard: heard.of("FeedAuthorAdded"), seconds=SOON_SECONDS)
        (followed,) = feed.of("FeedAuthorAdded")
        assert followed["author"]["id"] == author.id
        assert followed["author"]["viewerFollows"]
        post = await author.publish(jpeg((64, 48)))
        await feed.until(lambda heard: heard.added == [post["id"]], seconds=SOON_SECONDS)

        await viewer.unfollow(author)
        await feed.until(lambda heard: heard.of("FeedAuthorRemoved"), seconds=SOON_SECONDS)
        assert feed.of("FeedAuthorRemoved")[0]["authorId"] == author.id
        await author.publish(jpeg((64, 48)))
        last = await other.publish(jpeg((64, 48)))
        await feed.until(lambda heard: last["id"] in heard.added, seconds=SOON_SECONDS)
        assert feed.added == [post["id"], last["id"]]


async def test_every_device_on_every_process_hears_the_same(api: Api, stack: TestStack) -> None:
    author, *viewers = await api.sign_up_many(5)
    await asyncio.gather(*(viewer.follow(author) for viewer in viewers))
    async with AsyncExitStack() as devices:

        async def listen(viewer: Person) -> LiveFeed:
            return await devices.enter_async_context(listening(stack.graphql_ws_url, viewer))

        feeds = [await listen(viewers[number % 4]) for number in range(DEVICES)]
        ids = [(await author.publish(jpeg((64, 48))))["id"] for _ in range(3)]
        for feed in feeds:
            await feed.until(lambda heard: len(heard.added) == 3, seconds=SOON_SECONDS)
        assert all(sorted(feed.added) == sorted(ids) for feed in feeds)
        assert all(len(feed.updates) == 3 for feed in feeds)


async def test_whoever_comes_back_is_told_what_happened_since(api: Api, stack: TestStack) -> None:
    viewer, author, other = await api.sign_up_many(3)
    await viewer.follow(author)
    old = await author.publish(jpeg((64, 48)))
    await viewer.until_in_feed(old["id"])
    away_since = (await viewer.feed())["updatesCursor"]
    unseen = await other.publish(jpeg((64, 48)))
    seen = await author.publish(jpeg((64, 48)))
    await author.delete(old["id"])
    await viewer.follow(other)
    later = await other.publish(jpeg((64, 48)))
    await viewer.unfollow(other)
    await other.delete(unseen["id"])
    moments = set()
    for process in ("api-1", "api-2"):
        url = f"ws://127.0.0.1:{stack.port(process)}/graphql"
        async with listening(url, viewer, away_since) as feed:
            await feed.until(lambda heard: len(heard.updates) == 5, seconds=SOON_SECONDS)
            assert [update["__typename"] for update in feed.updates] == [
                "FeedPostAdded",
                "FeedPostRemoved",
                "FeedAuthorAdded",
                "FeedPostAdded",
                "FeedAuthorRemoved",
            ]
            assert (feed.added, feed.removed) == ([seen["id"], later["id"]], [old["id"]])
            moments.add(feed.updates[1]["cursor"])
    (half_way,) = moments
    async with listening(stack.graphql_ws_url, viewer, half_way) as feed:
        await feed.until(lambda heard: len(heard.updates) == 3, seconds=SOON_SECONDS)
        new = await author.publish(jpeg((64, 48)))
        await feed.until(lambda heard: new["id"] in heard.added, seconds=SOON_SECONDS)
        assert feed.added == [later["id"], new["id"]]
        assert len(feed.updates) == 4


async def test_a_page_and_what_comes_after_it_are_everything_and_nothing_twice(
    api: Api, stack: TestStack
) -> None:
    viewer, *authors = await api.sign_up_many(4)
    await asyncio.gather(*(viewer.follow(author) for author in authors))
    async with AsyncExitStack() as devices, asyncio.TaskGroup() as publishing:
        posting = [
            publishing.create_task(author.publish(jpeg((64, 48))))
            for author in authors
            for _ in range(6)
        ]
        heard = []
        while not all(task.done() for task in posting):
            page = await viewer.feed()
            listens = listening(stack.graphql_ws_url, viewer, page["updatesCursor"])
            feed = await devices.enter_async_context(listens)
            heard.append(([edge["node"]["id"] for edge in page["edges"]], feed))
            await asyncio.sleep(0.2)
        published = sorted([(await task)["id"] for task in posting])
        for shown, feed in heard:
            wanted = len(published) - len(shown)
            await feed.until(lambda it, n=wanted: len(it.added) >= n, seconds=SOON_SECONDS)  # type: ignore[misc] # a default argument of a lambda
            assert sorted(shown + feed.added) == published
            assert not feed.of("FeedGap")


async def test_a_moment_that_the_log_does_not_know_is_one_gap(api: Api, stack: TestStack) -> None:
    viewer, author = await api.sign_up_many(2)
    await viewer.follow(author)
    viewer_id = read_id_of(Kind.USER, viewer.id)
    assert viewer_id is not None
    unknown = encode_cursor(ListKind.UPDATES, viewer_id, 1 << 50)
    async with listening(stack.graphql_ws_url, viewer, unknown) as feed:
        await feed.until(lambda heard: heard.updates, seconds=SOON_SECONDS)
        post = await author.publish(jpeg((64, 48)))
        await feed.until(lambda heard: heard.added, seconds=SOON_SECONDS)
        assert [update["__typename"] for update in feed.updates] == ["FeedGap", "FeedPostAdded"]
        after_gap = feed.updates[0]["cursor"]
    async with listening(stack.graphql_ws_url, viewer, after_gap) as feed:
        await feed.until(lambda heard: heard.added == [post["id"]], seconds=SOON_SECONDS)


async def test_listening_needs_an_account_and_a_moment_of_ones_own(
    api: Api, stack: TestStack
) -> None:
    viewer, other = await api.sign_up_many(2)
    url = stack.graphql_ws_url
    assert await refused_with(url, None, None) == "UNAUTHENTICATED"
    others = (await other.feed())["updatesCursor"]
    for after in ("garbage", "", "💥", others):
        assert await refused_with(url, viewer.access_token, after) == "BAD_USER_INPUT"


async def test_a_bad_token_closes_the_socket(stack: TestStack) -> None:
    with pytest.raises(TransportError):
        await first_update(stack.graphql_ws_url, "no token", None)
    async with connect(stack.graphql_ws_url, subprotocols=[PROTOCOL]) as socket:
        await socket.send('{"type":"connection_init","payload":{"authorization":"Bearer nobody"}}')
        assert await close_code(socket) == 4403


async def test_the_protocol_is_kept(stack: TestStack) -> None:
    async with connect(stack.graphql_ws_url, subprotocols=[PROTOCOL]) as socket:
        await socket.send('{"type":"subscribe","id":"1","payload":{"query":"{viewer{id}}"}}')
        assert await close_code(socket) == 4401
    async with connect(stack.graphql_ws_url, subprotocols=[PROTOCOL]) as socket:
        await socket.send('{"type":"connection_init"}')
        await socket.send('{"type":"connection_init"}')
        assert await close_code(socket) == 4429


async def close_code(socket: ClientConnection) -> int | None:
    """Read until the server closes; how it did."""
    with suppress(ConnectionClosed):
        async with asyncio.timeout(SOON_SECONDS):
            while True:
                await socket.recv()
    return socket.close_code
