"""The feed, a page at a time."""

import asyncio
from typing import Any

from tests.api.conftest import PublishSketches
from tests.client import FEED, Api, Person


async def _codes(person: Person, **arguments: Any) -> list[str]:
    return (await person.api.ask(FEED, arguments, token=person.access_token)).codes


async def _ids(person: Person, **arguments: Any) -> list[str]:
    page = (await person.ask(FEED, **arguments))["feed"]
    return [edge["node"]["id"] for edge in page["edges"]]


async def test_a_feed_needs_an_account(api: Api) -> None:
    answer = await api.ask(FEED)
    assert (answer.codes, answer.body["data"]) == (["UNAUTHENTICATED"], None)


async def test_an_empty_feed_is_an_empty_page(api: Api) -> None:
    person = await api.sign_up()
    page = await person.feed()
    assert page["edges"] == []
    assert page["pageInfo"] == {
        "hasNextPage": False,
        "hasPreviousPage": False,
        "startCursor": None,
        "endCursor": None,
    }
    assert page["updatesCursor"]


async def test_a_feed_has_the_posts_of_all_who_are_followed_newest_first(
    api: Api, sketch: PublishSketches
) -> None:
    viewer, ada, grace, stranger = await api.sign_up_many(4)
    for followee in (ada, grace):
        await viewer.follow(followee)
    published: list[str] = []
    for author in (ada, viewer, grace, stranger, ada, grace):
        published = [*(await sketch(author, 2)), *published]
    expected = [published[at] for at in (0, 1, 2, 3, 6, 7, 10, 11)]
    await viewer.unfollow(ada)
    await viewer.follow(ada)  # so that the timeline is built from what is in the database
    assert await _ids(viewer) == expected
    page = await viewer.feed(first=3)
    assert page["edges"][0]["node"]["author"]["username"] == grace.username
    assert page["edges"][0]["node"]["status"] == "READY"
    assert page["edges"][0]["node"]["image"]["url"].endswith("/320.jpg")
    for first in (1, 3, 7, 8, 100):
        assert [post["id"] for post in await viewer.walk_feed(first)] == expected


async def test_after_and_cursor_are_one_argument(api: Api, sketch: PublishSketches) -> None:
    viewer, author = await api.sign_up_many(2)
    published = await sketch(author, 5)
    await viewer.follow(author)
    page = await viewer.feed(first=2)
    end = page["pageInfo"]["endCursor"]
    assert end == page["edges"][1]["cursor"]
    assert await _ids(viewer, after=end) == published[2:]
    assert await _ids(viewer, cursor=end) == published[2:]
    assert await _ids(viewer, cursor=None, after=end) == published[2:]
    assert await _ids(viewer, cursor=end, after=None, first=None) == published[2:]
    assert await _codes(viewer, cursor=end, after=end) == ["BAD_USER_INPUT"]
    query = "{ feed(first: null, after: null, cursor: null) { edges { node { id } } } }"
    edges = (await viewer.ask(query))["feed"]["edges"]
    assert [edge["node"]["id"] for edge in edges] == published
    second = (await viewer.ask(FEED, first=2, cursor=end))["feed"]
    assert second["pageInfo"]["hasNextPage"] is True
    assert second["pageInfo"]["hasPreviousPage"] is True
    assert second["pageInfo"]["startCursor"] == second["edges"][0]["cursor"]


async def test_a_page_has_fifty_posts_unless_asked_otherwise(
    api: Api, sketch: PublishSketches
) -> None:
    viewer, author = await api.sign_up_many(2)
    published = await sketch(author, 101)
    await viewer.follow(author)
    assert await _ids(viewer) == published[:50]
    assert await _ids(viewer, first=None) == published[:50]
    assert await _ids(viewer, first=100) == published[:100]
    bare = (await viewer.ask("{ feed { edges { node { id } } pageInfo { hasNextPage } } }"))["feed"]
    assert (len(bare["edges"]), bare["pageInfo"]["hasNextPage"]) == (50, True)
    author_s = "query($id: ID!) { node(id: $id) { ... on User { posts { edges { cursor } } } } }"
    posts = (await viewer.ask(author_s, id=author.id))["node"]["posts"]["edges"]
    assert len(posts) == 24


async def test_what_is_no_page_of_this_feed_is_refused(api: Api, sketch: PublishSketches) -> None:
    viewer, other, author = await api.sign_up_many(3)
    await sketch(author, 2)
    for person in (viewer, other):
        await person.follow(author)
    page = await viewer.feed()
    foreign = (await other.feed())["pageInfo"]["endCursor"]
    followees = """{ viewer { following { pageInfo { endCursor } } } }"""
    followee = (await viewer.ask(followees))["viewer"]["following"]["pageInfo"]["endCursor"]
    good = page["pageInfo"]["endCursor"]
    for bad in (
        *("", "x", "\0", "🗝", good[:-1], good + "=", good + "A", "A" * 10_000),
        *(foreign, followee, page["updatesCursor"], page["edges"][0]["node"]["id"]),
    ):
        assert await _codes(viewer, after=bad) == ["BAD_USER_INPUT"], bad
        assert await _codes(viewer, cursor=bad) == ["BAD_USER_INPUT"], bad
    for first in (0, -1, 101, 2**31 - 1, -(2**31)):
        assert await _codes(viewer, first=first) == ["BAD_USER_INPUT"]


async def test_what_the_viewer_does_shows_in_the_very_next_read(
    api: Api, sketch: PublishSketches
) -> None:
    viewer, ada, grace = await api.sign_up_many(3)
    of_ada, of_grace = await sketch(ada, 2), await sketch(grace, 2)
    both = of_grace + of_ada
    for _ in range(3):
        assert await _ids(viewer) == []
        await viewer.follow(ada)
        assert await _ids(viewer) == of_ada
        await viewer.follow(grace)
        assert await _ids(viewer) == both
        await viewer.unfollow(ada)
        assert await _ids(viewer) == of_grace
        await viewer.unfollow(grace)
    await ada.follow(grace)
    await viewer.follow(grace)
    assert await _ids(ada) == of_grace
    await grace.delete(of_grace[0])
    assert await _ids(ada) == await _ids(viewer) == of_grace[1:]


async def test_a_walk_goes_on_below_the_cache(api: Api, sketch: PublishSketches) -> None:
    viewer, author = await api.sign_up_many(2)
    published = await sketch(author, 520)  # a timeline keeps 500
    await viewer.follow(author)
    for first in (100, 73):
        assert [post["id"] for post in await viewer.walk_feed(first)] == published


async def test_a_walk_is_steady_while_posts_come_and_go(api: Api, sketch: PublishSketches) -> None:
    viewer, author = await api.sign_up_many(2)
    published = await sketch(author, 12)
    await viewer.follow(author)
    page = await viewer.feed(first=5)
    await asyncio.gather(
        sketch(author, 3), author.delete(published[4]), author.delete(published[7])
    )
    rest = await _ids(viewer, after=page["pageInfo"]["endCursor"])
    assert rest == [*published[5:7], *published[8:]]
