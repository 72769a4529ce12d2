"""From the device of one to the feeds of those who follow, and to nobody else's."""

import asyncio
import time

import pytest

from tests.client import FEED, Api, Person
from tests.photographs import jpeg, photograph

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.both_stores]

READY_MAX_SECONDS = 10.0
POSTS = 17
READS = 6
"""More than two: the load balancer deals requests out to both API processes."""


async def feed_ids(viewer: Person) -> list[str]:
    return [post["id"] for post in await viewer.walk_feed()]


async def assert_every_read(viewer: Person, expected: list[str]) -> None:
    """Whichever process answers, the feed is this."""
    pages = await asyncio.gather(*(viewer.feed(first=100) for _ in range(READS)))
    for page in pages:
        assert [edge["node"]["id"] for edge in page["edges"]] == expected


async def test_a_photograph_reaches_every_follower_and_nobody_else(api: Api) -> None:
    author, *followers, stranger = await api.sign_up_many(4)
    for follower in followers:
        await follower.follow(author)
        assert await feed_ids(follower) == []

    begin = time.monotonic()
    payload = await author.upload(
        photograph("astronaut.png"), description="Eileen Collins", altText="In orange"
    )
    post = payload["post"]
    assert (post["status"], post["image"]) == ("PROCESSING", None)
    ready = await author.until_processed(post["id"], seconds=READY_MAX_SECONDS)
    assert ready["status"] == "READY"
    assert ready["id"] == post["id"]
    for follower in followers:
        await follower.until_in_feed(post["id"], seconds=begin + 15 - time.monotonic())

    for follower in followers:
        page = await follower.feed()
        assert [edge["node"] for edge in page["edges"]] == [ready]
        assert not page["pageInfo"]["hasNextPage"]
    assert (ready["description"], ready["altText"]) == ("Eileen Collins", "In orange")
    assert ready["author"] == {"id": author.id, "username": author.username}
    assert await feed_ids(author) == []
    assert await feed_ids(stranger) == []


async def test_a_feed_walks_to_its_end_without_repeat_or_hole(api: Api) -> None:
    viewer, *authors = await api.sign_up_many(5)
    stranger = authors.pop()
    for author in authors:
        await viewer.follow(author)
    await viewer.walk_feed()  # so that there is a timeline to be pushed into
    photo = jpeg((96, 64))
    posters = [authors[number % 3] for number in range(POSTS)] + [stranger, viewer]
    uploaded = await asyncio.gather(*(poster.upload(photo) for poster in posters))
    ids = [payload["post"]["id"] for payload in uploaded]
    posts = await asyncio.gather(
        *(
            poster.until_processed(post_id, seconds=60)
            for poster, post_id in zip(posters, ids, strict=True)
        )
    )
    await viewer.until_in_feed(*ids[:POSTS])

    expected = sorted(posts[:POSTS], key=lambda post: post["createdAt"], reverse=True)
    walked = await viewer.walk_feed(first=4)
    assert {post["id"] for post in walked} == {post["id"] for post in expected}
    assert [post["createdAt"] for post in walked] == [post["createdAt"] for post in expected]
    assert len(walked) == POSTS
    assert [post["id"] for post in await viewer.walk_feed(first=100)] == [p["id"] for p in walked]


async def test_what_somebody_does_shows_in_their_very_next_read(api: Api) -> None:
    viewer, author, other = await api.sign_up_many(3)
    await viewer.follow(other)
    earlier = [(await author.publish(photograph("chelsea.png")))["id"] for _ in range(2)]
    others = (await other.publish(photograph("rocket.jpg")))["id"]
    await viewer.until_in_feed(others)

    await viewer.follow(author)
    await assert_every_read(viewer, [others, *reversed(earlier)])

    assert await author.delete(earlier[1]) == {"postId": earlier[1], "errors": []}
    await assert_every_read(viewer, [others, earlier[0]])
    assert (await author.ask("query($id: ID!) { node(id: $id) { id } }", id=earlier[1])) == {
        "node": None
    }

    await viewer.unfollow(author)
    await assert_every_read(viewer, [others])

    await viewer.follow(author)
    await assert_every_read(viewer, [others, earlier[0]])


async def test_counts_follow_what_is_done(api: Api) -> None:
    viewer, author = await api.sign_up_many(2)
    await viewer.follow(author)
    followed = (await viewer.follow(author))["user"]  # once more changes nothing
    assert (followed["followerCount"], followed["viewerFollows"]) == (1, True)
    post = await author.publish(photograph("rocket.jpg"))
    counts = "query($name: String!) { user(username: $name) { postCount followerCount } }"
    assert (await api.ask(counts, {"name": author.username})).data["user"] == {
        "postCount": 1,
        "followerCount": 1,
    }
    await author.delete(post["id"])
    await viewer.unfollow(author)
    assert (await api.ask(counts, {"name": author.username.upper()})).data["user"] == {
        "postCount": 0,
        "followerCount": 0,
    }


async def test_a_feed_needs_an_account(api: Api) -> None:
    assert (await api.ask(FEED)).codes == ["UNAUTHENTICATED"]
    assert (await api.ask(FEED, token="no token")).codes == ["UNAUTHENTICATED"]
